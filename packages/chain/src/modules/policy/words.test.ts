// Plain words: the same policy has the same words, another one has others, and the longest still fit into the message.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { begin, dollar, dollarCap, documentWith, person, testDollar } from '../../../testing/index.ts'
import * as Text from '../../codec/Text.ts'
import type { Address } from '../../codec/Address.ts'
import { assetsMax, capsMax, payeesMax, type AssetFacts, type Cap, type PolicyDocument } from './document.ts'
import { formatAmount, formatDuration, formatTime, renderWords } from './words.ts'
import { wordsBytesMax } from './wire.ts'

const find = (asset: Address): AssetFacts | undefined =>
  asset === dollar
    ? { symbol: 'pUSD', decimals: 6, currency: 'USD' }
    : asset === testDollar
      ? { symbol: 'tUSD', decimals: 18, currency: 'USD' }
      : undefined

test('the default policy', () => {
  expect(renderWords(documentWith(), find)).toMatchInlineSnapshot(`
    "Policy, words v1
    It may pay from its creation until 30 days after its creation.
    It may pay with: pUSD (0x7474747474747474747474747474747474747401).
    Cap payment: at most 0.10 USD in one payment.
    Cap hour: at most 1.00 USD in any 1 hour, counted in 60 steps.
    Cap day: at most 5.00 USD in any 1 day, counted in 96 steps.
    Cap life: at most 50.00 USD in all.
    It may pay anybody.
    A signature may be valid for 1 minute, one for a token for 10 minutes.
    Its owner can loosen this at once."
  `)
})

test('a policy of every kind', () => {
  const document = documentWith({
    notBefore: begin,
    expiresAt: begin + 86_400_001,
    assets: [dollar, testDollar],
    caps: [
      dollarCap('both', { kind: 'rolling', windowMs: 5_400_000, buckets: 90 }, { maxAmount: 1_234_567n, maxCount: 1 }),
      { ...dollarCap('test', { kind: 'lifetime' }, { maxAmount: 10n ** 18n }), denom: { asset: testDollar } },
      {
        id: 'rate',
        scope: { kind: 'all' },
        per: { kind: 'rolling', windowMs: 60_000, buckets: 12 },
        maxCount: 60,
        onBreach: 'deny',
      },
      dollarCap('dollars', { kind: 'lifetime' }, { maxCount: 7 }),
    ],
    payees: { mode: 'allow', list: [{ payee: person('seller').address }], firstSeen: 'allow' },
    maxAuthLifetimeMs: { native: 1_500, eip3009: 3_600_000 },
    change: { loosenDelayMs: 600_000 },
  })
  expect(renderWords(document, find)).toMatchInlineSnapshot(`
    "Policy, words v1
    It may pay from 2027-01-15 08:00:00 UTC until 2027-01-16 08:00:00.001 UTC.
    It may pay with: pUSD (0x7474747474747474747474747474747474747401), tUSD (0x7474747474747474747474747474747474747402).
    Cap both: at most 1.234567 USD and 1 payment in any 90 minutes, counted in 90 steps.
    Cap test: at most 1.00 tUSD in all.
    Cap rate: at most 60 payments in any 1 minute, counted in 12 steps.
    Cap dollars: at most 7 payments of USD in all.
    It may pay only: 0xbe1cdefd7b1ee8bf558d33d62f17f6cddb1b30e6.
    A signature may be valid for 1500 ms, one for a token for 1 hour.
    Its owner can loosen this 10 minutes after saying so."
  `)
})

test('amounts, durations and times', () => {
  expect(['0', '1', '100000', '25000000', '1234567'].map((amount) => formatAmount(BigInt(amount), 6))).toEqual([
    '0.00',
    '0.000001',
    '0.10',
    '25.00',
    '1.234567',
  ])
  expect(formatAmount(5n, 0)).toBe('5')
  expect(formatAmount(5n, 1)).toBe('0.5')
  expect([0, 1, 1_000, 90_000, 3_600_000, 86_400_000, 2_592_000_000].map(formatDuration)).toEqual([
    '0 ms',
    '1 ms',
    '1 second',
    '90 seconds',
    '1 hour',
    '1 day',
    '30 days',
  ])
})

test('times are those of the calendar', () => {
  fc.assert(
    fc.property(fc.nat(253_402_300_799_999), (time) => {
      const [date, clock] = new Date(time).toISOString().split('T') as [string, string]
      const rest = time % 1_000 === 0 ? clock.slice(0, 8) : clock.slice(0, 12)
      expect(formatTime(time)).toBe(`${date} ${rest} UTC`)
    }),
  )
})

test('the longest document has words that fit', () => {
  const cap = (i: number): Cap =>
    dollarCap(
      `${i}`.padStart(32, 'x'),
      { kind: 'rolling', windowMs: 31_622_399_999, buckets: 127 },
      { maxAmount: 2n ** 128n - 1n, maxCount: 2 ** 32 - 1 },
    )
  const address = (i: number): Address => `0x${(i + 2 ** 20).toString(16).padStart(40, '0')}` as Address
  const document: PolicyDocument = {
    notBefore: 2 ** 48 - 1,
    expiresAt: 2 ** 48 - 1,
    assets: Array.from({ length: assetsMax }, (_, i) => address(i)),
    caps: Array.from({ length: capsMax }, (_, i) => ({ ...cap(i), denom: { asset: address(i) } })),
    payees: {
      mode: 'deny',
      list: Array.from({ length: payeesMax }, (_, i) => ({ payee: address(i) })),
      firstSeen: 'allow',
    },
    maxAuthLifetimeMs: { native: 3_599_999, eip3009: 3_599_999 },
    change: { loosenDelayMs: 31_622_399_999 },
  }
  const words = renderWords(document, () => ({ symbol: 'ABCDEFGHIJKLMNOP', decimals: 36, currency: 'ABCDEFGH' }))
  expect(Text.toBytes(words).length).toBeLessThanOrEqual(wordsBytesMax)
})

const edit = (document: PolicyDocument, change: Partial<PolicyDocument>): PolicyDocument => ({ ...document, ...change })

test('no field of a policy is left out: a change of any of them changes the words', () => {
  const base = documentWith({
    notBefore: begin,
    expiresAt: begin + 1_000_000,
    payees: { mode: 'deny', list: [{ payee: dollar }], firstSeen: 'allow' },
  })
  const [first] = base.caps
  const hour = base.caps[1]!
  const others: readonly PolicyDocument[] = [
    edit(base, { notBefore: begin + 1 }),
    edit(base, { expiresAt: begin + 1_000_001 }),
    edit(base, { assets: [testDollar] }),
    edit(base, { assets: [] }),
    edit(base, { caps: [] }),
    edit(base, { caps: base.caps.slice(1) }),
    edit(base, { caps: [{ ...first!, id: 'other' }, ...base.caps.slice(1)] }),
    edit(base, { caps: [{ ...first!, maxAmount: 100_001n }, ...base.caps.slice(1)] }),
    edit(base, { caps: [{ ...first!, denom: { currency: 'EUR' } }, ...base.caps.slice(1)] }),
    edit(base, { caps: [{ ...first!, denom: { asset: dollar } }, ...base.caps.slice(1)] }),
    edit(base, { caps: [{ ...first!, per: { kind: 'lifetime' } }, ...base.caps.slice(1)] }),
    edit(base, { caps: [{ ...hour, maxCount: 1 }] }),
    edit(base, { caps: [{ ...hour, maxCount: 2 }] }),
    edit(base, { caps: [{ ...hour, per: { kind: 'rolling', windowMs: 3_600_000, buckets: 30 } }] }),
    edit(base, { caps: [{ ...hour, per: { kind: 'rolling', windowMs: 3_601_000, buckets: 60 } }] }),
    edit(base, { payees: { ...base.payees, mode: 'allow' } }),
    edit(base, { payees: { ...base.payees, list: [] } }),
    edit(base, { payees: { mode: 'allow', list: [], firstSeen: 'allow' } }),
    edit(base, { maxAuthLifetimeMs: { native: 60_001, eip3009: 600_000 } }),
    edit(base, { maxAuthLifetimeMs: { native: 60_000, eip3009: 600_001 } }),
    edit(base, { change: { loosenDelayMs: 1 } }),
  ]
  const words = [base, ...others].map((document) => renderWords(document, find))
  expect(new Set(words).size).toBe(words.length)
})
