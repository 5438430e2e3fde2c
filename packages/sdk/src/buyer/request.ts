// What a caller wants fetched, made ready to be sent more than once: an answer of 402 asks for the same request again.
import { ownError } from '../errors.ts'

/** A request whose parts no longer change. */
export type Outgoing = {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body: BodyInit | undefined
  /** Whether the body can be sent again. */
  readonly isReplayable: boolean
  /** Whether sending it again does no more than sending it once (RFC 9110, 9.2.2). */
  readonly isIdempotent: boolean
  readonly redirect: RequestRedirect
  readonly signal: AbortSignal | undefined
  /** What else fetch was told. */
  readonly options: RequestInit
}

/** The headers that carry a payment, of both versions of the protocol. */
const reservedHeaders = ['payment-signature', 'x-payment'] as const
const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** By its parts: a server in the same process may have put another class in the place of the global one. */
function isRequest(input: RequestInfo | URL): input is Request {
  return typeof input === 'object' && 'url' in input
}

function parseUrl(input: RequestInfo | URL): URL {
  const text = isRequest(input) ? input.url : String(input)
  const base = globalThis.location?.href
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw ownError('url_invalid', 'This is no address that can be paid.')
  url.hash = ''
  return url
}

/** What a Request says, as fetch would be told. */
function initOf(input: RequestInfo | URL): RequestInit {
  if (!isRequest(input)) return {}
  const { method, headers, body, signal, redirect, cache, credentials, integrity, keepalive, referrerPolicy } = input
  return { method, headers, body, signal, redirect, cache, credentials, integrity, keepalive, referrerPolicy }
}

type Content = { readonly body: BodyInit | undefined; readonly isReplayable: boolean; readonly type?: string }

/**
 * A body as it will be sent each time. What its owner could still change is copied; a form becomes bytes, so that its boundaries stay
 * the same; what can be read only once is left unread.
 */
async function readBody(body: BodyInit | null | undefined): Promise<Content> {
  if (body === undefined || body === null) return { body: undefined, isReplayable: true }
  if (typeof body === 'string' || body instanceof Blob) return { body, isReplayable: true }
  if (body instanceof ArrayBuffer) return { body: body.slice(0), isReplayable: true }
  if (ArrayBuffer.isView(body)) {
    return { body: new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice(), isReplayable: true }
  }
  if (body instanceof URLSearchParams || body instanceof FormData) {
    const written = new Response(body)
    const type = written.headers.get('content-type')
    return { body: new Uint8Array(await written.arrayBuffer()), isReplayable: true, ...(type !== null && { type }) }
  }
  return { body, isReplayable: false }
}

/**
 * Reads what fetch is called with. Nothing is sent, and a body that can be read only once is not read.
 *
 * @throws LedgerError `sdk/url_invalid`, `sdk/header_reserved`
 */
export async function readRequest(input: RequestInfo | URL, init: RequestInit = {}): Promise<Outgoing> {
  const { method = 'GET', headers, body, signal, redirect, ...options } = { ...initOf(input), ...init }
  const url = parseUrl(input)
  const ownHeaders = new Headers(headers)
  for (const name of reservedHeaders)
    if (ownHeaders.has(name)) throw ownError('header_reserved', `The header ${name} is not the caller's.`)
  const content = await readBody(body)
  if (content.type !== undefined && !ownHeaders.has('content-type')) ownHeaders.set('content-type', content.type)
  const verb = method.toUpperCase()
  return {
    url,
    method: verb,
    headers: ownHeaders,
    body: content.body,
    isReplayable: content.isReplayable,
    isIdempotent: idempotentMethods.has(verb) || ownHeaders.has('idempotency-key'),
    redirect: redirect ?? 'follow',
    signal: signal ?? undefined,
    options,
  }
}
