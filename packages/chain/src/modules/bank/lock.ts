// Money set aside within an account, for a later capture. Imported by `policy` alone.
import { assert } from '../../assert.ts'
import type { Address } from '../../codec/Address.ts'
import type { Units } from '../../codec/Units.ts'
import type { Context, View } from '../../kernel/context.ts'
import { balances, empty, type Balance } from './state.ts'
import { bankRefusals } from './wire.ts'

export type Lock = { readonly account: Address; readonly asset: Address; readonly amount: Units }

/** Whether the amount could be locked now. @throws Refusal bank/balance */
export function requireAvailable(view: View, { account, asset, amount }: Lock): void {
  judge(balances.find(view, { account, asset }) ?? empty, amount)
}

function judge({ available }: Balance, needed: Units): void {
  if (available < needed) bankRefusals.refuse('balance', { available, needed })
}

/** From available to locked. @throws Refusal bank/balance */
export function lock(context: Context, { account, asset, amount }: Lock): void {
  const slot = balances.slotOf(context, { account, asset })
  const balance = slot < 0 ? empty : balances.at(context, slot)
  judge(balance, amount)
  if (slot >= 0)
    balances.putAt(context, slot, {
      ...balance,
      available: balance.available - amount,
      locked: balance.locked + amount,
    })
}

/** From locked back to available. */
export function unlock(context: Context, { account, asset, amount }: Lock): void {
  const slot = balances.slotOf(context, { account, asset })
  assert(slot >= 0, `Account ${account} has no balance to unlock.`)
  const balance = balances.at(context, slot)
  assert(balance.locked >= amount, `Account ${account} has ${balance.locked} locked, not ${amount}.`)
  balances.putAt(context, slot, { ...balance, available: balance.available + amount, locked: balance.locked - amount })
}
