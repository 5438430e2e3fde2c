// Gives a payment back, whole or in part. The ledger does not look the payment up, so this does (decisions 9).
import type { Hash } from '@turnpike/chain/wire'
import * as payments from '@turnpike/chain/wire/payments'
import { getAsset } from '../chain.ts'
import type { Client } from '../client.ts'
import { ownError } from '../errors.ts'
import { unitsOf, type Amount } from '../money.ts'
import type { Receipt } from '../receipt.ts'
import { signNative, type Signing } from '../sign.ts'
import { getPayments } from './getPayments.ts'
import { getReceipt } from './getReceipt.ts'
import { submitOperation } from './submitOperation.ts'

/** The most refunds of one payee that are looked through for earlier ones of the same payment. */
const refundsRead = 200

async function refundedSoFar(
  client: Client,
  { payee, operation }: { readonly payee: string; readonly operation: Hash.Hash },
): Promise<bigint> {
  const past = await getPayments(client, { account: payee, role: 'payer', limit: refundsRead })
  const refunds = past.filter(({ type, reference }) => type === payments.refund.type && reference === operation)
  return refunds.reduce((sum, { amount }) => sum + amount, 0n)
}

/**
 * Refunds a payment from its payee to its payer, without toll. Without an amount: all that is left of it.
 *
 * @throws LedgerError `sdk/not_a_payment`, `sdk/over_refund` for more than was paid and not yet given back; PaymentRefused
 */
export async function refundPayment(
  client: Client,
  { operation, amount, ...signing }: Signing & { readonly operation: Hash.Hash; readonly amount?: Amount },
): Promise<Receipt> {
  const { receipt } = await getReceipt(client, { operation })
  const { payment } = receipt
  if (receipt.kind !== 'payment' || payment === undefined)
    throw ownError('not_a_payment', `${operation} is a ${receipt.type}.`)
  const left = payment.amount - (await refundedSoFar(client, { payee: payment.payee, operation }))
  const asset = getAsset(await client.chain(), payment.asset)
  const units = amount === undefined ? left : unitsOf(amount, asset)
  if (units > left || left <= 0n) {
    const values = { paid: payment.amount, left, asked: units }
    throw ownError(
      'over_refund',
      `Of ${payment.amount} base units ${left} are left to refund, and ${units} are asked for.`,
      { values },
    )
  }
  const fields = { payer: payment.payer, asset: asset.address, amount: units, payment: operation }
  return submitOperation(
    client,
    await signNative(client, payments.refund, fields, { account: payment.payee, ...signing }),
  )
}
