// The wire to one node: GET, POST and JSON-RPC over fetch, each bounded in time, each failure a typed error.
import { Fields } from '@turnpike/chain/wire'
import * as answer from './answer.ts'
import { LedgerError, ownError } from './errors.ts'

/** What it takes to reach a node. */
export type TransportOptions = {
  readonly url: string
  /** Another fetch than the global one. */
  readonly fetch?: typeof globalThis.fetch
  /** How long one request may take. Default 15,000 ms. */
  readonly timeoutMs?: number
  /** The operator's token, sent to this node alone. */
  readonly token?: string
}

/** How actions talk to the node. */
export type Transport = {
  get(path: string): Promise<unknown>
  post(path: string, body: unknown): Promise<unknown>
  /** The result of a JSON-RPC method. */
  call(method: string, params: readonly unknown[]): Promise<unknown>
  /** The event stream behind a height; without one, what happens from now on. */
  open(afterHeight: number | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>
}

const defaultTimeoutMs = 15_000

/** JSON-RPC's own failures, by number (JSON-RPC 2.0, section 5.1). */
const rpcCodes: Readonly<Record<number, string>> = {
  [-32700]: 'rpc/parse_error',
  [-32600]: 'rpc/invalid_request',
  [-32601]: 'rpc/method_not_found',
  [-32602]: 'rpc/invalid_params',
  [-32603]: 'rpc/internal_error',
}

const valuesOf = (value: unknown): answer.Fields => Fields.find(value) ?? {}

/** The error that a problem document (RFC 9457) stands for. */
function problemOf(status: number, body: answer.Fields): LedgerError {
  const code = answer.optionalText(body, 'code') ?? `http/status_${status}`
  const message =
    answer.optionalText(body, 'detail') ?? answer.optionalText(body, 'title') ?? `The node answered ${status}.`
  const retry = answer.retryOf(body['retry'], status >= 500 || status === 429 ? 'later' : 'never')
  return new LedgerError({
    code,
    message,
    hint: answer.optionalText(body, 'hint') ?? '',
    retry,
    values: valuesOf(body['values']),
  })
}

/** The error that a JSON-RPC error object stands for. */
function rpcErrorOf(error: answer.Fields): LedgerError {
  const data = valuesOf(error['data'])
  const number = answer.integer(error, 'code')
  return new LedgerError({
    code: answer.optionalText(data, 'code') ?? rpcCodes[number] ?? 'rpc/error',
    message: answer.text(error, 'message'),
    hint: answer.optionalText(data, 'hint') ?? '',
    retry: answer.retryOf(data['retry'], 'never'),
    values: valuesOf(data['values']),
  })
}

function unreachable(url: string, cause: unknown): LedgerError {
  if (cause instanceof LedgerError) return cause
  const isTimeout = cause instanceof Error && cause.name === 'TimeoutError'
  return isTimeout
    ? ownError('timeout', `${url} did not answer in time.`, { cause })
    : ownError('unreachable', `${url} can't be reached.`, { cause })
}

/** @throws LedgerError `sdk/malformed_answer` */
export function parseJson(text: string, status = 200): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // A proxy in between answers in its own words while the node is away.
    if (status >= 500) return {}
    throw ownError('malformed_answer', `The node answered ${status} and no JSON.`, { cause })
  }
}

/** Opens the wire. Nothing is sent before the first request. */
export function createTransport(options: TransportOptions): Transport {
  const { url, token, timeoutMs = defaultTimeoutMs } = options
  const send = options.fetch ?? globalThis.fetch.bind(globalThis)
  const base = url.replace(/\/+$/, '')
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }

  async function request(
    path: string,
    init: RequestInit,
  ): Promise<{ readonly ok: boolean; readonly status: number; readonly body: unknown }> {
    try {
      const headers = {
        accept: 'application/json',
        ...authorization,
        ...(init.headers as Record<string, string> | undefined),
      }
      const response = await send(base + path, {
        ...init,
        headers,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      })
      return { ok: response.ok, status: response.status, body: parseJson(await response.text(), response.status) }
    } catch (cause) {
      throw unreachable(base, cause)
    }
  }

  const postJson = (path: string, body: unknown): ReturnType<typeof request> =>
    request(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })

  return {
    async get(path) {
      const { ok, status, body } = await request(path, {})
      if (!ok) throw problemOf(status, valuesOf(body))
      return body
    },
    async post(path, value) {
      const { ok, status, body } = await postJson(path, value)
      if (!ok) throw problemOf(status, valuesOf(body))
      return body
    },
    async call(method, params) {
      const { ok, status, body } = await postJson('/rpc', { jsonrpc: '2.0', id: 1, method, params })
      const of = valuesOf(body)
      if (of['error'] !== undefined && of['error'] !== null) throw rpcErrorOf(answer.fields(of['error'], 'error'))
      if (!ok) throw problemOf(status, of)
      if (!('result' in of)) throw ownError('malformed_answer', 'The answer has neither result nor error.')
      return of['result']
    },
    async open(afterHeight, signal) {
      const headers = {
        accept: 'text/event-stream',
        ...authorization,
        ...(afterHeight !== undefined && { 'last-event-id': String(afterHeight) }),
      }
      try {
        const response = await send(`${base}/events`, { headers, signal, redirect: 'error' })
        if (response.ok && response.body !== null) return response.body
        throw problemOf(response.status, valuesOf(parseJson(await response.text(), response.status)))
      } catch (cause) {
        throw unreachable(base, cause)
      }
    },
  }
}
