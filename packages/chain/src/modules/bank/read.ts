// What may be read of bank: assets, balances, and amounts in the units of a cap.
import type { Address } from '../../codec/Address.ts'
import { divCeil, type Units } from '../../codec/Units.ts'
import type { View } from '../../kernel/context.ts'
import { assets, balances, empty, supply, type AssetRecord, type Balance } from './state.ts'
import { bankRefusals, currencyDecimals } from './wire.ts'

/** @throws Refusal bank/unknown_asset */
export function getAsset(view: View, asset: Address): AssetRecord {
  return assets.find(view, asset) ?? bankRefusals.refuse('unknown_asset', { asset })
}

/** The asset, or undefined. */
export function findAsset(view: View, asset: Address): AssetRecord | undefined {
  return assets.find(view, asset)
}

/** What an account has of an asset; nothing if it never had any. */
export function balanceOf(view: View, account: Address, asset: Address): Balance {
  return balances.find(view, { account, asset }) ?? empty
}

/** Asset units in currency units, rounded up: towards denial, so that splitting dust never helps (agent-policy 7). */
export function toCurrencyUnits(amount: Units, decimals: number): Units {
  return decimals <= currencyDecimals
    ? amount * 10n ** BigInt(currencyDecimals - decimals)
    : divCeil(amount, 10n ** BigInt(decimals - currencyDecimals))
}

/** Base units of an asset in existence. */
export function supplyOf(view: View, asset: Address): Units {
  return supply.find(view, asset) ?? 0n
}
