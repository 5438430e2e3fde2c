// Exact money: base units as bigint in, text out. No amount ever passes through a float.

/** What an amount is counted in: an asset, or the currency of a cap. */
export type Denomination = {
  readonly symbol: string
  readonly decimals: number
  /** Whether one whole unit is one dollar, so that amounts are shown with a dollar sign. */
  readonly isDollar: boolean
}

/** An amount cut at its decimal point, so that columns can align there. */
export type AmountText = { readonly whole: string; readonly fraction: string; readonly unit: string }

/** Cap units: US dollars with six decimals. */
export const capDollars: Denomination = { symbol: 'USD', decimals: 6, isDollar: true }

/** The finest common measure of every dollar asset, for exact sums across assets. */
export const fineDollars: Denomination = { symbol: 'USD', decimals: 18, isDollar: true }

const CENT_DIGITS = 2

/** Base units, cut into the text before and after the point; as many digits as the amount needs and no more. */
export function splitAmount(units: bigint, denomination: Denomination): AmountText {
  const sign = units < 0n ? '\u2212' : ''
  const digits = (units < 0n ? -units : units).toString().padStart(denomination.decimals + 1, '0')
  const point = digits.length - denomination.decimals
  const needed = digits.slice(point).replace(/0+$/, '')
  const fraction = denomination.isDollar ? needed.padEnd(Math.min(CENT_DIGITS, denomination.decimals), '0') : needed
  const whole = digits.slice(0, point).replace(/\B(?=(\d{3})+$)/g, ',')
  const unit = denomination.isDollar ? '' : ` ${denomination.symbol}`
  return { whole: `${sign}${denomination.isDollar ? '$' : ''}${whole}`, fraction: fraction && `.${fraction}`, unit }
}

/** Base units as one text: `$0.01`, `1,234.5 XYZ`. */
export function formatAmount(units: bigint, denomination: Denomination): string {
  const { whole, fraction, unit } = splitAmount(units, denomination)
  return `${whole}${fraction}${unit}`
}

const spelledDollars = /(?<![\d.])(\d+(?:\.\d+)?) USD\b/g

/** The ledger's words with dollars as these pages write them: `0.25 USD` is `$0.25`. */
export function withDollarSigns(words: string): string {
  return words.replace(spelledDollars, (_, amount: string) => `$${amount}`)
}

/** The same value in another number of decimals. Exact when it gains digits; rounds down when it loses some. */
export function rescale(units: bigint, decimals: { readonly from: number; readonly to: number }): bigint {
  return decimals.to >= decimals.from
    ? units * 10n ** BigInt(decimals.to - decimals.from)
    : units / 10n ** BigInt(decimals.from - decimals.to)
}

/** What part of the whole it is, in thousandths from 0 to 1,000; for the length of a bar and nothing else. */
export function thousandths(part: bigint, whole: bigint): number {
  if (whole <= 0n || part <= 0n) return 0
  return part >= whole ? 1000 : Number((part * 1000n) / whole)
}
