// JSON-RPC 2.0 over POST /rpc: single calls and bounded batches over the table of methods.
import { Fields, Refusal } from '@turnpike/chain/wire'
import * as z from 'zod/mini'
import { valuesToJson } from '../../ledger/refusals.ts'
import type { HttpAnswer } from '../../machine/http.ts'
import type { Logger } from '../../machine/Machine.ts'
import { parseJson } from '../body.ts'
import { findProblem, Problem } from '../problem.ts'
import { json, jsonText } from '../route.ts'
import type { Route } from '../route.ts'
import { RpcError, rpcNumbers } from './method.ts'
import type { Caller, Method } from './method.ts'

/** The most bytes of a batch's answers: what exceeds it is not asked any more. */
export const answerBytesMax = 1_048_576
/** The most calls of one batch. */
export const batchMax = 100
/** The most bytes of a body: the longest operation as hex, and room for its frame. */
export const bodyBytesMax = 262_144
const idMax = 128

const callShape = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.optional(z.union([z.string(), z.number(), z.null()])),
  method: z.string(),
  params: z.optional(z.array(z.unknown())),
})

const answerShape = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number(), z.null()]),
  result: z.optional(z.unknown()),
  error: z.optional(z.object({ code: z.number(), message: z.string(), data: z.optional(z.unknown()) })),
})

type Id = string | number | null
type RpcAnswer = { readonly jsonrpc: '2.0'; readonly id: Id } & (
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } }
)

export type RpcOptions = { readonly methods: readonly Method[]; readonly logger: Logger }

/** The route. */
export function createRpcRoute({ methods, logger }: RpcOptions): Route {
  const table = new Map(methods.map((method) => [method.name, method]))
  return {
    method: 'POST',
    path: '/rpc',
    promised: ['GET'], // The WebSocket.
    summary: `JSON-RPC 2.0, single calls and batches of at most ${batchMax}.`,
    methods,
    body: { schema: z.union([callShape, z.array(callShape).check(z.maxLength(batchMax))]), bytesMax: bodyBytesMax },
    answers: [
      {
        status: 200,
        description: 'The answer, or the answers in the order of the calls.',
        schema: z.union([answerShape, z.array(answerShape)]),
      },
      { status: 204, description: 'Nothing but notifications was sent.' },
    ],
    load: 'bounded',
    async run(call) {
      const caller = { isOperator: call.isOperator() }
      const text = await call.text()
      const body = parseBody(text)
      if (body instanceof RpcError) return json(errorAnswer(null, body))
      const run = (entry: unknown): Promise<RpcAnswer | undefined> => answerCall(table, { entry, caller, logger })
      if (!Array.isArray(body)) return toAnswer(await run(body))
      if (body.length === 0 || body.length > batchMax)
        return json(errorAnswer(null, new RpcError(rpcNumbers.request, `A batch has 1 to ${batchMax} calls.`)))
      return answerBatch(body, run)
    },
  }
}

/** One after another: a batch takes one place among the requests in progress, and must not do the work of a hundred at once (T152). */
async function answerBatch(
  calls: readonly unknown[],
  run: (entry: unknown) => Promise<RpcAnswer | undefined>,
): Promise<HttpAnswer> {
  const answers: string[] = []
  let bytes = 0
  for (const call of calls) {
    const answer = bytes < answerBytesMax ? await run(call) : tooMuch(call)
    if (answer === undefined) continue
    const text = JSON.stringify(answer)
    bytes += text.length
    answers.push(text)
  }
  return answers.length === 0 ? nothing : jsonText(`[${answers.join(',')}]`)
}

function tooMuch(call: unknown): RpcAnswer | undefined {
  const { id } = (call ?? {}) as { readonly id?: unknown }
  if (id === undefined) return undefined
  const problem = `The answers of this batch have more than ${answerBytesMax} bytes; this call was not made.`
  const data = { code: 'gateway/too_large', hint: 'Ask for less in one batch.', retry: 'later' }
  return errorAnswer(isId(id) ? id : null, new RpcError(rpcNumbers.notNow, problem, data))
}

/** What is answered where nothing but notifications was sent. */
const nothing: HttpAnswer = { status: 204, headers: {} }

function toAnswer(answer: unknown): HttpAnswer {
  return answer === undefined ? nothing : json(answer)
}

function parseBody(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    if (error instanceof Problem) return new RpcError(rpcNumbers.parse, error.message)
    throw error
  }
}

type Entry = { readonly entry: unknown; readonly caller: Caller; readonly logger: Logger }

/** The answer to one call; undefined for a notification, which gets none whatever comes of it. */
async function answerCall(
  table: ReadonlyMap<string, Method>,
  { entry, caller, logger }: Entry,
): Promise<RpcAnswer | undefined> {
  const { jsonrpc, id, method, params = [] } = Fields.find(entry) ?? {}
  if (jsonrpc !== '2.0' || typeof method !== 'string' || (id !== undefined && !isId(id))) {
    return errorAnswer(isId(id) ? id : null, new RpcError(rpcNumbers.request, 'This is no JSON-RPC 2.0 call.'))
  }
  const answer = await run({ row: table.get(method), params, caller }).then(
    (result): RpcAnswer => ({ jsonrpc: '2.0', id: id ?? null, result: result ?? null }),
    (error: unknown) => errorAnswer(id ?? null, explain(error, logger)),
  )
  return id === undefined ? undefined : answer
}

function isId(id: unknown): id is Id {
  return (
    id === null || (typeof id === 'number' && Number.isFinite(id)) || (typeof id === 'string' && id.length <= idMax)
  )
}

type Running = { readonly row: Method | undefined; readonly params: unknown; readonly caller: Caller }

async function run({ row, params, caller }: Running): Promise<unknown> {
  if (row === undefined) throw new RpcError(rpcNumbers.method, 'There is no such method.')
  if (!Array.isArray(params)) throw new RpcError(rpcNumbers.params, 'Parameters come as a list.')
  return row.run(params, caller)
}

function explain(error: unknown, logger: Logger): RpcError {
  if (error instanceof RpcError) return error
  if (error instanceof Refusal) {
    const { code, hint, retry, values } = error
    return new RpcError(rpcNumbers.refused, error.message, { code, values: valuesToJson(values), hint, retry })
  }
  const problem = findProblem(error)
  if (problem !== undefined)
    return new RpcError(rpcNumbers.notNow, problem.message, { code: problem.code, hint: problem.hint, retry: 'later' })
  logger.error('A JSON-RPC call failed through a mistake of the node.', { error })
  return new RpcError(rpcNumbers.internal, 'The node could not answer this call.')
}

function errorAnswer(id: Id, { number, message, data }: RpcError): RpcAnswer {
  return { jsonrpc: '2.0', id, error: { code: number, message, ...(data !== undefined && { data }) } }
}
