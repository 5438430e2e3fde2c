// The event stream, cut at every place where a network may cut it.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEventParser, readEvents } from './eventStream.ts'
import type { StreamEvent } from './eventStream.ts'

const stream =
  ': hello\n\nid: 7\nevent: block\ndata: {"height":7,\ndata: "time":1}\n\nevent: refusal\r\ndata:x\r\n\r\ndata: y\n\n'
const expected: readonly StreamEvent[] = [
  { event: 'block', data: '{"height":7,\n"time":1}', id: '7' },
  { event: 'refusal', data: 'x', id: undefined },
  { event: 'message', data: 'y', id: undefined },
]

function parseAll(chunks: readonly string[]): readonly StreamEvent[] {
  const events: StreamEvent[] = []
  const parse = createEventParser((event) => events.push(event))
  for (const chunk of chunks) parse(chunk)
  return events
}

test('events come out whole wherever the text is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 12 }), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), stream.length]
      const chunks = places.slice(1).map((end, index) => stream.slice(places[index], end))
      expect(parseAll(chunks)).toEqual(expected)
    }),
  )
})

test('an event that was not finished is not told', () => {
  expect(parseAll(['event: block\ndata: 1\n'])).toEqual([])
})

test('a line that never ends is given up', () => {
  const parse = createEventParser(() => undefined)
  expect(() => parse(`data: ${'x'.repeat(9 * 1024 * 1024)}`)).toThrow('too long')
})

test('a character cut in two arrives as one', async () => {
  const bytes = new TextEncoder().encode('data: \u20ac\n\n')
  const events: StreamEvent[] = []
  let signs = 0
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes.slice(0, 7))
      controller.enqueue(bytes.slice(7))
      controller.close()
    },
  })
  await readEvents(new Response(body), { onEvent: (event) => events.push(event), onChunk: () => (signs += 1) })
  expect(events.map(({ data }) => data)).toEqual(['\u20ac'])
  expect(signs).toBe(2)
})
