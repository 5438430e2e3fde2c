// Amounts: base units as bigint, 0 to 2^128 - 1, and the two roundings that have a name (agent-policy 2).

/** An amount in base units of one asset, or in cap units (6 decimals) of one currency. */
export type Units = bigint

/** The largest amount: 2^128 - 1. */
export const max: Units = (1n << 128n) - 1n

/** Quotient rounded down; both operands are not negative. */
export function divFloor(a: bigint, b: bigint): bigint {
  return a / b
}

/** Quotient rounded up; both operands are not negative. */
export function divCeil(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b
}

/** Reads a strict decimal of at most 39 digits: no sign, no leading zero, no exponent. Undefined for anything else or above 2^128 - 1. */
export function parse(text: unknown): Units | undefined {
  const value = parseDecimal(text, 39)
  return value === undefined || value > max ? undefined : value
}

/** Reads a strict decimal of at most `digits` digits, whatever its size; undefined for anything else. */
export function parseDecimal(text: unknown, digits: number): bigint | undefined {
  if (typeof text !== 'string' || text.length === 0 || text.length > digits) return undefined
  if (text.length > 1 && text.charCodeAt(0) === 48) return undefined
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 48 || code > 57) return undefined
  }
  return BigInt(text)
}
