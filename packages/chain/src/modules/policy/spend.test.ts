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

/** Wishes to pay, mended one fault after the other. */
type Asking = {
  view: Context
  intent: Intent
  mend(part: Partial<Intent>): void
  refused(code: string, retry?: string): Refusal
  paid(): void
}

function asking(view: Context, intent: Intent): Asking {
  const self: Asking = {
    view,
    intent,
    mend(part) {
      self.intent = { ...self.intent, ...part }
    },
    refused(code, retry) {
      const decision = evaluate(self.view, self.intent)
      if (decision.kind !== 'deny') throw new Error(`allowed instead of ${code}`)
      expect(decision.refusal.code).toBe(code)
      if (retry !== undefined) expect(decision.refusal.retry).toBe(retry)
      return decision.refusal
    },
    paid: () => expect(spend(self.view, self.intent, undefined)).toEqual({ policyVersion: 1 }),
  }
  return self
}

const now = begin + 2 * hourMs

function intentOf(account: Address): Intent {
  return {
    account,
    key: key.address,
    scheme: 'charge',
    family: 'native',
    asset: dollar,
    amount: 1n,
    payee: seller,
    signed: { from: key.address, to: seller },
    validAfter: 0,
    validBefore: now + 60_000,
  }
}

test('T01 T13 T110 T111 the first failure in the order of the specification is the reason', () => {
  const { g, account } = givenAgent()
  const early = contextAt(g, begin + 2)
  policies.put(early, account, { ...policies.get(early, account), status: 'frozen' })
  const ask = asking(early, {
    ...intentOf(account),
    scheme: 'transfer',
    asset: unknown,
    amount: 0n,
    payee: account,
    signed: { from: key.address, to: account },
    validBefore: now + 60_001,
  })
  ask.refused('wire/amount_invalid', 'never')
  ask.mend({ amount: 2n ** 128n })
  ask.refused('wire/amount_invalid', 'never')
  ask.mend({ amount: 101n })
  ask.refused('bank/same_account', 'never')
  ask.mend({ payee: denied, signed: { from: key.address, to: denied } })
  ask.refused('bank/unknown_asset', 'never')
  ask.mend({ asset: testDollar })
  ask.refused('policy/frozen', 'owner')
  policies.put(early, account, { ...policies.get(early, account), status: 'active' })
  ask.view = contextAt(g, begin + hourMs - 1)
  expect(ask.refused('policy/not_yet', 'later').values).toMatchObject({ notBefore: begin + hourMs })
  ask.view = contextAt(g, begin + 25 * hourMs)
  ask.refused('policy/expired', 'owner')
  ask.view = contextAt(g, now)
  ask.refused('policy/scheme_not_allowed', 'owner')
  ask.mend({ scheme: 'charge' })
  ask.refused('policy/asset_not_allowed', 'owner')
  ask.mend({ asset: dollar })
  ask.refused('policy/payee_not_allowed', 'owner')
  ask.mend({ payee: seller, signed: { from: key.address, to: seller } })
  ask.refused('accounts/auth_too_long', 'never')
  ask.mend({ family: 'eip3009', validBefore: now + 600_001 })
  ask.refused('accounts/auth_too_long', 'later')
  ask.mend({ validBefore: now + 600_000 })
  const cap = ask.refused('policy/cap_payment', 'never')
  expect(cap.values).toMatchObject({ capId: 'payment', remaining: 100n, needed: 101n })
  ask.mend({ amount: 100n })
  ask.paid()
})

test('T03 each cap holds to its last unit, in the order of the list', () => {
  const { g, account } = givenAgent()
  const ask = asking(contextAt(g, now), { ...intentOf(account), amount: 100n })
  ask.paid()
  ask.mend({ amount: 51n })
  const window = ask.refused('policy/cap_window', 'later')
  expect(window.values).toMatchObject({
    capId: 'hour',
    remaining: 50n,
    needed: 51n,
    resetsAt: begin + 3 * hourMs + 60_000,
  })
  ask.mend({ amount: 50n })
  ask.paid()
  ask.mend({ amount: 1n })
  ask.refused('policy/cap_window')
  // An hour and a bucket later the window is empty, and 110 are left for ever.
  ask.view = contextAt(g, now + hourMs + 60_000)
  ask.mend({ amount: 100n, validBefore: ask.view.time + 1 })
  ask.paid()
  ask.mend({ amount: 11n })
  expect(ask.refused('policy/cap_lifetime', 'owner').values).toMatchObject({
    capId: 'life',
    remaining: 10n,
    needed: 11n,
  })
  ask.mend({ amount: 9n })
  ask.paid()
  ask.mend({ amount: 1n })
  expect(ask.refused('policy/cap_count', 'later').values).toMatchObject({ capId: 'rate', remaining: 0, needed: 1 })
  ask.view = contextAt(g, ask.view.time + 65_000)
  ask.mend({ validBefore: ask.view.time + 1 })
  ask.paid()
  ask.refused('policy/cap_lifetime')
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
  const view = contextAt(g, now)
  const intent = intentOf(account)
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
