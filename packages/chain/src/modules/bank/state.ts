// What bank keeps: assets, balances and supply.
import * as codec from '../../codec/Codec.ts'
import { inline } from '../../codec/inline.ts'
import type { Infer } from '../../codec/Codec.ts'
import type { Address } from '../../codec/Address.ts'
import type { Units } from '../../codec/Units.ts'
import { records, rows } from '../../kernel/table.ts'

const asset = codec.record({
  symbol: codec.text(16),
  name: codec.text(64),
  version: codec.text(16),
  decimals: codec.u8,
  currency: codec.text(8),
})
export type AssetRecord = Infer<typeof asset>

const balanceKeyFields = { account: codec.address, asset: codec.address }
const balanceKey = inline(codec.record(balanceKeyFields), {
  write(writer, of) {
    balanceKeyFields.account.write(writer, of.account)
    balanceKeyFields.asset.write(writer, of.asset)
  },
  same: (a, b) => a.account === b.account && a.asset === b.asset,
})
const balanceFields = { available: codec.units, locked: codec.units, fraction: codec.u16 }
const balance = inline(codec.record(balanceFields), {
  write(writer, of) {
    balanceFields.available.write(writer, of.available)
    balanceFields.locked.write(writer, of.locked)
    balanceFields.fraction.write(writer, of.fraction)
  },
  read: (reader) => ({
    available: balanceFields.available.read(reader),
    locked: balanceFields.locked.read(reader),
    fraction: balanceFields.fraction.read(reader),
  }),
})
/** `fraction`: toll owed by this account in 1/10,000 of a base unit, always below one unit. */
export type Balance = Infer<typeof balance>

export const assets = records('assets', 0x0101, codec.address, asset)
export const balances = rows('balances', 0x0102, balanceKey, balance)
export const supply = rows('supply', 0x0103, codec.address, codec.units)

export const empty: Balance = { available: 0n, locked: 0n, fraction: 0 }

/** The network's share of a payment: what is taken, where it goes, and the fraction (1/10,000 unit) that the payee owes afterwards. */
export type Share = { readonly toll: Units; readonly to: Address; readonly fraction: number }
