// Moves an owner's money to another account: no toll, no cap.
import { Hash } from '@turnpike/chain/wire'
import * as token from '@turnpike/chain/wire/token'
import { getAsset } from '../chain.ts'
import type { Client } from '../client.ts'
import { unitsOf, type Amount } from '../money.ts'
import type { Receipt } from '../receipt.ts'
import { parseAddress, signNative, type Signing } from '../sign.ts'
import { submitOperation } from './submitOperation.ts'

/** What to send; `reference` is yours to find it again. */
export type Transfer = Signing & {
  readonly to: string
  readonly amount: Amount
  readonly asset?: string
  readonly reference?: Hash.Hash
}

/** Sends money. @throws PaymentRefused, LedgerError */
export async function sendTransfer(
  client: Client,
  { to, amount, asset: named, reference = Hash.zero, ...signing }: Transfer,
): Promise<Receipt> {
  const asset = getAsset(await client.chain(), named)
  const fields = { to: parseAddress(to), asset: asset.address, amount: unitsOf(amount, asset), reference }
  return submitOperation(client, await signNative(client, token.transfer, fields, signing))
}
