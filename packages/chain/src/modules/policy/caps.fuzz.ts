// Counters against a naive log (agent-policy I4): random shapes, random charges, holds, settlements, releases, waits and new windows.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Context } from '../../kernel/context.ts'
import { Store } from '../../kernel/store.ts'
import {
  addCounter,
  breachOf,
  charge,
  counterOf,
  dropCounter,
  dropPages,
  hold,
  release,
  reshape,
  resetsAt,
  settle,
  usedAt,
  windowOf,
  type Charge,
  type Count,
  type Limits,
  type Window,
} from './caps.ts'
import { countersPerPage } from './counter.ts'
import { pages, slots } from './state.ts'

const firstMs = 1_800_000_000_000
const bucketMs = 1_000

type Step =
  | { readonly do: 'charge' | 'hold'; readonly amount: bigint }
  | { readonly do: 'settle' | 'release'; readonly which: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'reshape'; readonly buckets: number }

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constantFrom('charge' as const, 'hold' as const), amount: fc.bigInt(1n, 60n) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constantFrom('settle' as const, 'release' as const), which: fc.nat(8) }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.oneof(fc.nat(1_500), fc.nat(20_000)) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('reshape' as const), buckets: fc.integer({ min: 1, max: 128 }) }),
    },
  ),
  { maxLength: 120 },
)

type Entry = { readonly time: number; readonly amount: bigint; readonly count: number }

/** What a window of so many buckets and the current one has seen, by adding up everything. */
function sumOf(
  log: readonly Entry[],
  { bucketMs: width, ring }: Window,
  now: number,
): { readonly used: bigint; readonly usedCount: number } {
  const first = Math.floor(now / width) - ring + 1
  const inside = log.filter(({ time }) => Math.floor(time / width) >= first)
  return {
    used: inside.reduce((sum, { amount }) => sum + amount, 0n),
    usedCount: inside.reduce((sum, { count }) => sum + count, 0),
  }
}

class Model {
  readonly store = new Store([pages, slots], [7, 9])
  readonly limits: Limits
  of: Count
  now = firstMs
  log: Entry[] = []
  /** Payments as they were, which a new window does not move. */
  paid: Entry[] = []
  held: bigint[] = []

  constructor(place: number, window: Window, limits: Limits) {
    this.limits = limits
    this.of = { policy: 3, place, window }
    addCounter(this.context, this.of)
  }

  get context(): Context {
    return { chainId: 1, height: 1, time: this.now, store: this.store, sequence: 0, emit() {}, verify: () => undefined }
  }

  charge(amount: bigint): Charge {
    return {
      ...this.of,
      amount,
      count: 1,
      counter: usedAt(this.context, this.of, counterOf(this.context, this.of), this.now),
    }
  }

  sums(now = this.now): { readonly used: bigint; readonly usedCount: number } {
    return sumOf(this.log, this.of.window, now)
  }

  fits(amount: bigint, now: number): boolean {
    const { used, usedCount } = this.sums(now)
    const held = this.held.reduce((sum, one) => sum + one, 0n)
    return used + held + amount <= this.limits.maxAmount! && usedCount + this.held.length + 1 <= this.limits.maxCount!
  }
}

function spend(model: Model, amount: bigint): void {
  const entry = { time: model.now, amount, count: 1 }
  model.log.push(entry)
  model.paid.push(entry)
}

function take(model: Model, step: Step): void {
  if (step.do === 'wait') model.now += step.ms
  else if ('amount' in step) {
    const one = model.charge(step.amount)
    const isFine = breachOf(model.limits, one.counter, one) === undefined
    expect(isFine).toBe(model.fits(step.amount, model.now))
    const resets = resetsAt(model.context, one, model.limits)
    if (resets !== undefined) {
      expect(model.fits(step.amount, resets)).toBe(true)
      if (resets > model.now) expect(model.fits(step.amount, resets - 1)).toBe(false)
    } else expect(model.fits(step.amount, model.now + 1_000_000_000)).toBe(false)
    if (!isFine) return
    if (step.do === 'charge') {
      charge(model.context, [one], model.now)
      spend(model, step.amount)
    } else {
      hold(model.context, [one])
      model.held.push(step.amount)
    }
  } else if ('buckets' in step) {
    const to = windowOf({ kind: 'rolling', windowMs: step.buckets * bucketMs, buckets: step.buckets })!
    const { used, usedCount } = model.sums()
    reshape(model.context, model.of, to, model.now)
    model.of = { ...model.of, window: to }
    model.log = [{ time: model.now, amount: used, count: usedCount }]
    model.paid = []
  } else if (model.held.length > 0) {
    const [amount] = model.held.splice(step.which % model.held.length, 1)
    if (step.do === 'release') release(model.context, [model.charge(amount!)])
    else {
      settle(model.context, [model.charge(amount!)], model.now)
      spend(model, amount!)
    }
  }
}

/** No closed interval as long as the window carries more than the maximum, settlements included: they were held before. */
function requireWindows({ paid, of, limits }: Model): void {
  const windowMs = of.window.bucketMs * (of.window.ring - 1)
  for (const { time } of paid) {
    const inside = paid.filter((entry) => entry.time <= time && entry.time >= time - windowMs)
    expect(inside.reduce((sum, { amount }) => sum + amount, 0n) <= limits.maxAmount!).toBe(true)
    expect(inside.length <= limits.maxCount!).toBe(true)
  }
}

test('T03 T07 T18 counters are what adding up a log says, and no window ever carries more than its cap', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 128 }),
      fc.nat(15),
      fc.record({ maxAmount: fc.bigInt(1n, 300n), maxCount: fc.integer({ min: 1, max: 20 }) }),
      steps,
      (buckets, place, limits, history) => {
        const window = windowOf({ kind: 'rolling', windowMs: buckets * bucketMs, buckets })!
        const model = new Model(place, window, limits)
        for (const step of history) {
          take(model, step)
          const counter = usedAt(model.context, model.of, counterOf(model.context, model.of), model.now)
          const held = model.held.reduce((sum, one) => sum + one, 0n)
          expect({ used: counter.used, usedCount: counter.usedCount }).toEqual(model.sums())
          expect({ held: counter.held, heldCount: counter.heldCount }).toEqual({ held, heldCount: model.held.length })
          requireWindows(model)
        }
        dropCounter(model.context, model.of)
        dropPages(model.context, model.of.policy, { places: [], pageMax: Math.floor(place / countersPerPage) })
        expect(slots.count(model.context) + pages.count(model.context)).toBe(0)
      },
    ),
  )
})

test('a lifetime counts for ever', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.bigInt(1n, 60n), fc.nat(2 ** 40)), { maxLength: 40 }), (payments) => {
      const model = new Model(0, windowOf({ kind: 'lifetime' })!, { maxAmount: 500n, maxCount: 30 })
      for (const [amount, ms] of payments) {
        take(model, { do: 'charge', amount })
        take(model, { do: 'wait', ms })
      }
      expect(slots.count(model.context)).toBe(0)
    }),
  )
})
