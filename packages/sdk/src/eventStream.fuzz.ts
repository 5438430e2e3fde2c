// Any bytes as a stream of events, in pieces of any length: the same events as in one piece, and never a throw.
import { fuzzParser } from '@turnpike/chain/testing'
import { Text } from '@turnpike/chain/wire'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readEventStream } from './eventStream.ts'
import type { StreamEvent } from './eventStream.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 500)

function streamOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
}

async function read(pieces: readonly Uint8Array[]): Promise<readonly StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of readEventStream(streamOf(pieces))) events.push(event)
  return events
}

const lines = fc.constantFrom(
  'event: block',
  'data: {}',
  'data:',
  'id: 1',
  ':',
  '',
  '\n',
  'data: é',
  'DATA: x',
  '\r',
  'retry: 5',
)
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.array(lines, { maxLength: 12 }).map((all) => Text.toBytes(all.join('\n'))),
)

test('T32 any bytes in any pieces', async () => {
  await fc.assert(
    fc.asyncProperty(bytes, fc.array(fc.nat(200), { maxLength: 4 }), async (all, cuts) => {
      const at = [0, ...cuts.map((cut) => Math.min(cut, all.length)).toSorted((a, b) => a - b), all.length]
      const pieces = at.slice(1).map((end, i) => all.subarray(at[i], end))
      expect(await read(pieces)).toEqual(await read([all]))
    }),
    { numRuns },
  )
})

test('T32 any stream, and what was found before', async () => {
  const outcomes = await fuzzParser({
    name: 'eventStream',
    seeds: ['event: block\ndata: {"height":1}\n\n', ':\n\ndata: a\ndata: b\n\n'].map(Text.toBytes),
    pieces: ['\n', '\n\n', '\r', '\r\n', 'data:', 'event: ', ':', '\u2028', '\ufeff'].map(Text.toBytes),
    async judge(input) {
      const events = await read([input])
      expect(await read([...input].map((byte) => Uint8Array.of(byte)))).toEqual(events)
      return `${Math.min(events.length, 4)} events`
    },
  })
  expect(outcomes).toContain('1 events')
})
