// Asks how much of a payment was given back, and by which refunds. The ledger does not sum them; history tells (decisions 9).
import type { Hash } from '@turnpike/chain/wire'
import * as answer from '../answer.ts'
import type { Client } from '../client.ts'
import { LedgerError, ownError } from '../errors.ts'
import type { ReceiptPayment } from '../receipt.ts'
import { readPayment, type PastPayment } from './getPayments.ts'
import { getReceipt } from './getReceipt.ts'

/** Payments in one answer of history. */
const pageSize = 200
/** So many refunds of one payment are summed. */
const refundsMax = 20_000
/** So many questions are asked for them: the node answers each within a tenth of a second. */
const questionsMax = 500

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

/**
 * The refunds that name an operation, by the account that was paid; newest first. Anybody may name it in refunds of his own, and a
 * question that finds only such is cut (`history/too_slow`): the next one goes on where it was.
 */
async function namedIn(
  client: Client,
  named: { readonly operation: Hash.Hash; readonly account: string },
): Promise<readonly PastPayment[]> {
  const found: PastPayment[] = []
  let cursor: string | undefined
  for (let questions = 0; questions < questionsMax && found.length < refundsMax; questions++) {
    const args = { ...named, limit: pageSize, ...(cursor !== undefined && { cursor }) }
    const page = await client.call('turnpike_query', ['history/refunds', args]).catch(readCut)
    const of = answer.fields(page, 'history')
    found.push(...answer.list(of, 'payments', readPayment))
    cursor = answer.optionalText(of, 'next')
    if (cursor === undefined) return found
  }
  const message = `${named.operation} has more than ${refundsMax} refunds, or as good as none among too many others.`
  throw ownError('refunds_unknown', message)
}

/** A question that was cut before it found anything, as the page that it is. */
function readCut(error: unknown): unknown {
  if (!(error instanceof LedgerError) || error.code !== 'history/too_slow') throw error
  const { cursor } = error.values
  if (typeof cursor !== 'string') throw error
  return { payments: [], next: cursor }
}
