// Route: one row of the table from which the server routes and the OpenAPI document is computed.
import type { ZodMiniType } from 'zod/mini'
import type { HttpAnswer, HttpRequest } from '../machine/http.ts'

/** A request on its way to its route. */
export type Call = {
  readonly request: HttpRequest
  /** The named parts of the path, decoded. */
  readonly path: { readonly [name: string]: string }
  /** Whether the operator asks. @throws Problem 401 for a token that is not the operator's */
  isOperator(): boolean
  /** The bounded body. @throws Problem */
  text(): Promise<string>
  /** The body as JSON, bounded in depth. @throws Problem */
  json(): Promise<unknown>
}

/** A named part of the path, or of the query. */
export type Parameter = {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly description: string
  readonly pattern?: string
}

/** One status that a route answers with. JSON unless another type is named. */
export type Answer = {
  readonly status: number
  readonly description: string
  readonly schema?: ZodMiniType
  readonly contentType?: string
}

export type Route = {
  readonly method: 'GET' | 'POST'
  /** `/payments/:asset/:payer/:nonce` */
  readonly path: `/${string}`
  /** Methods under which the path is promised and not built yet: for them there is nothing under it. */
  readonly promised?: readonly string[]
  readonly summary: string
  readonly parameters?: readonly Parameter[]
  readonly body?: { readonly schema: ZodMiniType; readonly bytesMax: number }
  /** What can be called through it, if it is a door to methods. */
  readonly methods?: readonly { readonly name: string; readonly summary: string }[]
  readonly answers: readonly Answer[]
  /** `bounded`: counts as work in progress. `free`: cheap, or bounded by itself. */
  readonly load: 'bounded' | 'free'
  readonly run: (call: Call) => HttpAnswer | Promise<HttpAnswer>
}

const jsonHeaders = { 'content-type': 'application/json', 'cache-control': 'no-store' }

/** A JSON answer. */
export function json(value: unknown, status = 200): HttpAnswer {
  return jsonText(JSON.stringify(value), status)
}

/** A JSON answer whose text stands. */
export function jsonText(text: string, status = 200): HttpAnswer {
  return { status, headers: jsonHeaders, body: text }
}
