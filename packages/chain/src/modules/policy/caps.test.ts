// Caps against the vectors of agent-policy 22.1, by real payments of a real agent where the vector is made of payments.
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
  testDollar,
  ask,
} from '../../../testing/index.ts'
import type { Agent, Given } from '../../../testing/index.ts'
import type { Json } from '../../codec/Codec.ts'
import type { Context } from '../../kernel/context.ts'
import { Store } from '../../kernel/store.ts'
import { Refusal } from '../../wire/refusal.ts'
import {
  addCounter,
  breachOf,
  charge,
  counterOf,
  hold,
  release,
  remainingOf,
  resetsAt,
  settle,
  usedAt,
  windowOf,
  type Charge,
} from './caps.ts'
import type { Cap, Per } from './document.ts'
import { capUnits } from './evaluate.ts'
import { pages, slots } from './state.ts'

const owner = person('owner')
const seller = person('seller').address
const hour: Per = { kind: 'rolling', windowMs: 3_600_000, buckets: 60 }

function givenAgent(caps: readonly Cap[]): { readonly g: Given; readonly agent: Agent } {
  const g = given()
  g.fund(owner, 1n)
  const agent = openAgent(g, {
    owner,
    key: person('key'),
    document: documentWith({ caps, assets: [dollar, testDollar] }),
  })
  g.fund(agent.address, 1_000_000_000n)
  return { g, agent }
}

function usedOf(g: Given, agent: Agent): Json {
  const [cap] = ask(g, 'policy/agent', { account: agent.address })['caps'] as readonly { readonly used: Json }[]
  return cap!.used
}

type Step = { readonly at: number; readonly amount: bigint; readonly used?: string; readonly resetsAt?: number | null }

function runSteps(caps: readonly Cap[], steps: readonly Step[]): void {
  const { g, agent } = givenAgent(caps)
  for (const { at, amount, used, resetsAt: resets } of steps) {
    g.time = begin + at
    const outcome = g.run(payOp(g, agent, { to: seller, amount }))
    if (used !== undefined) {
      expect(outcome, `${amount} at ${at}`).not.toBeInstanceOf(Refusal)
      expect(usedOf(g, agent)).toBe(used)
      continue
    }
    expect(outcome, `${amount} at ${at}`).toBeInstanceOf(Refusal)
    const { code, values } = outcome as Refusal
    expect(code).toBe('policy/cap_window')
    expect(values['resetsAt']).toBe(resets === null ? undefined : begin + resets!)
  }
}

test('T03 rollingHour: the budget of a bucket comes back a window and a bucket later', () => {
  runSteps(
    [dollarCap('hour', hour, { maxAmount: 1_000_000n })],
    [
      { at: 0, amount: 400_000n, used: '400000' },
      { at: 59_999, amount: 600_000n, used: '1000000' },
      { at: 60_000, amount: 1n, resetsAt: 3_660_000 },
      { at: 3_599_999, amount: 1n, resetsAt: 3_660_000 },
      { at: 3_600_000, amount: 1n, resetsAt: 3_660_000 },
      { at: 3_659_999, amount: 1n, resetsAt: 3_660_000 },
      { at: 3_660_000, amount: 1_000_000n, used: '1000000' },
    ],
  )
})

test('T03 rollingStaggered: each amount has its own time at which it fits', () => {
  runSteps(
    [dollarCap('hour', hour, { maxAmount: 1_000_000n })],
    [
      { at: 30_000, amount: 300_000n, used: '300000' },
      { at: 90_000, amount: 300_000n, used: '600000' },
      { at: 1_800_000, amount: 400_000n, used: '1000000' },
      { at: 1_800_000, amount: 100_000n, resetsAt: 3_660_000 },
      { at: 1_800_000, amount: 300_001n, resetsAt: 3_720_000 },
      { at: 1_800_000, amount: 1_000_000n, resetsAt: 5_460_000 },
      { at: 1_800_000, amount: 1_000_001n, resetsAt: null },
      { at: 3_659_999, amount: 100_000n, resetsAt: 3_660_000 },
      { at: 3_660_000, amount: 100_000n, used: '800000' },
      { at: 3_660_000, amount: 200_001n, resetsAt: 3_720_000 },
      { at: 3_720_000, amount: 300_000n, used: '800000' },
    ],
  )
})

test('T07 boundaryBurst: the edge of an hour is no door', () => {
  runSteps(
    [dollarCap('hour', hour, { maxAmount: 1_000_000n })],
    [
      { at: 3_599_999, amount: 1_000_000n, used: '1000000' },
      { at: 3_600_001, amount: 1_000_000n, resetsAt: 7_200_000 },
    ],
  )
})

test('T03 countPerMinute: sixty pass, the next one waits', () => {
  const { g, agent } = givenAgent([
    dollarCap('rate', { kind: 'rolling', windowMs: 60_000, buckets: 12 }, { maxCount: 60 }),
  ])
  const pay = (): ReturnType<Given['run']> => g.run(payOp(g, agent, { to: seller, amount: 1n }))
  for (let i = 0; i < 60; i++) {
    g.time = begin + Math.max(1, i * 500)
    expect(pay()).not.toBeInstanceOf(Refusal)
  }
  g.time = begin + 30_000
  const refused = pay() as Refusal
  expect(refused.code).toBe('policy/cap_count')
  expect(refused.values).toMatchObject({ capId: 'rate', remaining: 0, needed: 1, resetsAt: begin + 65_000 })
  expect(refused.retry).toBe('later')
  g.time = begin + 65_000
  for (let i = 0; i < 10; i++) expect(pay()).not.toBeInstanceOf(Refusal)
  expect(pay()).toBeInstanceOf(Refusal)
})

test('T04 race: of a thousand payments in four blocks exactly what fits is accepted', () => {
  const { g, agent } = givenAgent([dollarCap('hour', hour, { maxAmount: 150_000_000n })])
  let accepted = 0
  for (let block = 0; block < 4; block++) {
    const ops = Array.from({ length: 250 }, () => payOp(g, agent, { to: seller, amount: 1_000_000n }))
    for (const outcome of g.block(...ops).outcomes) if (!(outcome instanceof Refusal)) accepted++
  }
  expect(accepted).toBe(150)
  expect(usedOf(g, agent)).toBe('150000000')
})

test('T06 scale: every fraction of a cap unit counts as a whole one', () => {
  const cap = dollarCap('hour', hour, { maxAmount: 1n })
  const scaled = (amount: bigint, decimals: number): bigint =>
    capUnits(cap, amount, { symbol: 'X', decimals, currency: 'USD' })
  expect(scaled(1n, 18)).toBe(1n)
  expect(scaled(999_999_999_999n, 18)).toBe(1n)
  expect(scaled(1_000_000_000_000n, 18)).toBe(1n)
  expect(scaled(1_000_000_000_001n, 18)).toBe(2n)
  expect(scaled(5n, 2)).toBe(50_000n)
  expect(scaled(123_456n, 6)).toBe(123_456n)
})

test('T06 two dollar tokens of 6 and 18 decimals share one cap', () => {
  const { g, agent } = givenAgent([dollarCap('hour', hour, { maxAmount: 1_000_000n })])
  g.fund(agent.address, 1_000_000_000n, testDollar)
  g.succeed(payOp(g, agent, { to: seller, amount: 999_999n }))
  g.succeed(payOp(g, agent, { to: seller, amount: 1n, asset: testDollar }))
  expect(usedOf(g, agent)).toBe('1000000')
  expect(g.refused(payOp(g, agent, { to: seller, amount: 1n, asset: testDollar })).code).toBe('policy/cap_window')
  expect(g.refused(payOp(g, agent, { to: seller, amount: 1n })).code).toBe('policy/cap_window')
})

test('T05 a cap in one asset does not see another, and caps of all kinds bind together', () => {
  const asset: Cap = { ...dollarCap('asset', { kind: 'lifetime' }, { maxAmount: 10n }), denom: { asset: testDollar } }
  const { g, agent } = givenAgent([asset, dollarCap('life', { kind: 'lifetime' }, { maxAmount: 20n })])
  g.fund(agent.address, 1_000n, testDollar)
  g.succeed(payOp(g, agent, { to: seller, amount: 10n, asset: testDollar }))
  expect(g.refused(payOp(g, agent, { to: seller, amount: 1n, asset: testDollar })).values).toMatchObject({
    capId: 'asset',
    remaining: 0n,
  })
  g.succeed(payOp(g, agent, { to: seller, amount: 19n }))
  const refused = g.refused(payOp(g, agent, { to: seller, amount: 1n }))
  expect(refused.code).toBe('policy/cap_lifetime')
  expect(refused.values).toMatchObject({ capId: 'life', remaining: 0n, needed: 1n })
  expect(refused.retry).toBe('owner')
})

test('T100 a refund restores no budget', () => {
  const { g, agent } = givenAgent([dollarCap('life', { kind: 'lifetime' }, { maxAmount: 10n })])
  for (let i = 0; i < 10; i++) {
    g.succeed(payOp(g, agent, { to: seller, amount: 1n }))
    g.fund(agent.address, 1n)
  }
  expect(g.refused(payOp(g, agent, { to: seller, amount: 1n })).code).toBe('policy/cap_lifetime')
})

test('T112 amounts at the edge of 128 bits are judged, not truncated', () => {
  const { g, agent } = givenAgent([dollarCap('life', { kind: 'lifetime' }, { maxAmount: 2n ** 128n - 1n })])
  g.succeed(payOp(g, agent, { to: seller, amount: 1n }))
  expect(g.refused(payOp(g, agent, { to: seller, amount: 2n ** 128n - 1n })).code).toBe('policy/cap_lifetime')
  expect(g.refused(payOp(g, agent, { to: seller, amount: 2n ** 128n - 2n })).code).toBe('bank/balance')
  // 2^128 - 1 in an asset of fewer decimals than its currency would be more cap units than 128 bits hold.
  expect(
    capUnits(dollarCap('x', hour, { maxAmount: 1n }), 2n ** 128n - 1n, { symbol: 'X', decimals: 2, currency: 'USD' }),
  ).toBe((2n ** 128n - 1n) * 10_000n)
})

test('T112 a cap that limits only the number of payments adds up no amounts', () => {
  const { g, agent } = givenAgent([dollarCap('rate', { kind: 'lifetime' }, { maxCount: 2 })])
  g.succeed(payOp(g, agent, { to: seller, amount: 100n }))
  expect(usedOf(g, agent)).toBe('0')
  g.succeed(payOp(g, agent, { to: operator.address, amount: 100n }))
  const refused = g.refused(payOp(g, agent, { to: seller, amount: 1n }))
  expect(refused.code).toBe('policy/cap_count')
  expect(refused.retry).toBe('owner')
})

test('T18 hold: what is held never leaves a window by age, and comes back at once', () => {
  const limits = { maxAmount: 1_000_000n }
  const window = windowOf(hour)!
  const context = {
    chainId: 1,
    height: 1,
    time: begin,
    store: new Store([pages, slots], [1, 2]),
    sequence: 0,
    emit() {},
    verify: () => undefined,
  }
  const at = (time: number): Context => ({ ...context, time: begin + time })
  const of = { policy: 0, place: 0, window }
  addCounter(context, of)
  const chargeAt = (view: Context, amount: bigint): Charge => ({
    ...of,
    amount,
    count: 1,
    counter: usedAt(view, of, counterOf(view, of), view.time),
  })
  const state = (
    view: Context,
  ): { readonly used: bigint; readonly held: bigint; readonly remaining: bigint | undefined } => {
    const { counter } = chargeAt(view, 0n)
    return { used: counter.used, held: counter.held, remaining: remainingOf(limits, counter).amount }
  }
  const refuses = (view: Context, amount: bigint): number | undefined => {
    const tried = chargeAt(view, amount)
    expect(breachOf(limits, tried.counter, tried)).toBe('amount')
    return resetsAt(view, tried, limits)
  }

  // The vector settles 250,000 of 700,000; a charge settles whole, so the hold is taken in two parts of which one is given back.
  hold(at(0), [chargeAt(at(0), 250_000n)])
  hold(at(0), [chargeAt(at(0), 450_000n)])
  expect(state(at(0))).toEqual({ used: 0n, held: 700_000n, remaining: 300_000n })
  expect(refuses(at(60_000), 300_001n)).toBeUndefined()
  charge(at(60_000), [chargeAt(at(60_000), 300_000n)], begin + 60_000)
  expect(state(at(60_000))).toMatchObject({ used: 300_000n, held: 700_000n })
  expect(refuses(at(7_200_000), 300_001n)).toBeUndefined()
  settle(at(7_200_000), [chargeAt(at(7_200_000), 250_000n)], begin + 7_200_000)
  release(at(7_200_000), [chargeAt(at(7_200_000), 450_000n)])
  expect(state(at(7_200_000))).toEqual({ used: 250_000n, held: 0n, remaining: 750_000n })
  expect(refuses(at(7_200_000), 750_001n)).toBe(begin + 10_860_000)
  const fits = chargeAt(at(7_200_000), 750_000n)
  expect(breachOf(limits, fits.counter, fits)).toBeUndefined()
})
