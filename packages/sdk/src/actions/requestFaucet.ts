// Asks a development chain's faucet for play money.
import * as answer from '../answer.ts'
import { getAsset } from '../chain.ts'
import type { Client } from '../client.ts'
import { unitsOf, type Amount } from '../money.ts'
import { parseAddress } from '../sign.ts'
import type { Hash } from '@turnpike/chain/wire'

/** What came of it; durable when answered. */
export type Drip = { readonly operation: Hash.Hash; readonly balance: bigint }

/** Money from the faucet; without an amount as much as it gives by default. @throws LedgerError, where there is no faucet with status 404 */
export async function requestFaucet(
  client: Client,
  { address, amount, asset: named }: { readonly address: string; readonly amount?: Amount; readonly asset?: string },
): Promise<Drip> {
  const asset = getAsset(await client.chain(), named)
  const body = {
    address: parseAddress(address),
    asset: asset.symbol,
    ...(amount !== undefined && { amount: unitsOf(amount, asset).toString() }),
  }
  const of = answer.fields(await client.post('/faucet', body), 'drip')
  return { operation: answer.hash(of, 'operation'), balance: answer.units(of, 'balance') }
}
