// Asks what became of a payment, by what its payer knows. The answer to "did it go through?" after a lost connection.
import type { Hash } from '@turnpike/chain/wire'
import * as answer from '../answer.ts'
import { getAsset } from '../chain.ts'
import type { Client } from '../client.ts'
import { ownError } from '../errors.ts'
import { readReceipt, type Receipt } from '../receipt.ts'
import { parseAddress } from '../sign.ts'

const statuses = ['settled', 'held', 'cancelled', 'expired', 'unknown'] as const

/** What became of it. `expired`: it can never happen any more. */
export type PaymentOutcome = {
  readonly status: (typeof statuses)[number]
  readonly operation: Hash.Hash | undefined
  readonly receipt: Receipt | undefined
}

/** An authorization by its payer (the address that signed), asset and nonce; `validBefore` in seconds lets `expired` be told from `unknown`. */
export type PaymentKey = {
  readonly payer: string
  readonly nonce: Hash.Hash
  readonly asset?: string
  readonly validBefore?: number
}

/** The outcome of a payment. @throws LedgerError */
export async function getPayment(
  client: Client,
  { payer, nonce, asset: named, validBefore }: PaymentKey,
): Promise<PaymentOutcome> {
  const asset = getAsset(await client.chain(), named)
  const suffix = validBefore === undefined ? '' : `?validBefore=${validBefore}`
  const of = answer.fields(
    await client.get(`/payments/${asset.address}/${parseAddress(payer)}/${nonce}${suffix}`),
    'payment',
  )
  const status = statuses.find((name) => name === of['status'])
  if (status === undefined)
    throw ownError('malformed_answer', 'The payment has a status that this client does not know.')
  return {
    status,
    operation: of['operation'] === undefined ? undefined : answer.hash(of, 'operation'),
    receipt: of['receipt'] === undefined ? undefined : readReceipt(of['receipt']),
  }
}
