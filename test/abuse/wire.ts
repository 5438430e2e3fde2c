// A stranger's side of a TCP connection: sends bytes as no client library would, and says what came back.
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** One answer, as far as tests look at it. */
export type Answer = {
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** The `code` of a problem; undefined where there is none. */
  readonly code: string | undefined
}

/** Opens a connection to a node. Resets are part of the game and never thrown. */
export async function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const settled = once(socket, 'connect').catch(() => undefined)
  socket.on('error', () => undefined)
  await settled
  return socket
}

/** Sends bytes and gives everything that comes back until the node ends the connection, byte by byte as latin1. */
export async function converse(url: string, bytes: string | Uint8Array): Promise<string> {
  const socket = await openSocket(url)
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
  socket.write(bytes)
  await once(socket, 'close')
  return text
}

/** The answers in what came back, in order; those of 1xx are left out. */
export function parseAnswers(text: string): readonly Answer[] {
  const answers: Answer[] = []
  let rest = text
  while (rest.startsWith('HTTP/1.1 ')) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) break
    const [line, ...fields] = rest.slice(0, end).split('\r\n')
    const headers = new Map(
      fields.map((field) => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 2)]),
    )
    const { body, after } = takeBody(headers, rest.slice(end + 4))
    const status = Number(line!.slice(9, 12))
    rest = status < 200 ? rest.slice(end + 4) : after
    if (status >= 200) answers.push({ status, headers, body, code: /"code":"([^"]+)"/.exec(body)?.[1] })
  }
  return answers
}

function takeBody(headers: Answer['headers'], text: string): { readonly body: string; readonly after: string } {
  const length = headers.get('content-length')
  if (length !== undefined) return { body: text.slice(0, Number(length)), after: text.slice(Number(length)) }
  if (headers.get('transfer-encoding') !== 'chunked') return { body: text, after: '' }
  let [body, after] = ['', text]
  for (;;) {
    const end = after.indexOf('\r\n')
    const size = Number.parseInt(after.slice(0, end), 16)
    if (!(size > 0)) return { body, after: after.slice(end + 4) }
    body += after.slice(end + 2, end + 2 + size)
    after = after.slice(end + 4 + size)
  }
}

/** A request as bytes: line, Host, the given header lines, and a body as it is. Ends the connection unless told otherwise. */
export function requestText(
  line: string,
  {
    host,
    headers = [],
    body = '',
  }: { readonly host: string; readonly headers?: readonly string[]; readonly body?: string },
): string {
  return [`${line} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers, '', body].join('\r\n')
}
