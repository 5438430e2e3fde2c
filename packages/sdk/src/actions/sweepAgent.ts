// Takes an agent's money back to its owner: no cap, no toll, also when it is frozen.
import * as policy from '@turnpike/chain/wire/policy'
import type { Account } from '../account.ts'
import { getAsset } from '../chain.ts'
import type { Client } from '../client.ts'
import { ownError } from '../errors.ts'
import { unitsOf, type Amount } from '../money.ts'
import type { Receipt } from '../receipt.ts'
import { parseAddress, signNative } from '../sign.ts'
import { getBalance } from './getBalance.ts'
import { submitOperation } from './submitOperation.ts'

/** What to take back; without an amount all that no hold has set aside. */
export type Sweep = {
  readonly agent: string
  readonly owner: Account
  readonly amount?: Amount
  readonly asset?: string
}

/** Sweeps an agent. @throws PaymentRefused, LedgerError; `sdk/nothing_to_sweep` when there is nothing */
export async function sweepAgent(client: Client, { agent, owner, amount, asset: named }: Sweep): Promise<Receipt> {
  const asset = getAsset(await client.chain(), named)
  const units =
    amount === undefined
      ? (await getBalance(client, { account: agent, asset: asset.symbol })).available
      : unitsOf(amount, asset)
  if (units === 0n) throw ownError('nothing_to_sweep', `Agent ${agent} has no ${asset.symbol} that can be taken back.`)
  const fields = { agent: parseAddress(agent), asset: asset.address, amount: units }
  return submitOperation(client, await signNative(client, policy.sweep, fields, { signer: owner }))
}
