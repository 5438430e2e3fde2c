// The three ways a page talks to its node: a read, a query, the event stream. Same origin, nothing else.
import { cleanLine } from './foreignText.ts'
import { LedgerError, parseRetry, toLedgerError } from './LedgerError.ts'
import { authorization, forgetToken } from './operatorToken.ts'
import type { Listing } from './listing.ts'
import type { Question } from './questions.ts'
import { fieldsOf, optionalNumber, optionalText } from './reader.ts'
import type { Fields } from './reader.ts'

const REQUEST_TIMEOUT_MS = 15_000
const UNAUTHORIZED = 401
const UNAVAILABLE = 503

/** What `/health` says. */
export type Health =
  | { readonly status: 'ok' | 'stopping' | 'unreachable' }
  | { readonly status: 'starting'; readonly progress: number | undefined }
  | { readonly status: 'read-only'; readonly reason: string }

async function request(path: string, init: RequestInit): Promise<Response> {
  const headers = { ...authorization(), ...(init.headers as Record<string, string> | undefined) }
  const response = await fetch(path, { ...init, headers, cache: 'no-store', credentials: 'same-origin' })
  // A token of another run of the node opens nothing; without it the public part still answers.
  if (response.status === UNAUTHORIZED && 'authorization' in headers) {
    forgetToken()
    return fetch(path, { ...init, cache: 'no-store', credentials: 'same-origin' })
  }
  return response
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    throw new LedgerError({
      code: 'page/unreachable',
      message: `The node answered ${response.status} without an explanation.`,
      hint: 'It may be stopping; the page tries again by itself.',
      retry: 'later',
    })
  }
}

function errorOf(fields: Fields, fallback: { readonly code: string; readonly retry: 'never' | 'later' }): LedgerError {
  const message = optionalText(fields, 'detail') ?? optionalText(fields, 'message') ?? optionalText(fields, 'title')
  return new LedgerError({
    code: cleanLine(optionalText(fields, 'code') ?? fallback.code),
    message: cleanLine(message ?? 'The node refused without a reason.'),
    hint: cleanLine(optionalText(fields, 'hint') ?? ''),
    retry: fields['retry'] === undefined ? fallback.retry : parseRetry(fields['retry']),
    cursor:
      typeof fields['values'] === 'object' ? optionalText((fields['values'] ?? {}) as Fields, 'cursor') : undefined,
  })
}

/** Reads a path of the node. @throws LedgerError when it is refused or nobody answers */
export async function getJson(path: string): Promise<unknown> {
  try {
    const response = await request(path, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
    const body = await readJson(response)
    if (response.ok) return body
    const code = response.status === UNAVAILABLE ? 'page/unreachable' : `page/status_${response.status}`
    throw errorOf(fieldsOf(body, 'error'), { code, retry: response.status >= 500 ? 'later' : 'never' })
  } catch (cause) {
    throw toLedgerError(cause)
  }
}

/** Asks the ledger. @throws LedgerError when it refuses or nobody answers */
export async function query<A, R>(question: Question<A, R>, args: A): Promise<R> {
  try {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'turnpike_query', params: [question.name, args] })
    const response = await request('/rpc', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
    const answer = fieldsOf(await readJson(response), 'answer')
    if (answer['error'] !== undefined) {
      const error = fieldsOf(answer['error'], 'error')
      const data = typeof error['data'] === 'object' && error['data'] !== null ? (error['data'] as Fields) : {}
      throw errorOf({ ...data, message: error['message'] }, { code: `rpc/${String(error['code'])}`, retry: 'never' })
    }
    if (!response.ok) throw errorOf(answer, { code: 'page/unreachable', retry: 'later' })
    return question.read(answer['result'])
  } catch (cause) {
    throw toLedgerError(cause)
  }
}

/** Asks for a part of a list; a search that was cut before it found anything is a part without entries. @throws LedgerError */
export async function queryListing<A, T>(question: Question<A, Listing<T>>, args: A): Promise<Listing<T>> {
  try {
    return await query(question, args)
  } catch (cause) {
    const { cursor } = toLedgerError(cause)
    if (cursor === undefined) throw cause
    return { entries: [], next: cursor, begin: undefined }
  }
}

/** Opens the event stream behind a height. @throws LedgerError when the node does not give one */
export async function openEvents(afterHeight: number, signal: AbortSignal): Promise<Response> {
  try {
    const headers = { accept: 'text/event-stream', 'last-event-id': String(afterHeight) }
    const response = await request('/events', { headers, signal })
    if (response.ok && response.headers.get('content-type')?.startsWith('text/event-stream') === true) return response
    throw errorOf(fieldsOf(await readJson(response), 'error'), { code: 'page/unreachable', retry: 'later' })
  } catch (cause) {
    throw toLedgerError(cause)
  }
}

/** Asks how the node is. Never throws: no answer is an answer. */
export async function getHealth(): Promise<Health> {
  try {
    const response = await fetch('/health', { cache: 'no-store', signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
    const fields = fieldsOf(await response.json(), 'health')
    const status = optionalText(fields, 'status')
    if (status === 'starting') return { status, progress: optionalNumber(fields, 'progress') }
    if (status === 'read-only') return { status, reason: cleanLine(optionalText(fields, 'reason') ?? '') }
    return { status: status === 'ok' || status === 'stopping' ? status : 'unreachable' }
  } catch {
    return { status: 'unreachable' }
  }
}
