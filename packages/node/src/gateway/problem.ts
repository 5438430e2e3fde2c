// What goes wrong, as HTTP says it: a refusal or a failure becomes problem+json with the code that every edge uses (RFC 9457).
import { Refusal } from '@turnpike/chain/wire'
import type { Code, Retry } from '@turnpike/chain/wire'
import { EngineFailure } from '../engine/EngineFailure.ts'
import { Failure } from '../machine/Failure.ts'
import type { HttpAnswer } from '../machine/http.ts'

/** The longest text of a problem that may hold a caller's own words. */
const textMax = 500
/** What a client is asked to wait when there is too much to do, in seconds. */
const retryAfterSeconds = '1'

/** A request that is turned down before it reaches the ledger. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  readonly code: string
  readonly hint: string
  readonly headers: { readonly [name: string]: string }

  constructor({ status, code, detail, hint, headers = {} }: ProblemOptions) {
    super(detail)
    this.status = status
    this.code = code
    this.hint = hint
    this.headers = headers
  }
}

export type ProblemOptions = {
  readonly status: number
  /** `room/snake_case`, stable for ever. */
  readonly code: string
  /** One sentence with the values. */
  readonly detail: string
  readonly hint: string
  readonly headers?: { readonly [name: string]: string }
}

const titles: { readonly [status: number]: string } = {
  400: 'Not a valid request',
  401: 'Not the operator',
  403: 'Not yours',
  404: 'Not found',
  405: 'Method not allowed',
  413: 'Too large',
  415: 'Unsupported content',
  421: 'Not this host',
  422: 'Refused',
  429: 'Too many',
  500: 'The node made a mistake',
  503: 'Not now',
}

const statusOf: { readonly [code: Code]: number } = {
  'wire/malformed': 400,
  'wire/amount_invalid': 400,
  'wire/not_found': 404,
  'wire/unsupported': 404,
  'accounts/not_yours': 403,
  'accounts/too_many': 429,
}

/** A failure that says nothing about the request: the same bytes may succeed later (too much to do, stopping). */
type Passing = Error & { readonly code: string; readonly retry: Retry; readonly hint: string }

function isPassing(error: unknown): error is Passing {
  return error instanceof Error && 'retry' in error && error.retry === 'later' && 'code' in error && 'hint' in error
}

/** The problem that an error stands for, or undefined for a mistake of ours, about which the caller learns nothing. */
export function findProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error
  if (error instanceof Refusal) {
    const { code, hint } = error
    return new Problem({ status: statusOf[code] ?? 422, code, detail: error.message, hint })
  }
  // By a failure the process ends: to whoever is still asking it is stopping.
  if (error instanceof Failure) return findProblem(new EngineFailure('engine/stopped', { cause: error }))
  if (!isPassing(error)) return undefined
  const { code, hint, message } = error
  return new Problem({ status: 503, code, detail: message, hint, headers: { 'retry-after': retryAfterSeconds } })
}

/** What is answered when the node itself went wrong. */
export const internal: Problem = new Problem({
  status: 500,
  code: 'gateway/internal',
  detail: 'The node could not answer this request.',
  hint: 'Its operator finds the reason in the log. Ask GET /payments before you pay again.',
})

/** The problem as an answer. */
export function toAnswer({ status, code, hint, message, headers }: Problem): HttpAnswer {
  const title = titles[status] ?? 'Refused'
  const detail = message.slice(0, textMax)
  const body = JSON.stringify({
    type: `urn:turnpike:problem:${code}`,
    title,
    status,
    code,
    detail,
    hint: hint.slice(0, textMax),
  })
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    body,
  }
}
