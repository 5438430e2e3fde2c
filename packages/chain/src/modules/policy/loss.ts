// What can still be lost: the most that an agent's keys could move today and right now, as a number and as a sentence (shapes 6).
import type { Address } from '../../codec/Address.ts'
import type { Units } from '../../codec/Units.ts'
import type { View } from '../../kernel/context.ts'
import { balanceOf, findAsset, toCurrencyUnits } from '../bank/index.ts'
import { currencyDecimals } from '../bank/wire.ts'
import { counterOf, usedAt, windowOf, type Count } from './caps.ts'
import type { Counter } from './counter.ts'
import type { Cap, PolicyDocument } from './document.ts'
import type { Body, Policy } from './state.ts'
import { formatAmount } from './words.ts'

const dayMs = 86_400_000

/** A cap with its counter as it stands now; a cap on single payments has none, and bounds no sum. */
export type CapState = { readonly cap: Cap; readonly counted: (Count & { readonly counter: Counter }) | undefined }

/** Every cap of a policy with its counter at the time of the view. */
export function capStates(view: View, policy: number, { document, counters }: Body): readonly CapState[] {
  return document.caps.map((cap, i) => {
    const window = windowOf(cap.per)
    if (window === undefined) return { cap, counted: undefined }
    const of = { policy, place: counters[i]!.place, window }
    return { cap, counted: { ...of, counter: usedAt(view, of, counterOf(view, of), view.time) } }
  })
}

/** Amounts in currency units (6 decimals): what can be lost within a day, and at this moment. */
export type Loss = { readonly today: Units; readonly now: Units; readonly currency: string }

type Subject = {
  readonly account: Address
  readonly policy: Policy
  readonly document: PolicyDocument
  readonly caps: readonly CapState[]
}

const min = (a: Units, b: Units): Units => (a < b ? a : b)
const positive = (a: Units): Units => (a < 0n ? 0n : a)

/** The most that a cap lets out: within a day, and now on top of what is held. */
function boundsOf({ cap, counted }: CapState): { readonly today: Units; readonly now: Units } | undefined {
  if (cap.maxAmount === undefined || counted === undefined) return undefined
  const { counter } = counted
  const now = positive(cap.maxAmount - counter.used - counter.held)
  if (cap.per.kind !== 'rolling') return { today: positive(cap.maxAmount - counter.used), now }
  return { today: cap.maxAmount * BigInt(Math.ceil(dayMs / cap.per.windowMs)), now }
}

/** The assets of a policy in one currency, that of the first. A policy over several currencies is told in its first; caps bind each. */
export function lossOf(view: View, { account, policy, document, caps }: Subject): Loss {
  const currency = document.assets.map((asset) => findAsset(view, asset)!.currency)[0] ?? 'USD'
  const spendable = policy.status === 'active' && view.time < policy.expiresAt
  let today = 0n
  let now = 0n
  let held = 0n
  for (const asset of document.assets) {
    const { decimals, currency: of } = findAsset(view, asset)!
    if (of !== currency) continue
    const { available, locked } = balanceOf(view, account, asset)
    const bounds = caps.flatMap((state) =>
      'asset' in (state.cap.denom ?? {}) && (state.cap.denom as { asset: Address }).asset === asset
        ? (boundsOf(state) ?? [])
        : [],
    )
    today += toCurrencyUnits(
      bounds.reduce((least, bound) => min(least, bound.today), available + locked),
      decimals,
    )
    now += toCurrencyUnits(
      bounds.reduce((least, bound) => min(least, bound.now), available),
      decimals,
    )
    held += toCurrencyUnits(locked, decimals)
  }
  if (!spendable) return { today: held, now: held, currency }
  for (const state of caps) {
    const bound = 'currency' in (state.cap.denom ?? {}) ? boundsOf(state) : undefined
    if (bound !== undefined) [today, now] = [min(today, bound.today), min(now, bound.now)]
  }
  return { today: today > held ? today : held, now: now + held, currency }
}

/** The sentence that pages and the command line print. */
export function lossWords({ today, now, currency }: Loss, { status }: Policy): string {
  const amount = (units: Units): string => `${formatAmount(units, currencyDecimals)} ${currency}`
  const loss = `The most it can lose today is ${amount(today)}, right now ${amount(now)}.`
  return status === 'frozen' ? `It is frozen. ${loss}` : loss
}
