// What the event stream tells: a block in a few fields, and a refusal by class, with its reason for the operator only (shapes 9).
import type { codec } from '@turnpike/chain/wire'
import type { CommittedBlock } from '../engine/Engine.ts'
import type { KeptRefusal } from '../ledger/ledger.ts'

/** A payment of a block. Amounts are decimal strings of base units. */
export type PaymentNotice = {
  readonly operation: string
  readonly payer: string
  readonly account: string
  readonly payee: string
  readonly asset: string
  readonly amount: string
  readonly toll: string
}

/** A durable block. */
export type BlockNotice = {
  readonly height: number
  readonly time: number
  readonly operations: number
  readonly payments: readonly PaymentNotice[]
}

/** A committed block as pages see it. Holds, refunds and the faucet are no payments. */
export function noticeOf({ height, time, receipts }: CommittedBlock): BlockNotice {
  const payments = receipts.flatMap(({ kind, payment, op }) =>
    kind === 'payment' && payment !== undefined
      ? [{ operation: op, ...payment, amount: payment.amount.toString(), toll: payment.toll.toString() }]
      : [],
  )
  return { height, time, operations: receipts.length, payments }
}

/** A refusal as anybody sees it. */
export function publicRefusal({ account, payee, class: kind, time }: KeptRefusal): {
  readonly [name: string]: codec.Json
} {
  return { account, ...(payee !== undefined && { payee }), class: kind, time }
}

/** A refusal as the operator sees it. */
export function privateRefusal(refusal: KeptRefusal): { readonly [name: string]: codec.Json } {
  const { code, message, hint, retry, values } = refusal
  return { ...publicRefusal(refusal), code, message, hint, retry, values }
}
