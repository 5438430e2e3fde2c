// policy/createAgent: every refusal in its order, contradictions of T113, and the agent.
import { expect, test } from 'vitest'
import {
  agentOp,
  ask,
  begin,
  dollar,
  dollarCap,
  documentWith,
  given,
  openAgent,
  operator,
  payOp,
  person,
  saltOf,
  signedDocument,
  testDollar,
} from '../../../testing/index.ts'
import type { Given } from '../../../testing/index.ts'
import type { Address } from '../../codec/Address.ts'
import { referenceOf } from '../../wire/receipt.ts'
import { agentAddress } from '../accounts/wire.ts'
import { assetsMax, payeesMax, type Cap, type PolicyDocument } from './document.ts'
import { createAgent } from './wire.ts'

const owner = person('owner')
const key = person('key')

function givenOwner(): Given {
  const g = given()
  g.fund(owner, 1n)
  return g
}

function fieldsOf(g: Given, document = documentWith()): { readonly [field: string]: unknown } {
  return { salt: saltOf('agent'), key: key.address, ...signedDocument(g, document) }
}

test('T11 T107 refusals in their order, then the agent', () => {
  const g = givenOwner()
  const create = (fields: { readonly [field: string]: unknown }, by = owner, proof = key): ReturnType<Given['op']> =>
    g.native(createAgent, { ...fieldsOf(g), ...fields }, by, { proofs: [proof] })
  expect(g.refused(create({}, person('nobody'))).code).toBe('accounts/unknown_account')
  const wrongHash = g.refused(create({ policy: saltOf('other'), words: 'x' }))
  expect(wrongHash.code).toBe('policy/policy_invalid')
  expect(wrongHash.values['field']).toBe('policy')
  const invalid = fieldsOf(g, documentWith({ assets: [dollar, dollar] }))
  expect(g.refused(create({ ...invalid, words: 'x' })).code).toBe('policy/policy_invalid')
  expect(g.refused(create({ words: 'Policy, words v1' })).code).toBe('policy/words_differ')
  expect(g.refused(create({}, owner, person('thief'))).code).toBe('accounts/key_unproven')
  expect(g.refused(create({ key: operator.address }, owner, operator)).code).toBe('accounts/key_not_allowed')

  const receipt = g.succeed(create({}))
  const agent = agentAddress(owner.address, saltOf('agent'))
  expect(receipt).toMatchObject({ kind: 'other', policyVersion: 1, reference: referenceOf(agent) })
  expect(receipt.events.map(({ definition, fields }) => [definition.type, fields])).toEqual([
    [
      'policy/AgentCreated',
      { agent, owner: owner.address, key: key.address, policy: signedDocument(g, documentWith()).policy },
    ],
  ])
  expect(ask(g, 'policy/policy', { account: agent })).toMatchObject({
    version: 1,
    status: 'active',
    notBefore: g.time,
    expiresAt: g.time + 2_592_000_000,
  })

  expect(g.refused(create({})).code).toBe('accounts/agent_exists')
  expect(g.refused(create({ salt: saltOf('second') })).code).toBe('accounts/key_not_allowed')
  const child = g.native(createAgent, { ...fieldsOf(g), key: person('child').address }, key, {
    account: agent,
    proofs: [person('child')],
  })
  expect(g.refused(child).code).toBe('accounts/not_yours')
})

const life = dollarCap('life', { kind: 'lifetime' }, { maxAmount: 1n })
const rolling = (windowMs: number, buckets: number): Cap =>
  dollarCap('w', { kind: 'rolling', windowMs, buckets }, { maxAmount: 1n })
const days = 86_400_000
const stranger = person('stranger').address

const bare = { id: 'life', scope: { kind: 'all' }, per: { kind: 'lifetime' }, onBreach: 'deny' } as const
const anything: Cap = { ...bare, maxAmount: 1n }
const unlimited: Cap = { ...bare, denom: { currency: 'USD' } }

/** Contradictions, each with the field it is told by. */
const contradictions: readonly (readonly [
  what: string,
  field: string,
  document: (now: number) => Partial<PolicyDocument>,
])[] = [
  ['it ends as it begins', 'expiresAt', (now) => ({ notBefore: now + 5, expiresAt: now + 5 })],
  ['it begins after thirty days, where it would end', 'expiresAt', (now) => ({ notBefore: now + 30 * days })],
  ['it lasts more than 366 days', 'expiresAt', (now) => ({ expiresAt: now + 366 * days + 1 })],
  ['an asset of another chain', 'assets', () => ({ assets: [stranger] })],
  ['an asset twice', 'assets', () => ({ assets: [dollar, dollar] })],
  ['a cap without id', 'caps.id', () => ({ caps: [{ ...life, id: '' }] })],
  ['a cap with a capital', 'caps.id', () => ({ caps: [{ ...life, id: 'Life' }] })],
  ['two caps of one id', 'caps.life', () => ({ caps: [life, life] })],
  ['a cap that limits nothing', 'caps.life', () => ({ caps: [unlimited] })],
  ['an amount of no denom', 'caps.life.denom', () => ({ caps: [anything] })],
  ['a cap on an unlisted asset', 'caps.life.denom', () => ({ caps: [{ ...life, denom: { asset: testDollar } }] })],
  [
    'a cap on a currency of no listed asset',
    'caps.life.denom',
    () => ({ caps: [{ ...life, denom: { currency: 'EUR' } }] }),
  ],
  ['a cap without assets to bind', 'caps.life.denom', () => ({ assets: [], caps: [life] })],
  [
    'a number of payments in one payment',
    'caps.p.maxCount',
    () => ({ caps: [dollarCap('p', { kind: 'payment' }, { maxAmount: 1n, maxCount: 1 })] }),
  ],
  ['no buckets', 'caps.w.per', () => ({ caps: [rolling(60_000, 0)] })],
  ['129 buckets', 'caps.w.per', () => ({ caps: [rolling(129_000, 129)] })],
  ['buckets that do not divide the window', 'caps.w.per', () => ({ caps: [rolling(60_001, 60)] })],
  ['buckets below a second', 'caps.w.per', () => ({ caps: [rolling(59_940, 60)] })],
  ['a window above 366 days', 'caps.w.per', () => ({ caps: [rolling(367 * days, 1)] })],
  ['an empty window', 'caps.w.per', () => ({ caps: [rolling(0, 1)] })],
  [
    'a payee twice',
    'payees.list',
    () => ({ payees: { mode: 'allow', list: [{ payee: stranger }, { payee: stranger }], firstSeen: 'allow' } }),
  ],
  ['a delay above 366 days', 'change.loosenDelayMs', () => ({ change: { loosenDelayMs: 366 * days + 1 } })],
  ['no lifetime of signatures', 'maxAuthLifetimeMs.native', () => ({ maxAuthLifetimeMs: { native: 0, eip3009: 1 } })],
  [
    'signatures that live longer than an hour',
    'maxAuthLifetimeMs.eip3009',
    () => ({ maxAuthLifetimeMs: { native: 1, eip3009: 3_600_001 } }),
  ],
]

test.each(contradictions)('T113 refused: %s', (_, field, fields) => {
  const g = givenOwner()
  const refused = g.refused(agentOp(g, { owner, key, document: documentWith(fields(g.time)) }))
  expect(refused.code).toBe('policy/policy_invalid')
  expect(refused.values['field']).toBe(field)
})

test('T113 the largest and the smallest document are accepted', () => {
  const g = givenOwner()
  const payees = Array.from({ length: payeesMax }, (_, i) => ({
    payee: `0x${(i + 2 ** 20).toString(16).padStart(40, '0')}` as Address,
  }))
  const caps = Array.from({ length: 16 }, (_, i): Cap => {
    const id = `${i}`.padStart(32, 'cap_-')
    const per =
      i === 0
        ? ({ kind: 'rolling', windowMs: 366 * days, buckets: 1 } as const)
        : ({ kind: 'rolling', windowMs: 128_000, buckets: 128 } as const)
    return dollarCap(id, per, { maxAmount: 2n ** 128n - 1n, maxCount: 2 ** 32 - 1 })
  })
  const largest = openAgent(g, {
    owner,
    key,
    document: {
      notBefore: g.time,
      expiresAt: g.time + 366 * days,
      assets: [dollar, testDollar],
      caps,
      payees: { mode: 'deny', list: payees, firstSeen: 'allow' },
      maxAuthLifetimeMs: { native: 3_600_000, eip3009: 3_600_000 },
      change: { loosenDelayMs: 366 * days },
    },
  })
  expect(assetsMax).toBe(16)
  g.fund(largest.address, 10n)
  g.succeed(payOp(g, largest, { to: operator.address, amount: 10n }))
  const none: PolicyDocument = {
    notBefore: g.time,
    expiresAt: g.time + 1,
    assets: [],
    caps: [],
    payees: { mode: 'allow', list: [], firstSeen: 'allow' },
    maxAuthLifetimeMs: { native: 1, eip3009: 1 },
    change: { loosenDelayMs: 0 },
  }
  const smallest = openAgent(g, { owner, key: person('second'), document: none })
  g.fund(smallest.address, 10n)
  expect(begin).toBeLessThan(g.time)
  expect(g.refused(payOp(g, smallest, { to: operator.address, amount: 1n })).code).toBe('policy/asset_not_allowed')
})

test('T05 agents of one owner have counters of their own, although they share a document', () => {
  const g = givenOwner()
  const document = documentWith({ caps: [dollarCap('life', { kind: 'lifetime' }, { maxAmount: 10n })] })
  const [a, b] = [openAgent(g, { owner, key, document }), openAgent(g, { owner, key: person('second'), document })]
  for (const agent of [a, b]) g.fund(agent.address, 100n)
  g.succeed(payOp(g, a, { to: operator.address, amount: 10n }))
  expect(g.refused(payOp(g, a, { to: operator.address, amount: 1n })).code).toBe('policy/cap_lifetime')
  g.succeed(payOp(g, b, { to: operator.address, amount: 10n }))
})
