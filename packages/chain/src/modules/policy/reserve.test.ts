// Holds: counted when they are taken, settled whatever happens since, given back whole.
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
  payOp,
  person,
  signedDocument,
} from '../../../testing/index.ts'
import type { Agent, Given } from '../../../testing/index.ts'
import type { Json } from '../../codec/Codec.ts'
import type { Hash } from '../../codec/Hash.ts'
import { recoverSigner } from '../../crypto/verifier.ts'
import { createRun } from '../../kernel/dispatch.ts'
import { Refusal } from '../../wire/refusal.ts'
import { balanceOf } from '../bank/index.ts'
import * as payments from '../payments/wire.ts'
import type { Cap } from './document.ts'
import type { Intent } from './intent.ts'
import { openHolds, release, reserve } from './reserve.ts'
import { freeze, holdsMax, proposePolicy, tightenPolicy } from './wire.ts'

const owner = person('owner')
const key = person('key')
const seller = person('seller').address
const life = (maxAmount: bigint, more: Partial<Cap> = {}): Cap => ({
  ...dollarCap('life', { kind: 'lifetime' }, { maxAmount }),
  ...more,
})

function givenAgent(caps: readonly Cap[] = [life(1_000n)]): { readonly g: Given; readonly agent: Agent } {
  const g = given()
  g.fund(owner, 1n)
  const agent = openAgent(g, { owner, key, document: documentWith({ caps }) })
  g.fund(agent.address, 10_000n)
  return { g, agent }
}

type Signed = { readonly value: bigint; readonly nonce: Hash; readonly validBefore: number }

function sign(g: Given, value: bigint): Signed {
  return { value, nonce: freshNonce(), validBefore: Math.floor(g.time / 1000) + 300 }
}

function transferFields(signed: Signed): Signed & {
  readonly asset: typeof dollar
  readonly from: typeof dollar
  readonly to: typeof dollar
  readonly validAfter: number
} {
  return { ...signed, asset: dollar, from: key.address, to: seller, validAfter: 0 }
}

const holdOp = (g: Given, signed: Signed): ReturnType<Given['op']> =>
  g.op(payments.hold, { ...transferFields(signed), holdMs: 60_000 }, key, { relay: { attempt: new Uint8Array(16) } })
const settleOp = (g: Given, signed: Signed): ReturnType<Given['op']> =>
  g.op(payments.transferWithAuthorization, transferFields(signed), key)

function capOf(g: Given, agent: Agent, id = 'life'): { readonly [field: string]: Json } {
  const caps = ask(g, 'policy/agent', { account: agent.address })['caps'] as readonly {
    readonly [field: string]: Json
  }[]
  return caps.find((cap) => cap['id'] === id)!
}

function intentOf(g: Given, agent: Agent, amount: bigint): Intent {
  return {
    account: agent.address,
    key: key.address,
    scheme: 'charge',
    family: 'native',
    asset: dollar,
    amount,
    payee: seller,
    signed: { from: key.address, to: seller },
    validAfter: 0,
    validBefore: g.time + 1_000,
  }
}

test('T108 a hold takes budget and balance at once; settlement uses them, whole', () => {
  const { g, agent } = givenAgent()
  const signed = sign(g, 700n)
  g.succeed(holdOp(g, signed))
  expect(capOf(g, agent)).toMatchObject({ used: '0', held: '700', remaining: '300' })
  expect(balanceOf(g.view(), agent.address, dollar)).toMatchObject({ available: 9_300n, locked: 700n })
  expect(g.refused(payOp(g, agent, { to: seller, amount: 301n })).code).toBe('policy/cap_lifetime')
  g.succeed(payOp(g, agent, { to: seller, amount: 300n }))
  const receipt = g.succeed(settleOp(g, signed))
  expect(receipt.policyVersion).toBe(1)
  expect(capOf(g, agent)).toMatchObject({ used: '1000', held: '0', remaining: '0' })
  expect(openHolds(g.view(), agent.address)).toEqual([])
})

test('a hold that lapses gives back every cap and the balance', () => {
  const { g, agent } = givenAgent([
    life(1_000n),
    dollarCap('rate', { kind: 'rolling', windowMs: 60_000, buckets: 12 }, { maxCount: 1 }),
  ])
  const signed = sign(g, 700n)
  g.succeed(holdOp(g, signed))
  expect(g.refused(payOp(g, agent, { to: seller, amount: 1n })).code).toBe('policy/cap_count')
  const [open] = openHolds(g.view(), agent.address)
  expect(open).toMatchObject({ reservation: 0, asset: dollar, amount: 700n, payee: seller, ends: g.time + 60_000 })
  g.time += 59_999
  expect(g.refused(payOp(g, agent, { to: seller, amount: 1n })).code).toBe('policy/cap_count')
  g.time += 1
  g.succeed(payOp(g, agent, { to: seller, amount: 1_000n }))
  expect(capOf(g, agent)).toMatchObject({ used: '1000', held: '0' })
  expect(balanceOf(g.view(), agent.address, dollar)).toMatchObject({ available: 9_000n, locked: 0n })
})

test('T108 a hold taken before a freeze or a tightening stays settleable, under the version it was judged by', () => {
  const { g, agent } = givenAgent()
  const [first, second] = [sign(g, 400n), sign(g, 300n)]
  g.succeed(holdOp(g, first))
  g.succeed(holdOp(g, second))
  g.succeed(
    g.native(
      tightenPolicy,
      { agent: agent.address, baseVersion: 1, ...signedDocument(g, documentWith({ caps: [life(10n)] })) },
      owner,
    ),
  )
  expect(g.succeed(settleOp(g, first)).policyVersion).toBe(1)
  expect(capOf(g, agent)).toMatchObject({ used: '400', held: '300', remaining: '0' })
  g.succeed(g.native(freeze, { agent: agent.address }, owner))
  expect(g.refused(payOp(g, agent, { to: seller, amount: 1n })).code).toBe('policy/frozen')
  expect(g.succeed(settleOp(g, second)).policyVersion).toBe(1)
  expect(g.refused(holdOp(g, sign(g, 1n))).code).toBe('policy/frozen')
  expect(capOf(g, agent)).toMatchObject({ used: '700', held: '0' })
})

test('a cap that is deleted and added again is a new counter, which knows nothing of older holds', () => {
  const { g, agent } = givenAgent()
  const [settled, lapsed] = [sign(g, 400n), sign(g, 300n)]
  g.succeed(holdOp(g, settled))
  g.succeed(holdOp(g, lapsed))
  const propose = (baseVersion: number, caps: readonly Cap[]): void =>
    void g.succeed(
      g.native(
        proposePolicy,
        { agent: agent.address, baseVersion, ...signedDocument(g, documentWith({ caps })) },
        owner,
      ),
    )
  propose(1, [dollarCap('other', { kind: 'lifetime' }, { maxAmount: 1n })])
  propose(2, [life(1_000n)])
  expect(capOf(g, agent)).toMatchObject({ used: '0', held: '0' })
  g.succeed(settleOp(g, settled))
  g.time += 60_000
  g.succeed(payOp(g, agent, { to: seller, amount: 1_000n }))
  expect(openHolds(g.view(), agent.address)).toEqual([])
})

test('T166 at most 64 holds of one payer are open; whatever comes then is judged and sets nothing aside', () => {
  const { g, agent } = givenAgent()
  const holds = Array.from({ length: holdsMax + 1 }, () => holdOp(g, sign(g, 1n)))
  const { outcomes } = g.block(...holds)
  expect(outcomes.some((outcome) => outcome instanceof Refusal)).toBe(false)
  expect(new Set(openHolds(g.view(), agent.address).map(({ reservation }) => reservation)).size).toBe(holdsMax)
  g.time += 60_000
  g.succeed(holdOp(g, sign(g, 1n)))
})

test('T18 ten thousand holds and releases leave everything as it was', () => {
  const { g, agent } = givenAgent([
    life(1_000n),
    dollarCap('hour', { kind: 'rolling', windowMs: 3_600_000, buckets: 60 }, { maxAmount: 700n, maxCount: 3 }),
  ])
  g.succeed(payOp(g, agent, { to: seller, amount: 5n }))
  const before = ask(g, 'policy/agent', { account: agent.address })
  const { context } = createRun(g.app, {
    state: g.state,
    height: g.state.head.height + 1,
    time: g.time,
    verify: recoverSigner,
  })
  const intent = intentOf(g, agent, 300n)
  for (let i = 0; i < 5_000; i++) {
    const places = [
      reserve(context, intent, { ends: g.time + 1, op: freshNonce(), nonceSlot: 0 }),
      reserve(context, intent, { ends: g.time + 1, op: freshNonce(), nonceSlot: 0 }),
    ]
    expect(() => reserve(context, intent, { ends: g.time + 1, op: freshNonce(), nonceSlot: 0 })).toThrow(Refusal)
    for (const { reservation } of places) release(context, { account: agent.address, reservation: reservation! })
  }
  expect(ask(g, 'policy/agent', { account: agent.address })).toEqual(before)
})

test('an owner account holds money without any cap', () => {
  const g = given()
  g.fund(key, 100n)
  const signed = sign(g, 100n)
  expect(g.succeed(holdOp(g, signed)).policyVersion).toBe(0)
  expect(balanceOf(g.view(), key.address, dollar)).toMatchObject({ available: 0n, locked: 100n })
  expect(g.refused(holdOp(g, sign(g, 1n))).code).toBe('bank/balance')
  g.time = begin + 60_002
  expect(balanceOf(g.view(), key.address, dollar).locked).toBe(100n)
  g.fund(key, 1n)
  expect(balanceOf(g.view(), key.address, dollar)).toMatchObject({ available: 101n, locked: 0n })
})

test('a hold that would not open the payee its account is refused when it is taken, toll counted', () => {
  const g = given({ params: { accountMin: '1000' } })
  g.fund(key, 10_000n)
  expect(g.refused(holdOp(g, sign(g, 1_000n))).code).toBe('bank/below_minimum')
  const enough = sign(g, 1_001n)
  g.succeed(holdOp(g, enough))
  g.succeed(settleOp(g, enough))
})
