// Lets a frozen agent pay again, after the delay of its policy.
import * as policy from '@turnpike/chain/wire/policy'
import type { Account } from '../account.ts'
import type { Client } from '../client.ts'
import type { Receipt } from '../receipt.ts'
import { parseAddress, signNative } from '../sign.ts'
import { getAgent } from './getAgent.ts'
import { submitOperation } from './submitOperation.ts'

/** An agent that pays again from `effectiveAtMs` on. */
export type Unfrozen = { readonly receipt: Receipt; readonly effectiveAtMs: number }

/** Unfreezes an agent. @throws LedgerError `policy/not_frozen` */
export async function unfreezeAgent(
  client: Client,
  { agent, owner }: { readonly agent: string; readonly owner: Account },
): Promise<Unfrozen> {
  const fields = { agent: parseAddress(agent) }
  const receipt = await submitOperation(client, await signNative(client, policy.unfreeze, fields, { signer: owner }))
  const { unfreezesAtMs } = await getAgent(client, { agent, signer: owner })
  return { receipt, effectiveAtMs: unfreezesAtMs ?? receipt.timeMs }
}
