// Amounts as people and programs write them: bigint base units, or an explicit usd('1.00'). A bare number is never money (T105).
import { Units } from '@turnpike/chain/wire'
import type { Asset } from './chain.ts'
import { ownError } from './errors.ts'

/** An amount of dollars, whatever asset it will be paid in. Made by `usd`. */
export type Dollars = { readonly currency: 'USD'; readonly text: string }

/** Base units of the asset as bigint, or dollars. */
export type Amount = bigint | Dollars

const plainDecimal = /^(0|[1-9][0-9]{0,38})(\.[0-9]{1,18})?$/

/**
 * Dollars from a plain decimal: no sign, exponent, separator or leading zero.
 *
 * @throws LedgerError `sdk/amount_invalid`
 */
export function usd(text: string): Dollars {
  if (!plainDecimal.test(text)) throw ownError('amount_invalid', `"${text}" is no amount of dollars.`)
  return { currency: 'USD', text }
}

/** A plain decimal in units of 10^-decimals, or undefined when it does not come out even. */
function scale(text: string, decimals: number): bigint | undefined {
  const [whole = '0', fraction = ''] = text.split('.')
  const kept = fraction.slice(0, decimals)
  if (/[1-9]/.test(fraction.slice(decimals))) return undefined
  return BigInt(whole + kept.padEnd(decimals, '0'))
}

/**
 * An amount in base units of an asset, exactly.
 *
 * @throws LedgerError `sdk/amount_invalid` when it does not come out even, is out of range, or dollars are asked of an asset of another currency
 */
export function unitsOf(amount: Amount, asset: Asset): bigint {
  const isUnits = typeof amount === 'bigint'
  // Programs without types hand in texts and numbers, which could mean either.
  if (!isUnits && (typeof amount !== 'object' || amount === null || typeof amount.text !== 'string'))
    throw ownError('amount_invalid', `${JSON.stringify(amount) ?? 'Nothing'} is neither base units nor dollars.`)
  if (!isUnits && asset.currency !== undefined && asset.currency !== amount.currency) {
    throw ownError('amount_invalid', `${asset.symbol} is no asset in ${amount.currency}.`)
  }
  const value = isUnits ? amount : scale(amount.text, asset.decimals)
  if (value === undefined || value < 0n || value > Units.max) {
    const shown = isUnits ? `${amount} base units` : `${amount.text} ${amount.currency}`
    throw ownError('amount_invalid', `${shown} is no amount of ${asset.symbol}, which has ${asset.decimals} decimals.`)
  }
  return value
}

/** Dollars in cap units (10^-6), the denomination of a policy's caps. @throws LedgerError `sdk/amount_invalid` */
export function capUnitsOf(dollars: Dollars): bigint {
  const value = scale(dollars.text, 6)
  if (value === undefined || value > Units.max) {
    throw ownError('amount_invalid', `${dollars.text} dollars are no amount in millionths of a dollar.`)
  }
  return value
}

/** A plain decimal for people: at least `minDecimals` places, further ones only where they say something. */
export function formatUnits(value: bigint, decimals: number, minDecimals = 2): string {
  const digits = value.toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits
    .slice(digits.length - decimals)
    .replace(/0+$/, '')
    .padEnd(Math.min(minDecimals, decimals), '0')
  return fraction === '' ? whole : `${whole}.${fraction}`
}
