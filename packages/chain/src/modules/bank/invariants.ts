// What must always hold of balances and supply.
import type { Address } from '../../codec/Address.ts'
import type { View } from '../../kernel/context.ts'
import { assets, balances, supply } from './state.ts'

/** For each asset the balances of all accounts add up to its supply. */
export function supplyIsSumOfBalances(view: View): string | undefined {
  const sums = new Map<Address, bigint>()
  for (const [{ asset }, { available, locked }] of balances.entries(view))
    sums.set(asset, (sums.get(asset) ?? 0n) + available + locked)
  for (const [asset, issued] of supply.entries(view)) {
    const sum = sums.get(asset) ?? 0n
    if (sum !== issued) return `balances of ${asset} add up to ${sum}, supply is ${issued}`
    sums.delete(asset)
  }
  for (const [asset, sum] of sums) if (sum !== 0n) return `${asset} has balances of ${sum} and no supply`
  return undefined
}

/** Nobody owes a whole unit of toll. */
export function fractionsAreBelowOne(view: View): string | undefined {
  for (const [{ account }, { fraction }] of balances.entries(view))
    if (fraction >= 10_000) return `${account} carries a fraction of ${fraction}`
  return undefined
}

/** Balances and supply are of assets that the chain has. */
export function assetsAreKnown(view: View): string | undefined {
  for (const [asset] of supply.entries(view))
    if (assets.find(view, asset) === undefined) return `${asset} has a supply and is no asset`
  for (const [{ account, asset }] of balances.entries(view))
    if (assets.find(view, asset) === undefined) return `${account} has a balance of ${asset}, which is no asset`
  return undefined
}
