// Asks how much of a payment was given back, and by which refunds. The ledger does not sum them; history tells (decisions 9).
import type { Hash } from '@turnpike/chain/wire'
import * as payments from '@turnpike/chain/wire/payments'
import type { Client } from '../client.ts'
import { ownError } from '../errors.ts'
import type { ReceiptPayment } from '../receipt.ts'
import { getPayments, type PastPayment } from './getPayments.ts'
import { getReceipt } from './getReceipt.ts'

/** Payments in one answer of history. */
const pageSize = 200
/** So many outgoing payments of a payee are looked through for refunds. */
const lookedThroughMax = 20_000

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
 * @throws LedgerError `gateway/no_receipt`, `sdk/not_a_payment`, `sdk/refunds_unknown` when more of the payee's payments would have to
 * be looked through than is sensible
 */
export async function getRefunds(client: Client, { operation }: { readonly operation: Hash.Hash }): Promise<Refunds> {
  const { receipt } = await getReceipt(client, { operation })
  const { payment, sequence } = receipt
  if (receipt.kind !== 'payment' || payment === undefined)
    throw ownError('not_a_payment', `${operation} is a ${receipt.type}.`)
  const past = await paidSince(client, { account: payment.payee, sequence })
  const named = past.filter(
    ({ type, reference, asset }) => type === payments.refund.type && reference === operation && asset === payment.asset,
  )
  const refunds: Refund[] = []
  let refunded = 0n
  for (const { operation: id, timeMs, amount } of named.toReversed()) {
    refunds.push({ operation: id, timeMs, amount, refundedBefore: refunded })
    refunded += amount
  }
  const left = payment.amount > refunded ? payment.amount - refunded : 0n
  return { payment, refunded, left, refunds }
}

/** What an account paid after a sequence, newest first: a refund stands behind its payment. */
async function paidSince(
  client: Client,
  { account, sequence }: { readonly account: string; readonly sequence: number },
): Promise<readonly PastPayment[]> {
  const asked = { account, role: 'payer', limit: pageSize } as const
  const found: PastPayment[] = []
  let before: number | undefined
  while (found.length < lookedThroughMax) {
    const page = await getPayments(client, { ...asked, ...(before !== undefined && { before }) })
    found.push(...page.filter((each) => each.sequence > sequence))
    before = page.at(-1)?.sequence
    // A short page may have been cut for the time it took; only an empty one says that nothing is left.
    if (before === undefined || before <= sequence) return found
  }
  throw ownError('refunds_unknown', `${account} has paid more than ${lookedThroughMax} times since.`)
}
