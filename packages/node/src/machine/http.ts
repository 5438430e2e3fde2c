// HTTP as plain values: what the gateway is asked and what it answers. It stands on the server of Node alone, since the classes of
// the web (Request, Response, Headers) and a router that speaks them cost 0.4 of a signature for each request.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { sourceOf } from './sources.ts'

/** A request. */
export type HttpRequest = {
  readonly method: string
  /** Path and query as they were sent. */
  readonly target: string
  /** Whose share of what all have together it takes, see `sources.ts`; behind a proxy everybody is the proxy. */
  readonly source: string
  /** A header by its name in lower case; one that was sent several times is joined with commas. */
  header(name: string): string | undefined
  /**
   * The body as text, or undefined when it has more than `bytesMax` bytes. To be read once.
   *
   * @throws Error when it ends before it is whole
   */
  text(bytesMax: number): Promise<string | undefined>
}

/** An answer. A stream is sent as it comes, and cancelled when the client goes away. */
export type HttpAnswer = {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>
}

/** The whole of HTTP as a function. */
export type Serve = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>

const decoder = new TextDecoder()
const nothing = new Uint8Array(0)

/** Answers one request of a server of Node. */
export async function answerOver(serve: Serve, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  try {
    await send(outgoing, await serve(new Incoming(incoming)))
  } catch {
    outgoing.destroy() // The client went away, or its stream ended in the middle: it must not take that for the end.
  }
}

class Incoming implements HttpRequest {
  readonly method: string
  readonly target: string
  readonly #message: IncomingMessage

  constructor(message: IncomingMessage) {
    this.method = message.method ?? ''
    this.target = targetOf(message.url ?? '')
    this.#message = message
  }

  get source(): string {
    return sourceOf(this.#message.socket.remoteAddress ?? '')
  }

  header(name: string): string | undefined {
    const { rawHeaders } = this.#message
    let value: string | undefined
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const given = rawHeaders[i]!
      if (given.length !== name.length || given.toLowerCase() !== name) continue
      value = value === undefined ? rawHeaders[i + 1]! : `${value}, ${rawHeaders[i + 1]!}`
    }
    return value
  }

  text(bytesMax: number): Promise<string | undefined> {
    const message = this.#message
    let body: Uint8Array = nothing
    let bytes = 0
    return new Promise((resolve, reject) => {
      message.on('data', (piece: Uint8Array) => {
        const from = bytes
        bytes += piece.length
        if (bytes > bytesMax) return resolve(undefined)
        // Most bodies are one piece. The others are joined as they come: a list of chunks of one byte takes 350 times their size (T150).
        if (from === 0) body = piece
        else body = append(body, { piece, from, bytesMax })
      })
      message.on('end', () => resolve(decoder.decode(body.subarray(0, bytes))))
      message.on('error', reject)
      message.on('close', () => {
        if (!message.readableEnded) reject(new Error('The body ended before it was whole.'))
      })
    })
  }
}

/** Puts a piece behind so many bytes of a body, into a larger buffer where there is no room. */
function append(
  body: Uint8Array,
  { piece, from, bytesMax }: { readonly piece: Uint8Array; readonly from: number; readonly bytesMax: number },
): Uint8Array {
  const end = from + piece.length
  const room = end <= body.length ? body : new Uint8Array(Math.min(bytesMax, Math.max(end, body.length * 2)))
  if (room !== body) room.set(body.subarray(0, from))
  room.set(piece, from)
  return room
}

/** Proxies may send the whole address (RFC 9112 3.2.2). */
function targetOf(url: string): string {
  if (url.startsWith('/') || !URL.canParse(url)) return url
  const { pathname, search } = new URL(url)
  return pathname + search
}

async function send(outgoing: ServerResponse, { status, headers, body }: HttpAnswer): Promise<void> {
  if (body instanceof ReadableStream) {
    outgoing.writeHead(status, headers)
    outgoing.flushHeaders()
    return pipeline(Readable.fromWeb(body), outgoing)
  }
  if (body === undefined) {
    outgoing.writeHead(status, headers)
    outgoing.end()
    return
  }
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  outgoing.writeHead(status, { ...headers, 'content-length': bytes })
  outgoing.end(body)
}
