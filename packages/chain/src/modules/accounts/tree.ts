// Agents under their owners: an agent's opening, and the key that joins it with a proof of its own.
import type * as Address from '../../codec/Address.ts'
import type * as Hash from '../../codec/Hash.ts'
import type { Signature } from '../../crypto/signature.ts'
import type { Context } from '../../kernel/context.ts'
import { resolve, openAgent } from './resolve.ts'
import { accounts, keys } from './state.ts'
import { accountsRefusals, agentAddress, agentsMax } from './wire.ts'

type NewAgent = {
  readonly owner: Address.Address
  readonly salt: Hash.Hash
  readonly key: Address.Address
  readonly proof: Signature
}

/**
 * Opens an agent account with its first key.
 * @throws Refusal accounts/not_yours (agents own nothing), accounts/key_unproven, accounts/key_not_allowed (another account's key),
 * accounts/agent_exists, accounts/too_many
 */
export function addAgent(context: Context, { owner, salt, key, proof }: NewAgent): Address.Address {
  const at = accounts.slotOf(context, owner)
  const row = accounts.at(context, at)
  if (row.kind !== 'owner') accountsRefusals.refuse('not_yours', { account: owner })
  if (context.verify(proof) !== key) accountsRefusals.refuse('key_unproven', { key })
  const agent = agentAddress(owner, salt)
  // Money may have reached the address before: it opened an account that no key can sign for, and becomes the agent's.
  if (accounts.find(context, agent)?.kind === 'agent') accountsRefusals.refuse('agent_exists', { agent })
  if (resolve(context, key) !== key || accounts.slotOf(context, key) >= 0)
    accountsRefusals.refuse('key_not_allowed', { key, account: agent })
  if (row.agents >= agentsMax) accountsRefusals.refuse('too_many', { account: owner, max: agentsMax, what: 'agents' })
  accounts.putAt(context, at, { ...row, agents: row.agents + 1 })
  openAgent(context, agent, owner)
  keys.put(context, key, { account: agent, removed: false })
  return agent
}
