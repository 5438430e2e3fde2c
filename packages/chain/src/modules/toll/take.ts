// How much of a payment is toll. It moves nothing: policy moves the whole payment at once.
import type { Address } from '../../codec/Address.ts'
import { divFloor, type Units } from '../../codec/Units.ts'
import type { View } from '../../kernel/context.ts'
import { param } from '../../kernel/params.ts'
import { balanceOf, type Share } from '../bank/index.ts'
import { tollBasisPoints, tollMax } from './params.ts'
import { collector } from './state.ts'

type Payment = { readonly payee: Address; readonly asset: Address; readonly amount: Units }

/** The network's share of what a payee receives; nothing when the rate is 0 or the payee collects the tolls itself. `payee` is resolved. */
export function share(view: View, { payee, asset, amount }: Payment): Share | undefined {
  const rate = param(view, tollBasisPoints)
  const to = collector.get(view, 0)
  if (rate === 0 || payee === to) return undefined
  const { fraction } = balanceOf(view, payee, asset)
  const owed = amount * BigInt(rate) + BigInt(fraction)
  const whole = divFloor(owed, 10_000n)
  const most = param(view, tollMax)
  if (most !== undefined && whole > most) return { toll: most, to, fraction }
  return { toll: whole, to, fraction: Number(owed - whole * 10_000n) }
}
