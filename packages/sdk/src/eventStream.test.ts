// The stream of a node in pieces that end anywhere, and one that never ends.
import { expect, test } from 'vitest'
import { readEventStream } from './eventStream.ts'
import type { StreamEvent } from './eventStream.ts'

async function read(pieces: Iterable<string>): Promise<readonly StreamEvent[]> {
  const events: StreamEvent[] = []
  const rest = pieces[Symbol.iterator]()
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = rest.next()
      if (done === true) controller.close()
      else controller.enqueue(new TextEncoder().encode(value))
    },
  })
  for await (const event of readEventStream(stream)) events.push(event)
  return events
}

test('a line ends in a line feed, a carriage return or both, also where it is cut between them', async () => {
  const events = [
    { event: 'block', data: 'a' },
    { event: 'message', data: 'b\nc' },
  ]
  for (const end of ['\n', '\r', '\r\n']) {
    const text = ['event: block', 'data: a', '', ': alive', '', 'data:b', 'data: c', '', ''].join(end)
    expect(await read([text])).toEqual(events)
    expect(await read(text)).toEqual(events)
  }
})

test('a line separator of Unicode is a character like any other: JSON holds it as it is', async () => {
  expect(await read(['data: "\u2028"\n\n'])).toEqual([{ event: 'message', data: '"\u2028"' }])
})

test('T155 an event that does not end is given up', async () => {
  const line = `data: ${'x'.repeat(1_048_576)}`
  const endless = (function* (): Generator<string> {
    for (;;) yield `${line}\n`
  })()
  await expect(read(endless)).rejects.toMatchObject({ code: 'sdk/malformed_answer' })
  await expect(read(Array<string>(9).fill(line))).rejects.toMatchObject({ code: 'sdk/malformed_answer' })
})
