// Stops an agent at once. What it holds open can still be settled until the holds end, 60 seconds at most.
import * as policy from '@turnpike/chain/wire/policy'
import type { Account } from '../account.ts'
import type { Client } from '../client.ts'
import type { Receipt } from '../receipt.ts'
import { parseAddress, signNative } from '../sign.ts'
import { getAgent, type OpenHold } from './getAgent.ts'
import { submitOperation } from './submitOperation.ts'

/** A frozen agent. */
export type Frozen = {
  readonly receipt: Receipt
  /** What can still leave the account: each hold until it ends. */
  readonly holds: readonly OpenHold[]
}

/** Freezes an agent. Durable when answered. @throws LedgerError */
export async function freezeAgent(
  client: Client,
  { agent, owner }: { readonly agent: string; readonly owner: Account },
): Promise<Frozen> {
  const fields = { agent: parseAddress(agent) }
  const receipt = await submitOperation(client, await signNative(client, policy.freeze, fields, { signer: owner }))
  const { holds } = await getAgent(client, { agent, signer: owner })
  return { receipt, holds }
}
