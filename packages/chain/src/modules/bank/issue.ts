// Money comes into being. Imported by `faucet` alone (later by the bridge).
import { assert } from '../../assert.ts'
import * as Address from '../../codec/Address.ts'
import { max, type Units } from '../../codec/Units.ts'
import type { Context } from '../../kernel/context.ts'
import { balances, empty, supply } from './state.ts'
import { transferred } from './wire.ts'

export type Issue = {
  readonly to: Address.Address
  readonly asset: Address.Address
  readonly amount: Units
  readonly signedTo: Address.Address
}

/** Adds to an account and to the supply; the caller has bounded both. */
export function issue(context: Context, { to, asset, amount, signedTo }: Issue): void {
  const issued = (supply.find(context, asset) ?? 0n) + amount
  assert(issued <= max, `Supply of ${asset} would exceed 2^128 - 1.`)
  supply.put(context, asset, issued)
  const balance = balances.find(context, { account: to, asset }) ?? empty
  balances.put(context, { account: to, asset }, { ...balance, available: balance.available + amount })
  context.emit(transferred({ from: Address.zero, to: signedTo, asset, amount }))
}
