// The document: its bytes and JSON, its defaults, and the fields that this version refuses by name.
import { expect, test } from 'vitest'
import { begin, dollar, dollarCap, documentWith, person, testDollar } from '../../../testing/index.ts'
import { decode, encode } from '../../codec/Codec.ts'
import { Malformed } from '../../codec/Cursor.ts'
import { Refusal } from '../../wire/refusal.ts'
import { documentCodec, hashDocument, termOf, warningsOf, type AssetFacts, type PolicyDocument } from './document.ts'
import { createAgent, InvalidPolicy, parsePolicy } from './wire.ts'

const facts = (symbol: string, decimals: number): AssetFacts => ({ symbol, decimals, currency: 'USD' })
const find = (asset: typeof dollar): AssetFacts | undefined =>
  asset === dollar ? facts('pUSD', 6) : asset === testDollar ? facts('tUSD', 18) : undefined

const whole: PolicyDocument = {
  notBefore: begin,
  expiresAt: begin + 1_000,
  assets: [dollar, testDollar],
  caps: [
    dollarCap('payment', { kind: 'payment' }, { maxAmount: 5n }),
    {
      ...dollarCap(
        'hour',
        { kind: 'rolling', windowMs: 3_600_000, buckets: 60 },
        { maxAmount: 2n ** 128n - 1n, maxCount: 4_294_967_295 },
      ),
      denom: { asset: testDollar },
    },
    { id: 'rate', scope: { kind: 'all' }, per: { kind: 'lifetime' }, maxCount: 3, onBreach: 'deny' },
  ],
  payees: { mode: 'allow', list: [{ payee: person('seller').address }], firstSeen: 'allow' },
  maxAuthLifetimeMs: { native: 1, eip3009: 3_600_000 },
  change: { loosenDelayMs: 7 },
}

test.each([
  ['whole', whole],
  ['default', documentWith()],
])('bytes and JSON of the %s document stand for it alone', (_, document) => {
  const bytes = encode(documentCodec, document)
  expect(decode(documentCodec, bytes)).toEqual(document)
  const json: unknown = JSON.parse(JSON.stringify(documentCodec.toJson(document)))
  expect(documentCodec.fromJson(json, '')).toEqual(document)
  expect(parsePolicy(json, dollar)).toEqual(document)
  for (let length = 0; length < bytes.length; length++)
    expect(() => decode(documentCodec, bytes.subarray(0, length))).toThrow(Malformed)
  expect(() => decode(documentCodec, Uint8Array.from([...bytes, 0]))).toThrow(Malformed)
})

test('absent fields are the defaults of shapes 6', () => {
  const { caps, ...rest } = documentCodec.toJson(parsePolicy({}, dollar)) as { readonly caps: unknown }
  expect(rest).toEqual({
    assets: [dollar],
    payees: { mode: 'deny', list: [], firstSeen: 'allow' },
    maxAuthLifetimeMs: { native: 60_000, eip3009: 600_000 },
    change: { loosenDelayMs: 0 },
  })
  const inDollars = { scope: { kind: 'all' }, denom: { currency: 'USD' }, onBreach: 'deny' }
  expect(caps).toEqual([
    { id: 'payment', ...inDollars, per: { kind: 'payment' }, maxAmount: '100000' },
    { id: 'hour', ...inDollars, per: { kind: 'rolling', windowMs: 3_600_000, buckets: 60 }, maxAmount: '1000000' },
    { id: 'day', ...inDollars, per: { kind: 'rolling', windowMs: 86_400_000, buckets: 96 }, maxAmount: '5000000' },
    { id: 'life', ...inDollars, per: { kind: 'lifetime' }, maxAmount: '50000000' },
  ])
  expect(termOf(parsePolicy({}, dollar), begin)).toEqual({ notBefore: begin, expiresAt: begin + 2_592_000_000 })
  expect(parsePolicy({ caps: [], change: { loosenDelayMs: 5 } }, dollar)).toEqual({
    ...documentWith({ caps: [] }),
    change: { loosenDelayMs: 5 },
  })
})

const cap = {
  id: 'x',
  scope: { kind: 'all' },
  denom: { currency: 'USD' },
  per: { kind: 'lifetime' },
  maxAmount: '1',
  onBreach: 'deny',
}
const payees = { mode: 'deny', list: [], firstSeen: 'allow' }

/** What the complete policy will know and this version must not ignore, and values that no version takes. */
const refusedFields: readonly (readonly [field: string, json: object])[] = [
  ...[
    'idleExpiryMs',
    'schedule',
    'keys',
    'origins',
    'methods',
    'channels',
    'approvals',
    'delegation',
    'reserveFloor',
    'shadow',
    'funding',
    'status',
    'version',
    'parent',
    'account',
    'Caps',
  ].map((field) => [field, { [field]: 1 }] as const),
  ['caps[0].warnAt', { caps: [{ ...cap, warnAt: [80] }] }],
  ['caps[0].maxDistinctPayees', { caps: [{ ...cap, maxDistinctPayees: 3 }] }],
  ['caps[0].scope.kind', { caps: [{ ...cap, scope: { kind: 'payee', payee: 'each' } }] }],
  ['caps[0].scope', { caps: [{ ...cap, scope: undefined }] }],
  ['caps[0].per.kind', { caps: [{ ...cap, per: { kind: 'calendar', unit: 'day' } }] }],
  ['caps[0].per.refill', { caps: [{ ...cap, per: { kind: 'lifetime', refill: '1' } }] }],
  ['caps[0].per.windowMs', { caps: [{ ...cap, per: { kind: 'rolling', windowMs: 1.5, buckets: 1 } }] }],
  ['caps[0].onBreach', { caps: [{ ...cap, onBreach: 'freeze' }] }],
  ['caps[0].maxAmount', { caps: [{ ...cap, maxAmount: 1 }] }],
  ['caps[0].maxAmount', { caps: [{ ...cap, maxAmount: '01' }] }],
  ['caps[0].maxAmount', { caps: [{ ...cap, maxAmount: (2n ** 128n).toString() }] }],
  ['caps[0].maxCount', { caps: [{ ...cap, maxCount: 4_294_967_296 }] }],
  ['caps[0].denom.currency', { caps: [{ ...cap, denom: {} }] }],
  ['caps[0].denom.currency', { caps: [{ ...cap, denom: { asset: dollar, currency: 'USD' } }] }],
  ['caps[0].id', { caps: [{ ...cap, id: 'x'.repeat(33) }] }],
  ['caps', { caps: Array.from({ length: 17 }, () => cap) }],
  ['assets', { assets: Array.from({ length: 17 }, () => dollar) }],
  ['assets[0]', { assets: ['dollar'] }],
  ['payees.list', { payees: { ...payees, list: Array.from({ length: 257 }, () => ({ payee: dollar })) } }],
  ['payees.list[0].payee', { payees: { ...payees, list: [{ origin: dollar }] } }],
  ['payees.firstSeen', { payees: { ...payees, firstSeen: 'approve' } }],
  ['payees.mode', { payees: { list: [] } }],
  ['maxAuthLifetimeMs.eip3009', { maxAuthLifetimeMs: { native: 1 } }],
  ['change.loosenBy', { change: { loosenDelayMs: 1, loosenBy: { keys: [], threshold: 1 } } }],
  ['notBefore', { notBefore: -1 }],
]

const zero = `0x${'0'.repeat(64)}`
const fields = { account: dollar, salt: zero, key: dollar, policy: zero, words: '', nonce: zero, validBefore: 1 }

/** What is thrown, whatever it is. */
function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

test.each(refusedFields)('policy/policy_invalid names %s', (field, json) => {
  const fromFile = thrownBy(() => parsePolicy(json, dollar))
  expect(fromFile).toBeInstanceOf(Refusal)
  expect(fromFile).toMatchObject({ code: 'policy/policy_invalid', values: { field } })
  const document = { ...(documentCodec.toJson(documentWith()) as object), ...json }
  const inMessage = thrownBy(() => createAgent.codec.fromJson({ ...fields, document }, ''))
  expect(inMessage).toBeInstanceOf(Malformed)
  expect(inMessage).toBeInstanceOf(InvalidPolicy)
  expect(inMessage).toMatchObject({
    path: `document.${field}`,
    refusal: { code: 'policy/policy_invalid', values: { field: `document.${field}` } },
  })
})

test.each([[null], [[]], ['policy'], [1]])('%j is no policy', (json) => {
  expect(() => parsePolicy(json, dollar)).toThrow('policy must be an object')
})

test('the hash is that of the canonical bytes', () => {
  expect(hashDocument(documentWith())).toMatchInlineSnapshot(
    `"0x07ffd11ea51eb2156abc4f822f4c5aae0c8f45e3f24657a847753814dde63286"`,
  )
  expect(hashDocument(whole)).toMatchInlineSnapshot(
    `"0x6121b4bd3868f311aa7425e86e3ad62cbcc640cd70ffb386b564277539e4b26d"`,
  )
})

test('T113 warnings tell what looks strict and is not', () => {
  expect(warningsOf(documentWith(), find)).toEqual([])
  expect(
    warningsOf(documentWith({ caps: [dollarCap('payment', { kind: 'payment' }, { maxAmount: 5n })] }), find),
  ).toEqual([`Nothing limits how much pUSD (${dollar}) is spent over time.`])
  const short = { notBefore: begin, expiresAt: begin + 3_599_999 }
  expect(warningsOf(documentWith({ ...short, caps: [whole.caps[1]!], assets: [testDollar] }), find)).toEqual([
    'Cap hour looks back further than the policy lasts, so it never resets.',
  ])
})
