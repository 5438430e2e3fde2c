// Method: one row of the JSON-RPC table.

/** What a method learns of its caller. */
export type Caller = { readonly isOperator: boolean }

/** A method by its name. `run` gets the parameters as a list. */
export type Method = {
  readonly name: string
  readonly summary: string
  /** @throws RpcError, Refusal */
  readonly run: (params: readonly unknown[], caller: Caller) => unknown
}

/** An error in JSON-RPC's own numbers. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly number: number
  readonly data: unknown

  constructor(number: number, message: string, data?: unknown) {
    super(message)
    this.number = number
    this.data = data
  }
}

/** Numbers that JSON-RPC 2.0 fixes, and ours for refusals and for "not now". */
export const rpcNumbers = {
  parse: -32_700,
  request: -32_600,
  method: -32_601,
  params: -32_602,
  internal: -32_603,
  refused: -32_000,
  notNow: -32_005,
} as const
