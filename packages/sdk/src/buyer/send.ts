// One request to a seller, for as long as we allow and no further than its origin.
import { LedgerError, ownError } from '../errors.ts'
import type { Outgoing } from './request.ts'

/** How one request is sent. */
export type Sending = {
  readonly fetch: typeof globalThis.fetch
  /** Until the headers of the answer are there, in ms. */
  readonly timeoutMs: number
  /** Ends everything, the body of the answer included. */
  readonly deadline: AbortSignal
  /** The header that pays, if this request pays. */
  readonly credential?: string
}

const redirectsMax = 5
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** The most of an answer that is read only to be thrown away, so that the connection can be used again. */
const discardBytesMax = 65_536

/** A promise that a signal can end, even if whoever made it does not listen to signals. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    const stopListening = (): void => signal.removeEventListener('abort', abort)
    promise.then(resolve, reject).finally(stopListening)
    if (signal.aborted) abort()
  })
}

/** Throws an answer away. */
export async function discard(response: Response, signal: AbortSignal): Promise<void> {
  const reader = response.body?.getReader()
  if (reader === undefined) return
  try {
    for (let bytes = 0; bytes < discardBytesMax;) {
      const { done, value } = await untilAborted(reader.read(), signal)
      if (done) return
      bytes += value.byteLength
    }
    await reader.cancel()
  } catch {
    // Nobody waits for the rest of it.
    reader.cancel().catch(() => undefined)
  }
}

function failureOf(error: unknown, { outgoing, deadline }: { outgoing: Outgoing; deadline: AbortSignal }): Error {
  if (error instanceof LedgerError) return error
  // The caller's own reason comes back as it would from fetch.
  if (outgoing.signal?.aborted === true) return outgoing.signal.reason as Error
  const { origin } = outgoing.url
  const isTimeout = deadline.aborted || (error instanceof Error && error.name === 'TimeoutError')
  return isTimeout
    ? ownError('seller_timeout', `${origin} did not answer in time.`, { cause: error })
    : ownError('seller_unreachable', `${origin} can't be reached.`, { cause: error })
}

async function sendOnce(outgoing: Outgoing, { fetch, timeoutMs, deadline, credential }: Sending): Promise<Response> {
  const headers = new Headers(outgoing.headers)
  if (credential !== undefined) headers.set('PAYMENT-SIGNATURE', credential)
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(new DOMException('no answer', 'TimeoutError')), timeoutMs)
  const signals = [deadline, patience.signal, ...(outgoing.signal === undefined ? [] : [outgoing.signal])]
  const signal = AbortSignal.any(signals)
  const { body } = outgoing
  const content = body === undefined ? {} : { body, ...(!outgoing.isReplayable && { duplex: 'half' }) }
  const init = {
    ...outgoing.options,
    method: outgoing.method,
    headers,
    ...content,
    redirect: 'manual',
    signal,
  } as const
  try {
    return await untilAborted(fetch(outgoing.url.href, init), signal)
  } catch (error) {
    throw failureOf(error, { outgoing, deadline })
  } finally {
    clearTimeout(timer)
  }
}

/** The request that a redirect asks for, as fetch would make it (Fetch standard, HTTP-redirect fetch), within the same origin. */
function redirected(outgoing: Outgoing, { status, location }: { status: number; location: string | null }): Outgoing {
  const { origin, href } = outgoing.url
  const url = location !== null && URL.canParse(location, href) ? new URL(location, href) : undefined
  if (url === undefined || url.origin !== origin || url.username !== '' || url.password !== '') {
    const values = { from: origin, to: url?.origin ?? 'unknown' }
    throw ownError('redirect_refused', `${origin} sends the request to another origin.`, { values })
  }
  const becomesGet = status === 303 ? outgoing.method !== 'HEAD' : status < 303 && outgoing.method === 'POST'
  if (becomesGet) {
    const headers = new Headers(outgoing.headers)
    for (const name of ['content-type', 'content-length', 'content-encoding', 'content-language']) headers.delete(name)
    return { ...outgoing, url, method: 'GET', headers, body: undefined, isReplayable: true, isIdempotent: true }
  }
  if (!outgoing.isReplayable) throw ownError('body_not_replayable', `${origin} wants the body sent again.`)
  return { ...outgoing, url }
}

/**
 * Sends a request and follows redirects within its origin, so that neither payment nor other headers reach another one (T22).
 *
 * @throws LedgerError `sdk/seller_unreachable`, `sdk/seller_timeout`, `sdk/redirect_refused`; the caller's reason when it aborts
 */
export async function send(first: Outgoing, sending: Sending): Promise<Response> {
  let outgoing = first
  for (let redirects = 0; ; redirects++) {
    const response = await sendOnce(outgoing, sending)
    // A browser shows that there was a redirect, and not where to.
    const isHidden = response.type === 'opaqueredirect'
    if (outgoing.redirect === 'manual' || (!isHidden && !redirectStatuses.has(response.status))) return response
    await discard(response, sending.deadline)
    if (redirects === redirectsMax || outgoing.redirect === 'error')
      throw ownError('redirect_refused', `${outgoing.url.origin} sends the request elsewhere.`)
    outgoing = redirected(outgoing, { status: response.status, location: response.headers.get('location') })
  }
}
