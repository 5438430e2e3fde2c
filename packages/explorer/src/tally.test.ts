// The tally against sums made by hand.
import { expect, test } from 'vitest'
import { sumFlows } from './flows.ts'
import { fineDollars, rescale } from './money.ts'
import { formatRate, perSecondDollars, quantile, ratesAt } from './pages/live/rates.ts'
import { formatAmount } from './money.ts'
import { ENTRIES_MAX, Tally } from './tally.ts'
import type { BlockNotice } from './tally.ts'

const dollar = { address: '0xd', symbol: 'pUSD', decimals: 6, isDollar: true }
const fineDollar = { address: '0xe', symbol: 'tUSD', decimals: 18, isDollar: true }
const START_MS = 1_700_000_000_000
const none = { entries: [], next: undefined, begin: undefined }

function block(height: number, amounts: readonly bigint[], timeMs = START_MS): BlockNotice {
  const payments = amounts.map((amount, index) => ({
    operation: `${height}/${index}`,
    payer: `payer ${index % 2}`,
    account: `payer ${index % 2}`,
    payee: 'seller',
    asset: dollar.address,
    amount,
    toll: amount / 1000n,
  }))
  return { height, timeMs, operations: payments.length, payments }
}

function tallyOf(height = 0): Tally {
  const tally = new Tally()
  tally.setAssets([dollar, fineDollar])
  tally.seed({ ...none, count: 0, amounts: [] }, height)
  return tally
}

test('a block counts once, however often the stream repeats it', () => {
  const tally = tallyOf(4)
  expect(tally.addBlock(block(4, [1n]), undefined)).toEqual([])
  expect(tally.addBlock(block(5, [10_000n, 20_000n]), 3)).toHaveLength(2)
  expect(tally.addBlock(block(5, [10_000n, 20_000n]), 3)).toEqual([])
  const view = tally.view()
  expect(view.payments).toBe(2)
  expect(view.sums).toEqual([{ asset: '0xd', amount: 30_000n, toll: 30n }])
  expect(view.height).toBe(5)
  expect(view.seconds).toHaveLength(1)
  expect(view.seconds[0]).toMatchObject({ payments: 2, refused: 0, worth: 30_000n * 10n ** 12n, latenciesMs: [3] })
})

test('another ledger replaces what was counted, and keeps refusals seen', () => {
  const tally = tallyOf()
  tally.addBlock(block(9, [1n]), undefined)
  tally.addRefusal({
    timeMs: START_MS,
    account: 'payer 0',
    payee: undefined,
    class: 'policy',
    code: undefined,
    hint: undefined,
  })
  tally.seed({ ...none, count: 0, amounts: [] }, 1)
  const view = tally.view()
  expect(view.entries.map(({ kind }) => kind)).toEqual(['refusal'])
  expect(view.height).toBe(1)
  expect(view.payments).toBe(0)
  expect(tally.addBlock(block(2, [5n]), undefined)).toHaveLength(1)
})

test('the list keeps the newest ten thousand, the sums keep all', () => {
  const tally = tallyOf()
  const amounts = Array.from({ length: 1000 }, () => 1n)
  for (let height = 1; height <= 13; height++) tally.addBlock(block(height, amounts, START_MS + height), undefined)
  const view = tally.view()
  expect(view.entries).toHaveLength(ENTRIES_MAX)
  expect(view.entries.at(-1)?.id).toBe('13/999')
  expect(view.payments).toBe(13_000)
})

test('earlier payments stand before all others and are counted nowhere, until the list is cut', () => {
  const tally = tallyOf(5)
  const [shown] = block(5, [10_000n]).payments
  if (shown === undefined) throw new Error('a block of one payment has one')
  const past = (height: number) => {
    const more = { sequence: height, height, timeMs: START_MS + height, type: 'payments/charge' }
    return { ...shown, ...more, operation: String(height), policyVersion: 0, reference: undefined }
  }
  tally.seed({ entries: [past(5), past(4)], next: 'a', begin: undefined, count: 5, amounts: [] }, 5)
  tally.addEarlier({ entries: [past(3), past(2)], next: 'b', begin: undefined })
  const view = tally.view()
  expect(view.entries.map(({ id }) => id)).toEqual(['2', '3', '4', '5'])
  expect(view).toMatchObject({ payments: 5, earlier: { next: 'b', isCut: false } })
  expect(view.seconds.reduce((sum, { payments }) => sum + payments, 0)).toBe(2)
  const amounts = Array.from({ length: ENTRIES_MAX }, () => 1n)
  tally.addBlock(block(6, amounts, START_MS + 6), undefined)
  expect(tally.view()).toMatchObject({ earlier: { next: undefined, isCut: true } })
  expect(tally.view().entries).toHaveLength(ENTRIES_MAX + 2)
})

test('rates are exact: 25 payments of a cent in ten seconds are 2.5 and $0.025 a second', () => {
  const tally = tallyOf()
  for (let i = 0; i < 25; i++) tally.addBlock(block(i + 1, [10_000n], START_MS + i * 400), undefined)
  const rates = ratesAt(tally.view().seconds, START_MS + 9_999)
  expect(formatRate(rates.paymentsInTen)).toBe('2.5')
  expect(formatAmount(rates.worth, perSecondDollars)).toBe('$0.025')
  expect(rates.refusedInMinute).toBe(0)
  expect(ratesAt(tally.view().seconds, START_MS + 60_000).paymentsInTen).toBe(0)
})

test('quantiles of nothing are nothing', () => {
  expect(quantile([], 0.5)).toBeUndefined()
  expect(quantile([5, 1, 3], 0.5)).toBe(3)
  expect(quantile([5, 1, 3], 0.95)).toBe(5)
})

test('flows add up on both sides, across assets of different decimals', () => {
  const tally = tallyOf()
  tally.addBlock(block(1, [10_000n, 20_000n, 30_000n]), undefined)
  const [first] = block(2, [0n]).payments
  if (first === undefined) throw new Error('a block of one payment has one')
  const tenCents = rescale(10n, { from: 2, to: 18 })
  tally.addBlock(
    {
      height: 2,
      timeMs: START_MS,
      operations: 1,
      payments: [{ ...first, asset: fineDollar.address, amount: tenCents }],
    },
    undefined,
  )
  const flows = sumFlows(tally.view().entries, { assets: [dollar, fineDollar], rows: 1 })
  expect(flows.payees.map(({ worth }) => formatAmount(worth, fineDollars))).toEqual(['$0.16'])
  expect(flows.payers).toMatchObject([{ address: 'payer 0', payments: 3 }])
  expect(flows.flows.map(({ payer, worth }) => [payer, formatAmount(worth, fineDollars)])).toEqual([
    ['payer 0', '$0.14'],
  ])
  expect(flows.payments).toBe(4)
})
