// Receipts as a node answers them: what an operation came to.
import type { Address, Hash } from '@turnpike/chain/wire'
import * as answer from './answer.ts'

/** Money that moved, in base units; payer and payee as signed, `account` the one that paid. */
export type ReceiptPayment = {
  readonly payer: Address.Address
  readonly account: Address.Address
  readonly payee: Address.Address
  readonly asset: Address.Address
  readonly amount: bigint
  readonly toll: bigint
}

/** The committed outcome of one operation. */
export type Receipt = {
  readonly operation: Hash.Hash
  readonly height: number
  readonly sequence: number
  readonly timeMs: number
  /** The message: `payments/charge`, `token/transfer`, ... */
  readonly type: string
  readonly kind: 'payment' | 'refund' | 'hold' | 'other'
  readonly payment: ReceiptPayment | undefined
  readonly policyVersion: number
  readonly reference: Hash.Hash
}

const kinds = ['payment', 'refund', 'hold'] as const

/** Reads what moved, where a receipt, history or a block tells it. @throws LedgerError `sdk/malformed_answer` */
export function readMoved(of: answer.Fields): ReceiptPayment {
  return {
    payer: answer.address(of, 'payer'),
    account: answer.address(of, 'account'),
    payee: answer.address(of, 'payee'),
    asset: answer.address(of, 'asset'),
    amount: answer.units(of, 'amount'),
    toll: answer.units(of, 'toll'),
  }
}

/** Reads a receipt. @throws LedgerError `sdk/malformed_answer` */
export function readReceipt(value: unknown): Receipt {
  const of = answer.fields(value, 'receipt')
  const payment =
    of['payment'] === undefined || of['payment'] === null ? undefined : answer.fields(of['payment'], 'payment')
  return {
    operation: answer.hash(of, 'op'),
    height: answer.integer(of, 'height'),
    sequence: answer.integer(of, 'sequence'),
    timeMs: answer.integer(of, 'time'),
    type: answer.text(of, 'type'),
    kind: kinds.find((kind) => kind === of['kind']) ?? 'other',
    payment: payment && readMoved(payment),
    policyVersion: answer.integer(of, 'policyVersion'),
    reference: answer.hash(of, 'reference'),
  }
}
