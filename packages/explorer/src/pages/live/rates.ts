// The numbers of the live page: rates of the last seconds, points of the charts.
import type { Second } from '../../tally.ts'
import { SECONDS_MAX } from '../../tally.ts'
import { fineDollars } from '../../money.ts'
import type { Denomination } from '../../money.ts'

const RATE_SECONDS = 10
const MINUTE_SECONDS = 60

/** A tenth of `fineDollars`: what ten seconds brought, told per second without losing a digit. */
export const perSecondDollars: Denomination = { ...fineDollars, decimals: fineDollars.decimals + 1 }

/** How fast it goes now. */
export type Rates = {
  /** Payments in the last ten seconds. */
  readonly paymentsInTen: number
  /** Per second, in `perSecondDollars`. */
  readonly worth: bigint
  readonly refusedInMinute: number
}

/** Rates at a moment. */
export function ratesAt(seconds: readonly Second[], nowMs: number): Rates {
  const now = Math.floor(nowMs / 1000)
  const within = (span: number): readonly Second[] => seconds.filter(({ second }) => second > now - span)
  const ten = within(RATE_SECONDS)
  return {
    paymentsInTen: ten.reduce((sum, { payments }) => sum + payments, 0),
    worth: ten.reduce((sum, { worth }) => sum + worth, 0n),
    refusedInMinute: within(MINUTE_SECONDS).reduce((sum, { refused }) => sum + refused, 0),
  }
}

/** `12`, `2.5`: payments a second from those in ten. */
export function formatRate(paymentsInTen: number): string {
  const whole = Math.floor(paymentsInTen / RATE_SECONDS).toLocaleString('en-US')
  const tenths = paymentsInTen % RATE_SECONDS
  return tenths === 0 ? whole : `${whole}.${tenths}`
}

/** The value below which the given part of the sorted list lies. */
export function quantile(values: readonly number[], part: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
}

/** What the charts draw, one point a second, oldest first. */
export type ChartPoints = {
  readonly times: readonly number[]
  readonly payments: readonly number[]
  readonly refused: readonly number[]
  readonly middleMs: readonly (number | null)[]
  readonly slowMs: readonly (number | null)[]
}

/** The last five minutes up to the last whole second. */
export function chartPoints(seconds: readonly Second[], nowMs: number): ChartPoints {
  const end = Math.floor(nowMs / 1000)
  const bySecond = new Map(seconds.map((second) => [second.second, second]))
  const times = Array.from({ length: SECONDS_MAX }, (_, index) => end - SECONDS_MAX + index)
  const rows = times.map((time) => bySecond.get(time))
  const part = (row: Second | undefined, of: number): number | null =>
    row === undefined ? null : (quantile(row.latenciesMs, of) ?? null)
  return {
    times,
    payments: rows.map((row) => row?.payments ?? 0),
    refused: rows.map((row) => row?.refused ?? 0),
    middleMs: rows.map((row) => part(row, 0.5)),
    slowMs: rows.map((row) => part(row, 0.95)),
  }
}
