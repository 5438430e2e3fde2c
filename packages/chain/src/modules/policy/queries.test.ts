// What owners and agents are told: the policy, the state of each limit, the worst loss, and what a payment would come to.
import { expect, test } from 'vitest'
import {
  ask,
  begin,
  dollar,
  dollarCap,
  documentWith,
  freshNonce,
  given,
  openAgent,
  operator,
  payOp,
  person,
  signedDocument,
  testDollar,
} from '../../../testing/index.ts'
import type { Agent, Given } from '../../../testing/index.ts'
import { parseQuestion } from '../../kernel/app.ts'
import { Refusal } from '../../wire/refusal.ts'
import * as payments from '../payments/wire.ts'
import type { PolicyDocument } from './document.ts'
import { freeze, proposePolicy } from './wire.ts'

const owner = person('owner')
const key = person('key')
const seller = person('seller').address

function givenAgent(
  document: PolicyDocument = documentWith(),
  funds = 100_000_000n,
): { readonly g: Given; readonly agent: Agent } {
  const g = given()
  g.fund(owner, 1n)
  const agent = openAgent(g, { owner, key, document })
  if (funds > 0n) g.fund(agent.address, funds)
  return { g, agent }
}

const overview = (g: Given, agent: Agent): ReturnType<typeof ask> => ask(g, 'policy/agent', { account: agent.address })
const check = (g: Given, agent: Agent, amount: bigint, more: object = {}): ReturnType<typeof ask> =>
  ask(g, 'policy/check', { account: agent.address, payee: seller, asset: dollar, amount: amount.toString(), ...more })

test('T15 every question about a policy is private', () => {
  const { g, agent } = givenAgent()
  for (const name of ['policy/policy', 'policy/agent', 'policy/check']) {
    const args = { account: key.address, ...(name === 'policy/check' && { payee: seller, asset: dollar, amount: '1' }) }
    const question = parseQuestion(g.app, name, args)
    expect(question.query.subject?.(question.args)).toBe(key.address)
  }
  expect(() => ask(g, 'policy/policy', { account: owner.address })).toThrow(Refusal)
  expect(ask(g, 'policy/policy', { account: key.address })['account']).toBe(agent.address)
})

test('the whole of an agent at a glance', () => {
  const { g, agent } = givenAgent()
  g.succeed(payOp(g, agent, { to: seller, amount: 100_000n }))
  const signed = {
    asset: dollar,
    from: key.address,
    to: seller,
    value: 50_000n,
    validAfter: 0,
    validBefore: Math.floor(g.time / 1000) + 300,
    nonce: freshNonce(),
  }
  const held = g.succeed(
    g.op(payments.hold, { ...signed, holdMs: 1_000 }, key, { relay: { attempt: new Uint8Array(16) } }),
  )
  g.succeed(
    g.native(
      proposePolicy,
      {
        agent: agent.address,
        baseVersion: 1,
        ...signedDocument(g, documentWith({ change: { loosenDelayMs: 5_000 } })),
      },
      owner,
    ),
  )
  g.succeed(
    g.native(proposePolicy, { agent: agent.address, baseVersion: 2, ...signedDocument(g, documentWith()) }, owner),
  )
  const { words, pending, ...rest } = overview(g, agent)
  expect(words).toMatch(/^Policy, words v1\n/)
  expect(pending).toEqual({ effectiveAt: g.time + 5_000, words: signedDocument(g, documentWith()).words })
  expect(rest).toMatchObject({
    account: agent.address,
    owner: owner.address,
    version: 2,
    status: 'active',
    keys: [{ key: key.address, kind: 'secp256k1', status: 'active' }],
    balances: [{ asset: dollar, available: '99850000', held: '50000' }],
    caps: [
      { id: 'payment', maxAmount: '100000', remaining: '100000' },
      { id: 'hour', used: '100000', held: '50000', remaining: '850000' },
      { id: 'day', used: '100000', held: '50000', remaining: '4850000' },
      { id: 'life', used: '100000', held: '50000', remaining: '49850000' },
    ],
    holds: [
      { payer: agent.address, payee: seller, asset: dollar, amount: '50000', ends: g.time + 1_000, operation: held.op },
    ],
    worstToday: '5000000',
    worstNow: '900000',
    currency: 'USD',
    sentence: 'The most it can lose today is 5.00 USD, right now 0.90 USD.',
  })
})

test('worst loss: the least of balance, lifetime and windows; frozen, only what is held', () => {
  const hour = (maxAmount: bigint): PolicyDocument =>
    documentWith({ caps: [dollarCap('hour', { kind: 'rolling', windowMs: 3_600_000, buckets: 60 }, { maxAmount })] })
  const lossOf = (document: PolicyDocument, funds: bigint): readonly unknown[] => {
    const { g, agent } = givenAgent(document, funds)
    const { worstToday, worstNow } = overview(g, agent)
    return [worstToday, worstNow]
  }
  expect(lossOf(hour(10n), 1_000_000n)).toEqual(['240', '10'])
  expect(lossOf(hour(10n), 100n)).toEqual(['100', '10'])
  expect(lossOf(documentWith({ caps: [] }), 77n)).toEqual(['77', '77'])
  expect(lossOf(documentWith({ caps: [dollarCap('life', { kind: 'lifetime' }, { maxAmount: 30n })] }), 77n)).toEqual([
    '30',
    '30',
  ])
  // A window that does not divide the day counts as often as it begins.
  expect(
    lossOf(
      documentWith({
        caps: [dollarCap('x', { kind: 'rolling', windowMs: 50_000_000, buckets: 1 }, { maxAmount: 10n })],
      }),
      77n,
    ),
  ).toEqual(['20', '10'])
  expect(
    lossOf(
      documentWith({
        assets: [dollar, testDollar],
        caps: [
          { ...dollarCap('x', { kind: 'lifetime' }, { maxAmount: 5n * 10n ** 12n }), denom: { asset: testDollar } },
        ],
      }),
      77n,
    ),
  ).toEqual(['77', '77'])

  const { g, agent } = givenAgent(hour(100n), 1_000n)
  const signed = {
    asset: dollar,
    from: key.address,
    to: seller,
    value: 60n,
    validAfter: 0,
    validBefore: Math.floor(g.time / 1000) + 300,
    nonce: freshNonce(),
  }
  g.succeed(g.op(payments.hold, { ...signed, holdMs: 60_000 }, key, { relay: { attempt: new Uint8Array(16) } }))
  expect(overview(g, agent)).toMatchObject({ worstToday: '1000', worstNow: '100' })
  g.succeed(g.native(freeze, { agent: agent.address }, owner))
  expect(overview(g, agent)).toMatchObject({
    worstToday: '60',
    worstNow: '60',
    sentence: 'It is frozen. The most it can lose today is 0.00006 USD, right now 0.00006 USD.',
  })
})

test('a check says what the payment would say, and changes nothing', () => {
  const { g, agent } = givenAgent(undefined, 300_000n)
  const { height } = g.state.head
  expect(check(g, agent, 100_000n)).toMatchObject({
    decision: 'allow',
    remaining: [
      { at: agent.address, capId: 'payment', units: '100000' },
      { at: agent.address, capId: 'hour', units: '1000000' },
      { at: agent.address, capId: 'day', units: '5000000' },
      { at: agent.address, capId: 'life', units: '50000000' },
    ],
    height,
    now: g.time,
  })
  const over = check(g, agent, 100_001n)
  const refused = g.refused(payOp(g, agent, { to: seller, amount: 100_001n }))
  expect(over).toMatchObject({
    decision: 'deny',
    reason: refused.code,
    message: refused.message,
    hint: refused.hint,
    retry: refused.retry,
    at: agent.address,
    capId: 'payment',
  })
  expect(over).not.toHaveProperty('resetsAt')
  expect(check(g, agent, 0n)).toMatchObject({ reason: 'wire/amount_invalid' })
  expect(check(g, agent, 1n, { payee: key.address })).toMatchObject({ reason: 'bank/same_account' })
  expect(check(g, agent, 1n, { asset: testDollar })).toMatchObject({ reason: 'policy/asset_not_allowed' })
  expect(check(g, agent, 1n, { key: owner.address })).toMatchObject({
    decision: 'deny',
    reason: 'accounts/key_not_allowed',
  })
  expect(check(g, agent, 1n, { key: key.address })).toMatchObject({ decision: 'allow' })
  for (let i = 0; i < 3; i++) g.succeed(payOp(g, agent, { to: seller, amount: 100_000n }))
  expect(check(g, agent, 1n)).toMatchObject({ decision: 'deny', reason: 'bank/balance', retry: 'later' })
})

test('a check says when everything fits, not only the first cap that fails', () => {
  const caps = [
    dollarCap('minute', { kind: 'rolling', windowMs: 60_000, buckets: 12 }, { maxAmount: 10n }),
    dollarCap('hour', { kind: 'rolling', windowMs: 3_600_000, buckets: 60 }, { maxAmount: 10n }),
  ]
  const { g, agent } = givenAgent(documentWith({ caps }))
  g.succeed(payOp(g, agent, { to: seller, amount: 10n }))
  expect(check(g, agent, 1n)).toMatchObject({
    reason: 'policy/cap_window',
    capId: 'minute',
    resetsAt: begin + 3_660_000,
  })
  g.time = begin + 3_659_999
  expect(check(g, agent, 1n)).toMatchObject({ decision: 'deny', capId: 'hour', resetsAt: begin + 3_660_000 })
  g.time = begin + 3_660_000
  expect(check(g, agent, 10n)).toMatchObject({ decision: 'allow' })
  g.succeed(payOp(g, agent, { to: operator.address, amount: 10n }))
})

test('a policy that ends first is not worth waiting for', () => {
  const caps = [dollarCap('hour', { kind: 'rolling', windowMs: 3_600_000, buckets: 60 }, { maxAmount: 10n })]
  const { g, agent } = givenAgent(documentWith({ caps, expiresAt: begin + 3_660_000 }))
  g.succeed(payOp(g, agent, { to: seller, amount: 10n }))
  expect(check(g, agent, 1n)).not.toHaveProperty('resetsAt')
})

test('a check tells of a first credit that opens no account, and of an account that is none', () => {
  const g = given({ params: { accountMin: '100' } })
  g.fund(key, 1_000n)
  const args = { account: key.address, payee: seller, asset: dollar }
  expect(ask(g, 'policy/check', { ...args, amount: '99' })).toMatchObject({ reason: 'bank/below_minimum' })
  expect(ask(g, 'policy/check', { ...args, amount: '100' })).toMatchObject({ decision: 'allow' })
  expect(ask(g, 'policy/check', { ...args, account: seller, payee: key.address, amount: '100' })).toMatchObject({
    reason: 'accounts/unknown_account',
  })
})

test('an owner account is checked against its balance alone', () => {
  const { g } = givenAgent()
  const args = { account: owner.address, payee: seller, asset: dollar }
  expect(ask(g, 'policy/check', { ...args, amount: '1' })).toMatchObject({ decision: 'allow', remaining: [] })
  expect(ask(g, 'policy/check', { ...args, amount: '2' })).toMatchObject({ decision: 'deny', reason: 'bank/balance' })
})
