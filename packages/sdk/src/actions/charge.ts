// Pays under this chain's own message: judged by the payer's policy, bears the toll.
import { Hash } from '@turnpike/chain/wire'
import * as payments from '@turnpike/chain/wire/payments'
import { getAsset } from '../chain.ts'
import type { Client } from '../client.ts'
import { unitsOf, type Amount } from '../money.ts'
import type { Receipt } from '../receipt.ts'
import { parseAddress, signNative, type Signing } from '../sign.ts'
import { submitOperation } from './submitOperation.ts'

/** What to pay; `reference` is yours to find it again. */
export type Charge = Signing & {
  readonly payee: string
  readonly amount: Amount
  readonly asset?: string
  readonly reference?: Hash.Hash
}

/** Pays. @throws PaymentRefused, LedgerError */
export async function charge(
  client: Client,
  { payee, amount, asset: named, reference = Hash.zero, ...signing }: Charge,
): Promise<Receipt> {
  const asset = getAsset(await client.chain(), named)
  const fields = { payee: parseAddress(payee), asset: asset.address, amount: unitsOf(amount, asset), reference }
  return submitOperation(client, await signNative(client, payments.charge, fields, signing))
}
