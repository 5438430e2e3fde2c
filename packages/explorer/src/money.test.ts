// Amounts as people read them, against hand-written texts.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { capDollars, fineDollars, formatAmount, rescale, splitAmount, thousandths, withDollarSigns } from './money.ts'

test('dollars show cents and then only the digits they need', () => {
  const rows: readonly (readonly [bigint, string])[] = [
    [0n, '$0.00'],
    [1n, '$0.000001'],
    [10_000n, '$0.01'],
    [12_500n, '$0.0125'],
    [1_000_000n, '$1.00'],
    [1_234_567_890_000n, '$1,234,567.89'],
    [-10_000n, '\u2212$0.01'],
  ]
  for (const [units, text] of rows) expect(formatAmount(units, capDollars)).toBe(text)
  expect(formatAmount(1n, fineDollars)).toBe('$0.000000000000000001')
  expect(formatAmount(2n ** 128n - 1n, capDollars)).toBe('$340,282,366,920,938,463,463,374,607,431,768.211455')
})

test('an asset that is no dollar is named and shows no idle digits', () => {
  const credit = { symbol: 'XYZ', decimals: 3, isDollar: false }
  expect(formatAmount(1500n, credit)).toBe('1.5 XYZ')
  expect(formatAmount(2000n, credit)).toBe('2 XYZ')
  expect(formatAmount(7n, { ...credit, decimals: 0 })).toBe('7 XYZ')
})

test('no digit of an amount is lost or made up', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 128n - 1n), fc.integer({ min: 2, max: 18 }), (units, decimals) => {
      const { whole, fraction } = splitAmount(units, { symbol: 'USD', decimals, isDollar: true })
      const digits = whole.replace(/[$,]/g, '') + fraction.slice(1).padEnd(decimals, '0')
      expect(BigInt(digits)).toBe(units)
    }),
  )
})

test('scaling up and down again gives the amount back; scaling down rounds down', () => {
  expect(rescale(rescale(123n, { from: 6, to: 18 }), { from: 18, to: 6 })).toBe(123n)
  expect(rescale(1_999_999_999_999n, { from: 18, to: 6 })).toBe(1n)
})

test('a bar is full exactly when all is used', () => {
  expect(thousandths(0n, 250_000n)).toBe(0)
  expect(thousandths(249_999n, 250_000n)).toBe(999)
  expect(thousandths(250_000n, 250_000n)).toBe(1000)
  expect(thousandths(300_000n, 250_000n)).toBe(1000)
  expect(thousandths(1n, 0n)).toBe(0)
})

test('the ledger spells dollars, the pages sign them', () => {
  expect(withDollarSigns('It can lose 1,000 XYZ, 0.25 USD today, 12 USDX and 3 USD.')).toBe(
    'It can lose 1,000 XYZ, $0.25 today, 12 USDX and $3.',
  )
})
