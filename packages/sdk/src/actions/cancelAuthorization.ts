// Makes an authorization that was signed and not yet settled worthless.
import type { Hash } from '@turnpike/chain/wire'
import * as payments from '@turnpike/chain/wire/payments'
import type { Account } from '../account.ts'
import { getAsset } from '../chain.ts'
import type { Client } from '../client.ts'
import type { Receipt } from '../receipt.ts'
import { signAuthorization } from '../sign.ts'
import { submitOperation } from './submitOperation.ts'

/** The nonce to spend, of the key that signed with it. */
export type Cancellation = { readonly signer: Account; readonly nonce: Hash.Hash; readonly asset?: string }

/** Cancels a nonce for ever. @throws LedgerError */
export async function cancelAuthorization(
  client: Client,
  { signer, nonce, asset: named }: Cancellation,
): Promise<Receipt> {
  const asset = getAsset(await client.chain(), named)
  const fields = { asset: asset.address, authorizer: signer.address, nonce }
  return submitOperation(client, await signAuthorization(client, payments.cancelAuthorization, fields, signer))
}
