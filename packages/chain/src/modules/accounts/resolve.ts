// Whose money an address means, and which account has a key.
import { assert } from '../../assert.ts'
import * as Address from '../../codec/Address.ts'
import type { Units } from '../../codec/Units.ts'
import type { Context, View } from '../../kernel/context.ts'
import { param } from '../../kernel/params.ts'
import { accountMin } from '../bank/index.ts'
import { bankRefusals } from '../bank/wire.ts'
import { accounts, keys, type Account } from './state.ts'
import { accountsRefusals } from './wire.ts'

/**
 * The account that an address stands for: a key's account, tombstones included, else the address itself (decisions 3). No address is
 * both an account and an agent's key, and accounts are asked for first since the rules ask for them again.
 */
export function resolve(view: View, address: Address.Address): Address.Address {
  if (accounts.slotOf(view, address) >= 0) return address
  const slot = keys.slotOf(view, address)
  return slot < 0 ? address : keys.at(view, slot).account
}

/** Whether a key may sign for an account today: an owner's own key, or one that an agent has and was not removed. */
export function maySign(view: View, key: Address.Address, account: Address.Address): boolean {
  if (key === account) return accounts.find(view, account)?.kind !== 'agent'
  const entry = keys.find(view, key)
  return entry !== undefined && entry.account === account && !entry.removed
}

/** The account, or undefined when it was never credited, created or named by genesis. */
export function findAccount(view: View, account: Address.Address): Account | undefined {
  return accounts.find(view, account)
}

/** @throws Refusal accounts/unknown_account */
export function getAccount(view: View, account: Address.Address): Account {
  return accounts.find(view, account) ?? accountsRefusals.refuse('unknown_account', { account })
}

/** The owner of an agent, or undefined for an owner account. */
export function ownerOf(view: View, account: Address.Address): Address.Address | undefined {
  const found = accounts.find(view, account)
  return found?.kind === 'agent' ? found.owner : undefined
}

/** Whether whoever signs with `key` may see what is private to an account: the account itself, or its owner. */
export function maySee(view: View, key: Address.Address, account: Address.Address): boolean {
  const owner = ownerOf(view, account)
  return maySign(view, key, account) || (owner !== undefined && maySign(view, key, owner))
}

const fresh = {
  owner: Address.zero,
  live: 0,
  cancelled: 0,
  agents: 0,
  freeMinute: 0,
  freeCount: 0,
  controlMinute: 0,
  controlCount: 0,
}

/** Opens an owner account with its first credit, if there is none yet. @throws Refusal bank/below_minimum */
export function openAccount(context: Context, account: Address.Address, firstCredit: Units): void {
  if (accounts.slotOf(context, account) >= 0) return
  const minimum = param(context, accountMin)
  if (firstCredit < minimum) bankRefusals.refuse('below_minimum', { minimum, amount: firstCredit })
  accounts.put(context, account, { ...fresh, kind: 'owner', created: context.time })
}

/** Opens an owner account without a credit: genesis alone. */
export function openAtGenesis(context: Context, account: Address.Address): void {
  assert(context.height === 0, 'Accounts without a credit are opened by genesis alone.')
  accounts.put(context, account, { ...fresh, kind: 'owner', created: context.time })
}

/** Opens an agent's account under its owner, or makes it of the account that money has opened at its address. */
export function openAgent(context: Context, agent: Address.Address, owner: Address.Address): void {
  accounts.put(context, agent, { ...fresh, kind: 'agent', owner, created: context.time })
}
