// What must always hold of accounts, keys and nonces.
import type { Address } from '../../codec/Address.ts'
import type { View } from '../../kernel/context.ts'
import { resolve } from './resolve.ts'
import { accounts, expiring, keys, nonces, type Nonce, type NonceKey } from './state.ts'

/** A registered key signs for an agent account, and is no account itself. */
export function keysBelongToAgents(view: View): string | undefined {
  for (const [key, { account }] of keys.entries(view)) {
    if (accounts.find(view, account)?.kind !== 'agent') return `key ${key} belongs to ${account}, no agent`
    if (accounts.find(view, key) !== undefined) return `key ${key} of ${account} is an account itself`
  }
  return undefined
}

/** Every agent has an owner that exists and counts it. */
export function agentsHaveOwners(view: View): string | undefined {
  const counts = new Map<Address, number>()
  for (const [agent, { kind, owner }] of accounts.entries(view)) {
    if (kind !== 'agent') continue
    if (accounts.find(view, owner)?.kind !== 'owner') return `agent ${agent} has no owner account ${owner}`
    counts.set(owner, (counts.get(owner) ?? 0) + 1)
  }
  for (const [account, { agents }] of accounts.entries(view)) {
    if (agents !== (counts.get(account) ?? 0))
      return `${account} counts ${agents} agents and has ${counts.get(account) ?? 0}`
  }
  return undefined
}

/** Live and cancelled counts equal the rows, and each row that ends is in the queue. */
export function noncesAreCounted(view: View): string | undefined {
  const live = new Map<Address, number>()
  const cancelled = new Map<Address, number>()
  for (const [{ address }, { state }] of nonces.entries(view)) {
    const counts = state === 'cancelled' ? cancelled : live
    const account = resolve(view, address)
    counts.set(account, (counts.get(account) ?? 0) + 1)
  }
  for (const [account, row] of accounts.entries(view)) {
    if (row.live !== (live.get(account) ?? 0))
      return `${account} counts ${row.live} live nonces and has ${live.get(account) ?? 0}`
    if (row.cancelled !== (cancelled.get(account) ?? 0))
      return `${account} counts ${row.cancelled} cancelled nonces and has ${cancelled.get(account) ?? 0}`
  }
  const queued = new Set(expiring.entries(view))
  for (const [{ nonce }, { state }, slot] of nonces.entries(view)) {
    if (state !== 'cancelled' && !queued.has(slot)) return `nonce ${nonce} is ${state} and not queued to expire`
  }
  return undefined
}

/** Every nonce with its row and slot, for the invariants of those who build on nonces. */
export function nonceEntries(view: View): Iterable<readonly [key: NonceKey, row: Nonce, slot: number]> {
  return nonces.entries(view)
}
