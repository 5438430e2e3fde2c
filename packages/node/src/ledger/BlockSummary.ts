// A durable block in a few fields, as streams and pages show it.
import type { Address, Hash, Receipt } from '@turnpike/chain/wire'
import type { Ms } from '../machine/Machine.ts'

/** A payment of a block. Amounts are decimal strings of base units. */
export type PaymentSummary = {
  readonly operation: Hash.Hash
  readonly payer: Address.Address
  readonly account: Address.Address
  readonly payee: Address.Address
  readonly asset: Address.Address
  readonly amount: string
  readonly toll: string
}

export type BlockSummary = {
  readonly height: number
  readonly time: Ms
  readonly operations: number
  readonly payments: readonly PaymentSummary[]
}

/** The payments among receipts: holds, refunds and the faucet are none. */
export function summarizePayments(receipts: readonly Receipt[]): readonly PaymentSummary[] {
  return receipts.flatMap(({ kind, payment, op }) =>
    kind === 'payment' && payment !== undefined
      ? [{ operation: op, ...payment, amount: payment.amount.toString(), toll: payment.toll.toString() }]
      : [],
  )
}
