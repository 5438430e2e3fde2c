// Any bytes as a stream of events, in pieces of any length: the same events as in one piece, and never a throw.
import { fuzzParser } from '@turnpike/chain/testing'
import { Text } from '@turnpike/chain/wire'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readEventStream } from './eventStream.ts'
import type { StreamEvent } from './eventStream.ts'
import { usd } from './money.ts'

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

test('T32 T105 any text as dollars is an amount or a typed error', () => {
  const judge = (input: Uint8Array): string => {
    const text = new TextDecoder().decode(input)
    try {
      usd(text)
    } catch (error) {
      return (error as { readonly code: string }).code
    }
    expect(text).toMatch(/^[0-9]+(\.[0-9]+)?$/)
    return 'dollars'
  }
  const pieces = ['.', '0', '1e3', '-', '+', ' ', '$', ',', '1', '１'].map(Text.toBytes)
  const outcomes = fuzzParser({ name: 'dollars', seeds: ['1', '0.01', '1,000'].map(Text.toBytes), pieces, judge })
  expect(outcomes).toEqual(new Set(['dollars', 'sdk/amount_invalid']))
})
