// What makes an operation single-use: a row per nonce, from its first use until its authorization expires.
import { assert } from '../../assert.ts'
import type { Address } from '../../codec/Address.ts'
import type { Context, View } from '../../kernel/context.ts'
import type { Due } from '../../kernel/module.ts'
import { resolve } from './resolve.ts'
import { accounts, expiring, nonces, nonceSignerAt, nonceStateAt, type Nonce, type NonceKey } from './state.ts'
import { accountsRefusals, cancelledNoncesMax, liveNoncesMax } from './wire.ts'

/** Slot of a nonce's row, or -1. */
export function nonceSlot(view: View, key: NonceKey): number {
  return nonces.slotOf(view, key)
}

/** The row in a slot. */
export function nonceAt(view: View, slot: number): Nonce {
  return nonces.at(view, slot)
}

/** The row of a nonce, if it lives. */
export function findNonce(view: View, key: NonceKey): Nonce | undefined {
  return nonces.find(view, key)
}

/** Who signed the nonce in a slot, for which asset. */
export function nonceKeyAt(view: View, slot: number): NonceKey {
  return nonces.keyAt(view, slot)
}

/**
 * Makes the row of a fresh nonce and counts it for the account; it ends by itself at its expiry.
 * @throws Refusal accounts/too_many_nonces, accounts/unknown_account
 */
export function claimNonce(context: Context, key: NonceKey, account: Address, row: Nonce): number {
  assert(row.state !== 'cancelled', 'A cancelled nonce has a function of its own.')
  const at = accounts.slotOf(context, account)
  if (at < 0) accountsRefusals.refuse('unknown_account', { account })
  const counted = accounts.at(context, at)
  if (counted.live >= liveNoncesMax) accountsRefusals.refuse('too_many_nonces', { account, max: liveNoncesMax })
  accounts.putAt(context, at, { ...counted, live: counted.live + 1 })
  const slot = nonces.put(context, key, row)
  expiring.push(context, row.expires, slot)
  return slot
}

/** Changes a row in place; its expiry stays. */
export function changeNonce(context: Context, slot: number, row: Nonce): void {
  assert(nonces.at(context, slot).expires === row.expires, 'The expiry of a nonce never changes.')
  nonces.putAt(context, slot, row)
}

/**
 * Marks a nonce as cancelled, for ever: pruned, it would come back to life. It may be fresh, or open after a lapsed hold.
 * @throws Refusal accounts/too_many_cancelled, accounts/unknown_account
 */
export function cancelNonce(
  context: Context,
  key: NonceKey,
  account: Address,
  row: Omit<Nonce, 'state' | 'expires'>,
): void {
  const at = accounts.slotOf(context, account)
  if (at < 0) accountsRefusals.refuse('unknown_account', { account })
  const counted = accounts.at(context, at)
  if (counted.cancelled >= cancelledNoncesMax)
    accountsRefusals.refuse('too_many_cancelled', { address: key.address, max: cancelledNoncesMax })
  const live = nonces.slotOf(context, key) < 0 ? counted.live : counted.live - 1
  accounts.putAt(context, at, { ...counted, live, cancelled: counted.cancelled + 1 })
  nonces.put(context, key, { ...row, state: 'cancelled', expires: 0 })
}

/** Ends the rows of nonces that can no longer be used. Listed after whatever still needs a row at its expiry (holds). */
export const pruneNonces: Due = {
  name: 'accounts/pruneNonces',
  run(context) {
    const slot = expiring.take(context)
    if (slot === undefined) return false
    const state = nonceStateAt(context, slot)
    // Cancelled after its hold lapsed: it stays, and was counted then.
    if (state === 'cancelled') return true
    assert(state !== 'held', 'A nonce expired while its hold was open.')
    const account = resolve(context, nonceSignerAt(context, slot))
    nonces.removeAt(context, slot)
    const at = accounts.slotOf(context, account)
    const counted = accounts.at(context, at)
    accounts.putAt(context, at, { ...counted, live: counted.live - 1 })
    return true
  },
}
