// Reads a node's event stream as it comes over the wire.
import { request } from 'undici'

/** One event of the stream. */
export type StreamedEvent = { readonly event: string; readonly id: string | undefined; readonly data: unknown }

/** Which events to wait for. */
export type EventsWanted = {
  readonly count: number
  /** Height of the last block seen; without it the stream begins with what happens next. */
  readonly after?: number
  /** Only events of this name count. */
  readonly event?: string
  /** Called once the stream is open. */
  readonly onOpen?: () => unknown
}

/** The next events, in order; the stream is closed behind them. */
export async function readEvents(
  url: string,
  { count, after, event, onOpen }: EventsWanted,
): Promise<readonly StreamedEvent[]> {
  const headers = after === undefined ? {} : { 'last-event-id': String(after) }
  const { body } = await request(`${url}/events`, { headers })
  const events: StreamedEvent[] = []
  let waiting = ''
  let isOpen = false
  for await (const chunk of body.setEncoding('utf8')) {
    if (!isOpen) await onOpen?.()
    isOpen = true
    const parts = (waiting + String(chunk)).split('\n\n')
    waiting = parts.pop() ?? ''
    events.push(...parts.flatMap(parseEvent).filter((each) => event === undefined || each.event === event))
    if (events.length >= count) break
  }
  body.destroy()
  return events.slice(0, count)
}

/** Nothing for a comment. */
function parseEvent(text: string): readonly StreamedEvent[] {
  const fields = new Map(
    text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  )
  const [event, data] = [fields.get('event'), fields.get('data')]
  return event === undefined || data === undefined
    ? []
    : [{ event, id: fields.get('id'), data: JSON.parse(data) as unknown }]
}
