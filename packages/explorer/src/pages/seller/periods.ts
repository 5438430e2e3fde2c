// Revenue by hour and by day, made ready for a chart: no gaps, all dollar assets together.
import type { Denomination } from '../../money.ts'
import { capDollars, rescale } from '../../money.ts'
import type { Period } from '../../questions.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Which periods are looked at. */
export type Grain = 'hours' | 'days'

/** One period over all dollar assets, in cap units (millionths of a dollar). */
export type DollarPeriod = {
  readonly startMs: number
  readonly revenue: bigint
  readonly toll: bigint
  readonly payments: number
}

const lengthOf: Readonly<Record<Grain, { readonly stepMs: number; readonly count: number }>> = {
  hours: { stepMs: HOUR_MS, count: 48 },
  days: { stepMs: DAY_MS, count: 30 },
}

/** Every period up to now, oldest first; those without a payment are zero. */
export function dollarPeriods(
  periods: readonly Period[],
  of: { readonly grain: Grain; readonly nowMs: number; readonly denominationOf: (asset: string) => Denomination },
): readonly DollarPeriod[] {
  const { stepMs, count } = lengthOf[of.grain]
  const first = (Math.floor(of.nowMs / stepMs) - count + 1) * stepMs
  const filled = Array.from({ length: count }, (_, index) => ({
    startMs: first + index * stepMs,
    revenue: 0n,
    toll: 0n,
    payments: 0,
  }))
  for (const period of periods) {
    const row = filled[Math.floor((period.startMs - first) / stepMs)]
    const { decimals, isDollar } = of.denominationOf(period.asset)
    if (row === undefined || !isDollar) continue
    row.revenue += rescale(period.amount, { from: decimals, to: capDollars.decimals })
    row.toll += rescale(period.toll, { from: decimals, to: capDollars.decimals })
    row.payments += period.payments
  }
  return filled
}
