// Asks what an account has in one asset.
import * as answer from '../answer.ts'
import { getAsset, type Asset } from '../chain.ts'
import type { Client } from '../client.ts'
import { parseAddress } from '../sign.ts'

/** Base units of the asset. */
export type Balance = {
  readonly asset: Asset
  /** What can be spent. */
  readonly available: bigint
  /** What open holds have set aside. */
  readonly locked: bigint
}

/** The balance of an account, or of the account that a key stands for. `asset` is a symbol or address; the chain's first when absent. */
export async function getBalance(
  client: Client,
  { account, asset: named }: { readonly account: string; readonly asset?: string },
): Promise<Balance> {
  const asset = getAsset(await client.chain(), named)
  const args = { account: parseAddress(account), asset: asset.address }
  const of = answer.fields(await client.call('turnpike_query', ['bank/balance', args]), 'balance')
  return { asset, available: answer.units(of, 'available'), locked: answer.units(of, 'locked') }
}
