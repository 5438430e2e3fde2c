// Server-sent events from bytes (HTML, section 9.2.6), as far as a node uses them: event, data, and comments that keep a connection alive.
import { ownError } from './errors.ts'

/** One event of a stream. */
export type StreamEvent = { readonly event: string; readonly data: string }

/** The most characters of an event: more than any block has. */
const eventCharsMax = 8_388_608

/** Cuts pieces of a text into lines, whatever ends them and wherever they are cut. What is not ended yet is the last of them. */
function createLines(): (piece: string) => { readonly lines: readonly string[]; readonly rest: string } {
  let rest = ''
  let endsInReturn = false
  return (piece) => {
    // A line feed that opens a piece belongs to the carriage return before it.
    const fresh = endsInReturn && piece.startsWith('\n') ? piece.slice(1) : piece
    if (piece !== '') endsInReturn = piece.endsWith('\r')
    const lines = fresh.split(/\r\n|\n|\r/)
    lines[0] = rest + lines[0]!
    rest = lines.pop()!
    return { lines, rest }
  }
}

function parseEvent(lines: readonly string[]): StreamEvent | undefined {
  let event = 'message'
  const data: string[] = []
  for (const line of lines) {
    const [, name, value] = /^([a-z]+): ?([^]*)$/.exec(line) ?? []
    if (name === 'event') event = value!
    if (name === 'data') data.push(value!)
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n') }
}

/**
 * The events of a stream, until it ends.
 *
 * @throws LedgerError `sdk/malformed_answer` for an event without end; whatever the stream ends with
 */
export async function* readEventStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  const cut = createLines()
  let open: string[] = []
  let chars = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const { lines, rest } = cut(decoder.decode(value, { stream: true }))
      for (const line of lines) {
        if (line !== '') {
          open.push(line)
          chars += line.length
          continue
        }
        const event = parseEvent(open)
        open = []
        chars = 0
        if (event !== undefined) yield event
      }
      if (chars + rest.length > eventCharsMax)
        throw ownError('malformed_answer', 'The node sends an event that does not end.')
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
