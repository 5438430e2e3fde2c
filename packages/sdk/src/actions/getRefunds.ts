// Asks how much of a payment was given back, and by which refunds. The ledger does not sum them; history tells (decisions 9).
import type { Hash } from '@turnpike/chain/wire'
import * as answer from '../answer.ts'
import type { Client } from '../client.ts'
import { ownError } from '../errors.ts'
import type { ReceiptPayment } from '../receipt.ts'
import { readPayment, type PastPayment } from './getPayments.ts'
import { getReceipt } from './getReceipt.ts'

/** Payments in one answer of history. */
const pageSize = 200
/** So many refunds of one payment are summed. */
const refundsMax = 20_000

/** A refund, and how much of the payment had been refunded before it; base units. */
export type Refund = {
  readonly operation: Hash.Hash
  readonly timeMs: number
  readonly amount: bigint
  readonly refundedBefore: bigint
}

/** A payment and what came back of it; base units of its asset. */
export type Refunds = {
  readonly payment: ReceiptPayment
  readonly refunded: bigint
  /** Never below zero. */
  readonly left: bigint
  /** Oldest first. */
  readonly refunds: readonly Refund[]
}

/**
 * The refunds of a payment.
 *
 * @throws LedgerError `gateway/no_receipt`, `sdk/not_a_payment`, `sdk/refunds_unknown` when there are more than is sensible
 */
export async function getRefunds(client: Client, { operation }: { readonly operation: Hash.Hash }): Promise<Refunds> {
  const { receipt } = await getReceipt(client, { operation })
  const { payment } = receipt
  if (receipt.kind !== 'payment' || payment === undefined)
    throw ownError('not_a_payment', `${operation} is a ${receipt.type}.`)
  const past = await namedIn(client, { operation, account: payment.payee })
  const named = past.filter(({ reference, asset }) => reference === operation && asset === payment.asset)
  const refunds: Refund[] = []
  let refunded = 0n
  for (const { operation: id, timeMs, amount } of named.toReversed()) {
    refunds.push({ operation: id, timeMs, amount, refundedBefore: refunded })
    refunded += amount
  }
  const left = payment.amount > refunded ? payment.amount - refunded : 0n
  return { payment, refunded, left, refunds }
}

/** The refunds that name an operation, by the account that was paid; newest first. */
async function namedIn(
  client: Client,
  named: { readonly operation: Hash.Hash; readonly account: string },
): Promise<readonly PastPayment[]> {
  const found: PastPayment[] = []
  for (let cursor: string | undefined; found.length < refundsMax;) {
    const args = { ...named, limit: pageSize, ...(cursor !== undefined && { cursor }) }
    const of = answer.fields(await client.call('turnpike_query', ['history/refunds', args]), 'history')
    found.push(...answer.list(of, 'payments', readPayment))
    cursor = answer.optionalText(of, 'next')
    if (cursor === undefined) return found
  }
  throw ownError('refunds_unknown', `${named.operation} has more than ${refundsMax} refunds.`)
}
