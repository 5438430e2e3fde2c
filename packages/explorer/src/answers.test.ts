// Answers of the node: read whole, or refused with a code; never half understood.
import { expect, test } from 'vitest'
import { agentState } from './agentState.ts'
import { denominationOf } from './chainInfo.ts'
import { LedgerError, toLedgerError } from './LedgerError.ts'
import { formatDuration } from './moment.ts'
import { dollarPeriods } from './pages/seller/periods.ts'
import { accountPayments } from './questions.ts'
import { spellBytes, spellJson } from './receipt.ts'
import { spanOf } from './rowWindow.ts'

const asset = '0x7474747474747474747474747474747474747401'

test('amounts are strict decimals', () => {
  const payment = { operation: '0x1', sequence: 1, height: 1, time: 1, payer: 'a', payee: 'b', asset }
  const read = (amount: unknown): unknown => accountPayments.read({ payments: [{ ...payment, amount }] })
  expect(read('10000')).toMatchObject({ entries: [{ amount: 10_000n, toll: 0n, account: 'a' }] })
  for (const amount of ['01', '-1', '1e3', '0x10', '1.5', '', 1.5, -1, null])
    expect(() => read(amount)).toThrow(LedgerError)
})

test('a cap keeps what it counts: money, or payments', () => {
  const cap = {
    id: 'life',
    denom: { currency: 'USD' },
    per: { kind: 'lifetime' },
    used: '5',
    held: '0',
    remaining: '5',
  }
  const state = { account: 'a', owner: 'o', version: 1, status: 'active', words: 'w', sentence: 's' }
  const read = (fields: object): unknown =>
    agentState.read({ ...state, worstToday: '0', worstNow: '0', caps: [{ ...cap, ...fields }] }).caps[0]
  expect(read({ maxAmount: '10' })).toMatchObject({ counts: 'money', max: 10n, remaining: 5n, kind: 'lifetime' })
  expect(read({ maxCount: 10, usedCount: 3, remainingCount: 6 })).toMatchObject({
    counts: 'payments',
    held: 1n,
    max: 10n,
  })
  expect(read({})).toBeUndefined()
  expect(() => read({ maxCount: 10 })).toThrow(LedgerError)
})

test('an unknown asset is counted in its base units, by its address', () => {
  expect(denominationOf([], asset)).toEqual({ symbol: 'units of 0x747474\u2026', decimals: 0, isDollar: false })
})

test('whatever is thrown becomes an error with a hint', () => {
  expect(toLedgerError(new TypeError('fetch failed'))).toMatchObject({ code: 'page/unreachable', retry: 'later' })
})

test('T144 raw JSON spells out what hides or reorders', () => {
  expect(spellJson({ memo: '\u202e<script>' })).toBe('{\n  "memo": "\\u{202e}<script>"\n}')
  expect(spellBytes(`0x${'ab'.repeat(17)}`)).toEqual([`000  ${'ab '.repeat(16).trim()}`, '016  ab'])
})

test('hours without a payment are there and zero, and the sums are whole', () => {
  const hour = 3_600_000
  const nowMs = 1000 * hour + 5
  const period = (startMs: number) => ({ startMs, asset, amount: 10_000n, toll: 10n, payments: 1 })
  const periods = dollarPeriods([period(1000 * hour), period(953 * hour), period(952 * hour)], {
    grain: 'hours',
    nowMs,
    denominationOf: () => ({ symbol: 'pUSD', decimals: 6, isDollar: true }),
  })
  expect(periods).toHaveLength(48)
  expect(periods.reduce((sum, { revenue }) => sum + revenue, 0n)).toBe(20_000n)
  expect(periods.at(-1)).toEqual({ startMs: 1000 * hour, revenue: 10_000n, toll: 10n, payments: 1 })
})

test('only rows in sight exist', () => {
  const at = (top: number, count = 10_000) => spanOf({ top, viewHeight: 900, rowHeight: 36, count })
  expect(at(400)).toEqual({ start: 0, end: 20 })
  expect(at(-36_000)).toEqual({ start: 994, end: 1031 })
  expect(at(-999_999)).toEqual({ start: 10_000, end: 10_000 })
  expect(at(400, 3)).toEqual({ start: 0, end: 3 })
})

test('durations have one measure or two', () => {
  const texts = [0, 44_600, 60_000, 5_400_000, 7_200_000, 200_000_000].map(formatDuration)
  expect(texts).toEqual(['0 s', '45 s', '1 min', '1 h 30 min', '2 h', '2 days'])
})
