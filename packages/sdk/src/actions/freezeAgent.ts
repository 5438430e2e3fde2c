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
  /** What can still leave the account: each hold until it ends. Absent when the agent is frozen and nobody could say: ask `getAgent`. */
  readonly holds?: readonly OpenHold[]
}

/** Freezes an agent. Durable when answered. @throws LedgerError */
export async function freezeAgent(
  client: Client,
  { agent, owner }: { readonly agent: string; readonly owner: Account },
): Promise<Frozen> {
  const fields = { agent: parseAddress(agent) }
  const receipt = await submitOperation(client, await signNative(client, policy.freeze, fields, { signer: owner }))
  // The freeze stands, whatever becomes of the question after it.
  const asked = await getAgent(client, { agent, signer: owner }).catch(() => undefined)
  return { receipt, ...(asked && { holds: asked.holds }) }
}
