// The door: every refusal of agent-policy 6 in its order, each limit at its end and one beyond, and then the payment.
import { expect, test } from 'vitest'
import {
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
  testDollar,
} from '../../../testing/index.ts'
import type { Given } from '../../../testing/index.ts'
import type { Address } from '../../codec/Address.ts'
import * as Hash from '../../codec/Hash.ts'
import type { Context } from '../../kernel/context.ts'
import { createRun } from '../../kernel/dispatch.ts'
import { recoverSigner } from '../../crypto/verifier.ts'
import { Refusal } from '../../wire/refusal.ts'
import { resolve } from '../accounts/index.ts'
import { balanceOf } from '../bank/index.ts'
import * as payments from '../payments/wire.ts'
import * as token from '../token/wire.ts'
import { evaluate } from './evaluate.ts'
import type { Intent } from './intent.ts'
import { policies, slots } from './state.ts'
import { spend } from './spend.ts'

const owner = person('owner')
const key = person('key')
const seller = person('seller').address
const denied = person('denied').address
const unknown = person('no asset').address
const hourMs = 3_600_000

function contextAt(g: Given, time: number): Context {
  return createRun(g.app, { state: g.state, height: g.state.head.height + 1, time, verify: recoverSigner }).context
}

/** An agent under a policy in which everything can be broken; its policy begins an hour after the chain and lasts a day. */
function givenAgent(): { readonly g: Given; readonly account: Address } {
  const g = given()
  g.fund(owner, 1n)
  const document = documentWith({
    notBefore: begin + hourMs,
    expiresAt: begin + 25 * hourMs,
    caps: [
      dollarCap('payment', { kind: 'payment' }, { maxAmount: 100n }),
      dollarCap('hour', { kind: 'rolling', windowMs: hourMs, buckets: 60 }, { maxAmount: 150n }),
      dollarCap('life', { kind: 'lifetime' }, { maxAmount: 260n }),
      dollarCap('rate', { kind: 'rolling', windowMs: 60_000, buckets: 12 }, { maxCount: 2 }),
    ],
    payees: { mode: 'deny', list: [{ payee: denied }], firstSeen: 'allow' },
    maxAuthLifetimeMs: { native: 60_000, eip3009: 600_000 },
  })
  const { address: account } = openAgent(g, { owner, key, document })
  g.fund(account, 1_000n)
  return { g, account }
}

test('T01 T13 T110 T111 the first failure in the order of the specification is the reason', () => {
  const { g, account } = givenAgent()
  const now = begin + 2 * hourMs
  let view = contextAt(g, begin + 2)
  const row = (): void => policies.put(view, account, { ...policies.get(view, account), status: 'frozen' })
  row()
  let intent: Intent = {
    account,
    key: key.address,
    scheme: 'transfer',
    family: 'native',
    asset: unknown,
    amount: 0n,
    payee: account,
    signed: { from: key.address, to: account },
    validAfter: 0,
    validBefore: now + 60_001,
  }
  const expectCode = (code: string, retry?: string): Refusal => {
    const decision = evaluate(view, intent)
    if (decision.kind !== 'deny') throw new Error(`allowed instead of ${code}`)
    expect(decision.refusal.code).toBe(code)
    if (retry !== undefined) expect(decision.refusal.retry).toBe(retry)
    return decision.refusal
  }
  const mend = (part: Partial<Intent>): void => void (intent = { ...intent, ...part })

  expectCode('wire/amount_invalid', 'never')
  mend({ amount: 2n ** 128n })
  expectCode('wire/amount_invalid', 'never')
  mend({ amount: 101n })
  expectCode('bank/same_account', 'never')
  mend({ payee: denied, signed: { from: key.address, to: denied } })
  expectCode('bank/unknown_asset', 'never')
  mend({ asset: testDollar })
  expectCode('policy/frozen', 'owner')
  policies.put(view, account, { ...policies.get(view, account), status: 'active' })
  view = contextAt(g, begin + hourMs - 1)
  expect(expectCode('policy/not_yet', 'later').values).toMatchObject({ notBefore: begin + hourMs })
  view = contextAt(g, begin + 25 * hourMs)
  expectCode('policy/expired', 'owner')
  view = contextAt(g, now)
  expectCode('policy/scheme_not_allowed', 'owner')
  mend({ scheme: 'charge' })
  expectCode('policy/asset_not_allowed', 'owner')
  mend({ asset: dollar })
  expectCode('policy/payee_not_allowed', 'owner')
  mend({ payee: seller, signed: { from: key.address, to: seller } })
  expectCode('accounts/auth_too_long', 'never')
  mend({ family: 'eip3009', validBefore: now + 600_001 })
  expectCode('accounts/auth_too_long', 'later')
  mend({ validBefore: now + 600_000 })
  expect(expectCode('policy/cap_payment', 'never').values).toMatchObject({
    capId: 'payment',
    remaining: 100n,
    needed: 101n,
  })
  mend({ amount: 100n })
  expect(spend(view, intent, undefined)).toEqual({ policyVersion: 1 })
  mend({ amount: 51n })
  expect(expectCode('policy/cap_window', 'later').values).toMatchObject({
    capId: 'hour',
    remaining: 50n,
    needed: 51n,
    resetsAt: begin + 3 * hourMs + 60_000,
  })
  mend({ amount: 50n })
  expect(spend(view, intent, undefined)).toEqual({ policyVersion: 1 })
  mend({ amount: 1n })
  expectCode('policy/cap_window')
  // An hour and a bucket later 110 are left for ever; 100 of them in this hour would be too many payments after two more.
  view = contextAt(g, now + hourMs + 60_000)
  mend({ amount: 100n, validBefore: view.time + 1 })
  spend(view, intent, undefined)
  mend({ amount: 11n })
  expect(expectCode('policy/cap_lifetime', 'owner').values).toMatchObject({
    capId: 'life',
    remaining: 10n,
    needed: 11n,
  })
  mend({ amount: 9n })
  spend(view, intent, undefined)
  mend({ amount: 1n })
  expect(expectCode('policy/cap_count', 'later').values).toMatchObject({ capId: 'rate', remaining: 0, needed: 1 })
  view = contextAt(g, now + hourMs + 60_000 + 65_000)
  mend({ validBefore: view.time + 1 })
  spend(view, intent, undefined)
  expectCode('policy/cap_lifetime')
})

test('times of a policy hold from their first to their last millisecond', () => {
  const { g, account } = givenAgent()
  const pay = (time: number): ReturnType<Given['run']> => {
    g.time = time
    return g.run(payOp(g, { address: account, key, owner }, { to: seller, amount: 1n }))
  }
  expect((pay(begin + hourMs - 1) as Refusal).code).toBe('policy/not_yet')
  expect(pay(begin + hourMs)).not.toBeInstanceOf(Refusal)
  expect(pay(begin + 25 * hourMs - 1)).not.toBeInstanceOf(Refusal)
  expect((pay(begin + 25 * hourMs) as Refusal).code).toBe('policy/expired')
})

test('M1 the balance is judged after the caps, and an account drained to zero behaves', () => {
  const g = given()
  g.fund(owner, 1n)
  const agent = openAgent(g, {
    owner,
    key,
    document: documentWith({ caps: [dollarCap('life', { kind: 'lifetime' }, { maxAmount: 500n })] }),
  })
  g.fund(agent.address, 400n)
  expect(g.refused(payOp(g, agent, { to: seller, amount: 501n })).code).toBe('policy/cap_lifetime')
  const refused = g.refused(payOp(g, agent, { to: seller, amount: 401n }))
  expect(refused.code).toBe('bank/balance')
  expect(refused.values).toEqual({ available: 400n, needed: 401n })
  g.succeed(payOp(g, agent, { to: seller, amount: 400n }))
  expect(balanceOf(g.view(), agent.address, dollar).available).toBe(0n)
  expect(g.refused(payOp(g, agent, { to: seller, amount: 1n })).code).toBe('bank/balance')
  g.fund(agent.address, 100n)
  g.succeed(payOp(g, agent, { to: seller, amount: 100n }))
  expect(g.refused(payOp(g, agent, { to: seller, amount: 1n })).code).toBe('policy/cap_lifetime')
})

test('T101 a refused payment changes nothing at all', () => {
  const { g, account } = givenAgent()
  g.time = begin + 2 * hourMs
  g.block() // Nonces that have expired are due work, whatever is refused.
  const before = g.state.head.height
  const result = g.block(payOp(g, { address: account, key, owner }, { to: seller, amount: 101n }))
  expect(result.outcomes[0]).toBeInstanceOf(Refusal)
  expect(result.idle).toBe(true)
  expect(g.state.head.height).toBe(before)
  expect(slots.count(g.view())).toBe(0)
})

test('T01 an allow list holds whatever the agent signs, by every door', () => {
  const g = given()
  g.fund(owner, 1n)
  const document = documentWith({ payees: { mode: 'allow', list: [{ payee: seller }], firstSeen: 'allow' } })
  const agent = openAgent(g, { owner, key, document })
  g.fund(agent.address, 1_000n)
  const attacker = person('attacker').address
  const signed = {
    asset: dollar,
    from: key.address,
    to: attacker,
    value: 1n,
    validAfter: 0,
    validBefore: Math.floor(g.time / 1000) + 60,
    nonce: saltOf('once'),
  }
  expect(g.refused(payOp(g, agent, { to: attacker, amount: 1n })).code).toBe('policy/payee_not_allowed')
  expect(g.refused(g.op(payments.transferWithAuthorization, signed, key)).code).toBe('policy/payee_not_allowed')
  const held = g.op(payments.hold, { ...signed, holdMs: 1_000 }, key, { relay: { attempt: new Uint8Array(16) } })
  expect(g.refused(held).code).toBe('policy/payee_not_allowed')
  const moved = { to: attacker, asset: dollar, amount: 1n, reference: Hash.zero }
  expect(g.refused(g.native(token.transfer, moved, key, { account: agent.address })).code).toBe(
    'policy/scheme_not_allowed',
  )
  expect(balanceOf(g.view(), agent.address, dollar).available).toBe(1_000n)
  g.succeed(payOp(g, agent, { to: seller, amount: 1n }))
})

test('a list names an account by any of its addresses', () => {
  const g = given()
  g.fund(owner, 1n)
  const peerKey = person('peer key')
  const allow = documentWith({ payees: { mode: 'allow', list: [{ payee: peerKey.address }], firstSeen: 'allow' } })
  const deny = documentWith({ payees: { mode: 'deny', list: [{ payee: peerKey.address }], firstSeen: 'allow' } })
  const allowed = openAgent(g, { owner, key: person('allowing'), document: allow })
  const denying = openAgent(g, { owner, key: person('denying'), document: deny })
  for (const agent of [allowed, denying]) g.fund(agent.address, 100n)
  // The key becomes an agent's after it was listed: from then on it means the agent, under both of its addresses.
  const peer = openAgent(g, { owner, key: peerKey })
  expect(resolve(g.view(), peerKey.address)).toBe(peer.address)
  for (const to of [peerKey.address, peer.address]) {
    g.succeed(payOp(g, allowed, { to, amount: 1n }))
    expect(g.refused(payOp(g, denying, { to, amount: 1n })).code).toBe('policy/payee_not_allowed')
  }
  expect(g.refused(payOp(g, allowed, { to: operator.address, amount: 1n })).code).toBe('policy/payee_not_allowed')
  g.succeed(payOp(g, denying, { to: operator.address, amount: 1n }))
})

test('an owner account has no policy and spends freely; an agent without one pays nothing', () => {
  const { g, account } = givenAgent()
  const view = contextAt(g, begin + 2 * hourMs)
  const intent: Intent = {
    account,
    key: key.address,
    scheme: 'charge',
    family: 'native',
    asset: dollar,
    amount: 1n,
    payee: seller,
    signed: { from: account, to: seller },
    validAfter: 0,
    validBefore: view.time + 1,
  }
  policies.remove(view, account)
  const decision = evaluate(view, intent)
  expect(decision.kind === 'deny' && decision.refusal.code).toBe('policy/no_policy')
  expect(evaluate(view, { ...intent, account: owner.address, scheme: 'transfer' })).toMatchObject({
    kind: 'allow',
    policyVersion: 0,
  })
})

test('a payee without an account gets one by its first credit, if that is large enough', () => {
  const g = given({ params: { accountMin: '100' } })
  g.fund(owner, 100n)
  const agent = openAgent(g, { owner, key })
  g.fund(agent.address, 1_000n)
  expect(g.refused(payOp(g, agent, { to: seller, amount: 99n })).code).toBe('bank/below_minimum')
  g.succeed(payOp(g, agent, { to: seller, amount: 100n }))
  g.succeed(payOp(g, agent, { to: seller, amount: 1n }))
})
