// Server-sent events over fetch. Not EventSource, which can carry neither the operator's header nor a first
// Last-Event-ID, and which hides why a connection failed.

/** One event as it came. */
export type StreamEvent = { readonly event: string; readonly data: string; readonly id: string | undefined }

const EVENT_MAX_CHARS = 8 * 1024 * 1024

/** Cuts chunks of text into events. Comments and unknown fields are skipped, as the standard says. */
export function createEventParser(emit: (event: StreamEvent) => void): (chunk: string) => void {
  let rest = ''
  let event = ''
  let data: string[] = []
  let id: string | undefined
  let endsInCarriageReturn = false

  function line(text: string): void {
    if (text === '') {
      if (data.length > 0) emit({ event: event || 'message', data: data.join('\n'), id })
      event = ''
      data = []
      id = undefined
      return
    }
    const colon = text.indexOf(':')
    if (colon === 0) return
    const name = colon < 0 ? text : text.slice(0, colon)
    const value = colon < 0 ? '' : text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (name === 'event') event = value
    else if (name === 'data') data.push(value)
    else if (name === 'id') id = value
  }

  return (chunk) => {
    // A carriage return at the end of a chunk has ended its line; a line feed that opens the next belongs to it.
    const fresh = endsInCarriageReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk
    if (chunk !== '') endsInCarriageReturn = chunk.endsWith('\r')
    const lines = (rest + fresh).split(/\r\n|\n|\r/)
    rest = lines.pop() ?? ''
    if (rest.length > EVENT_MAX_CHARS) throw new Error('an event of the stream is too long')
    for (const text of lines) line(text)
  }
}

/** Reads one response to its end. `onChunk` is called for every sign of life, comments included. */
export async function readEvents(
  response: Response,
  handlers: { readonly onEvent: (event: StreamEvent) => void; readonly onChunk: () => void },
): Promise<void> {
  const reader = response.body?.getReader()
  if (reader === undefined) return
  const decoder = new TextDecoder()
  const parse = createEventParser(handlers.onEvent)
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    handlers.onChunk()
    parse(decoder.decode(value, { stream: true }))
  }
}
