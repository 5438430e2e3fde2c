// Money from one account to another. Imported by `policy` alone: it is the only door by which an account's money leaves.
import { assert } from '../../assert.ts'
import type { Address } from '../../codec/Address.ts'
import { max, type Units } from '../../codec/Units.ts'
import type { Context } from '../../kernel/context.ts'
import { balances, empty, type Balance, type Share } from './state.ts'
import { bankRefusals, transferred } from './wire.ts'

export type Move = {
  readonly from: Address
  readonly to: Address
  readonly asset: Address
  readonly amount: Units
  /** Taken from what the payee receives. */
  readonly share?: Share | undefined
  /** Addresses as signed, for the events; the accounts if absent. */
  readonly signed?: { readonly from: Address; readonly to: Address }
  /** Whether the amount was locked before (a hold) and leaves from there. */
  readonly fromLocked: boolean
}

/**
 * Payer −amount, payee +(amount − toll), toll account +toll.
 * @throws Refusal bank/same_account, bank/balance
 */
export function move(context: Context, { from, to, asset, amount, share, signed, fromLocked }: Move): void {
  if (from === to) bankRefusals.refuse('same_account', { account: from })
  debit(context, { account: from, asset, amount, fromLocked })
  credit(context, { account: to, asset, amount: amount - (share?.toll ?? 0n), fraction: share?.fraction })
  const [payer, payee] = [signed?.from ?? from, signed?.to ?? to]
  context.emit(transferred({ from: payer, to: payee, asset, amount }))
  if (share === undefined || share.toll === 0n) return
  credit(context, { account: share.to, asset, amount: share.toll, fraction: undefined })
  context.emit(transferred({ from: payee, to: share.to, asset, amount: share.toll }))
}

type Debit = {
  readonly account: Address
  readonly asset: Address
  readonly amount: Units
  readonly fromLocked: boolean
}

function debit(context: Context, { account, asset, amount, fromLocked }: Debit): void {
  const slot = balances.slotOf(context, { account, asset })
  const balance = slot < 0 ? empty : balances.at(context, slot)
  if (fromLocked) assert(balance.locked >= amount, `Account ${account} has ${balance.locked} locked, not ${amount}.`)
  else if (balance.available < amount) bankRefusals.refuse('balance', { available: balance.available, needed: amount })
  if (slot >= 0)
    balances.putAt(
      context,
      slot,
      fromLocked
        ? { ...balance, locked: balance.locked - amount }
        : { ...balance, available: balance.available - amount },
    )
}

type Credit = {
  readonly account: Address
  readonly asset: Address
  readonly amount: Units
  readonly fraction: number | undefined
}

function credit(context: Context, { account, asset, amount, fraction }: Credit): void {
  const slot = balances.slotOf(context, { account, asset })
  const old = slot < 0 ? empty : balances.at(context, slot)
  assert(old.available + old.locked + amount <= max, `Balance of ${account} would exceed 2^128 - 1.`)
  const next: Balance = { available: old.available + amount, locked: old.locked, fraction: fraction ?? old.fraction }
  if (slot < 0) balances.put(context, { account, asset }, next)
  else balances.putAt(context, slot, next)
}
