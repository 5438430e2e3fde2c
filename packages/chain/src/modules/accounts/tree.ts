// Agents under their owners: an agent's address, its opening, and the key that joins it with a proof of its own.
import * as Address from '../../codec/Address.ts'
import type * as Hash from '../../codec/Hash.ts'
import * as Hex from '../../codec/Hex.ts'
import * as Text from '../../codec/Text.ts'
import { keccak256 } from '../../crypto/hash.ts'
import type { Signature } from '../../crypto/signature.ts'
import type { Context } from '../../kernel/context.ts'
import { resolve, openAgent } from './resolve.ts'
import { accounts, keys } from './state.ts'
import { accountsRefusals, agentsMax } from './wire.ts'

const agentTag = Text.toBytes('turnpike/agent/v1')

/** `keccak256("turnpike/agent/v1" ‖ owner ‖ salt)[12..]`, so that keys rotate without moving money (decisions 3). */
export function agentAddress(owner: Address.Address, salt: Hash.Hash): Address.Address {
  const preimage = new Uint8Array(agentTag.length + 52)
  preimage.set(agentTag)
  Hex.writeBytes(owner, preimage, agentTag.length)
  Hex.writeBytes(salt, preimage, agentTag.length + 20)
  return Address.fromBytes(keccak256(preimage), 12)
}

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
