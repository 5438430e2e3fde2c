// The only evaluator: pure, and asked by payments, holds and dry runs alike. The first hard failure of agent-policy 6 is the reason.
import { assert } from '../../assert.ts'
import type { Address } from '../../codec/Address.ts'
import * as Units from '../../codec/Units.ts'
import type { View } from '../../kernel/context.ts'
import { param } from '../../kernel/params.ts'
import { wireRefusals, type Refusal } from '../../wire/refusal.ts'
import { findAccount, ownerOf, resolve } from '../accounts/index.ts'
import { accountsRefusals } from '../accounts/wire.ts'
import { accountMin, findAsset, toCurrencyUnits } from '../bank/index.ts'
import { bankRefusals, currencyDecimals } from '../bank/wire.ts'
import { breachOf, createCounters, remainingOf, resetsAt, usedAt, type Charge } from './caps.ts'
import type { Counter } from './counter.ts'
import { compile, type CountedCap, type Rules } from './compile.ts'
import { appliesTo, type AssetFacts, type Cap } from './document.ts'
import type { Intent } from './intent.ts'
import { documents, policies, type Policy } from './state.ts'
import { policyRefusals } from './wire.ts'
import { capAmountWords, formatTime } from './words.ts'

/** `allow` carries what to charge, so that payments and holds apply a decision and never recompute it. */
export type Decision =
  | {
      readonly kind: 'allow'
      readonly policyVersion: number
      /** Counters of the policy with a lower number exist now. */
      readonly counters: number
      readonly charges: readonly Charge[]
    }
  | { readonly kind: 'deny'; readonly refusal: Refusal; readonly capId?: string }

const free: Decision = { kind: 'allow', policyVersion: 0, counters: 0, charges: [] }

function deny(refusal: Refusal): Decision {
  return { kind: 'deny', refusal }
}

/** The decision on one wish to pay, at the time of the view. The balance is judged after it, by bank. */
export function evaluate(view: View, intent: Intent): Decision {
  const { account, asset, amount, payee } = intent
  const wrong = amountRefusal(amount)
  if (wrong !== undefined) return deny(wrong)
  if (account === payee) return deny(bankRefusals.refusal('same_account', { account }))
  const facts = findAsset(view, asset)
  if (facts === undefined) return deny(bankRefusals.refusal('unknown_asset', { asset }))
  const slot = policies.slotOf(view, account)
  if (slot < 0) {
    if (ownerOf(view, account) === undefined) return free
    return deny(policyRefusals.refusal('no_policy', { account }))
  }
  const policy = policies.at(view, slot)
  const rules = rulesOf(view, policy)
  const refusal = refusalOf(view, { intent, policy, rules })
  if (refusal !== undefined) return deny(refusal)
  return judgeCaps(view, { intent, facts, slot, policy, rules })
}

/** Why an amount can never be paid, or undefined. */
export function amountRefusal(amount: Units.Units): Refusal | undefined {
  if (amount > 0n && amount <= Units.max) return undefined
  return wireRefusals.refusal('amount_invalid', {
    amount,
    problem: amount > 0n ? 'it is above 2^128 - 1' : 'it must be at least 1',
  })
}

/** The rules of a policy in force. */
function rulesOf(view: View, { body }: Policy): Rules {
  return compile(documents.get(view, String(body)))
}

type Case = { readonly intent: Intent; readonly policy: Policy; readonly rules: Rules }

/** Steps P1 to P8. */
function refusalOf(view: View, { intent, policy, rules }: Case): Refusal | undefined {
  const { account, scheme, asset, payee, family, validBefore } = intent
  const { notBefore, expiresAt } = policy
  const now = view.time
  if (policy.status === 'frozen') return policyRefusals.refusal('frozen', { account })
  if (now < notBefore) return policyRefusals.refusal('not_yet', { account, notBefore, now })
  if (now >= expiresAt) return policyRefusals.refusal('expired', { account, expiresAt, now })
  if (scheme !== 'charge') return policyRefusals.refusal('scheme_not_allowed', { account, scheme })
  if (!rules.assets.has(asset)) return policyRefusals.refusal('asset_not_allowed', { account, asset })
  if (isListed(view, rules.payees, intent) !== (rules.document.payees.mode === 'allow')) {
    return policyRefusals.refusal('payee_not_allowed', { account, payee })
  }
  const max = rules.document.maxAuthLifetimeMs[family]
  if (validBefore - now <= max) return undefined
  const lifetime = validBefore - now
  return accountsRefusals.refusal('auth_too_long', { lifetime, max }, family === 'eip3009' ? 'later' : 'never')
}

/** Whether an entry of the list stands for the payee. Only an agent has other addresses than its own: those of its keys. */
function isListed(view: View, list: ReadonlySet<Address>, { payee, signed }: Intent): boolean {
  if (list.size === 0) return false
  if (list.has(payee) || list.has(signed.to)) return true
  if (ownerOf(view, payee) === undefined) return false
  for (const entry of list) if (resolve(view, entry) === payee) return true
  return false
}

type CapsCase = Case & { readonly facts: AssetFacts; readonly slot: number }

/** An amount of an asset in the units of a cap that applies to it, rounded up. */
export function capUnits(cap: Cap, amount: Units.Units, { decimals }: AssetFacts): Units.Units {
  if (cap.denom === undefined || 'asset' in cap.denom || decimals === currencyDecimals) return amount
  return toCurrencyUnits(amount, decimals)
}

/** Step P10: every cap in the order of the list; inside a cap amount, then count. */
function judgeCaps(view: View, caps: CapsCase): Decision {
  const { intent, facts, slot, policy, rules } = caps
  const read = createCounters(view, slot)
  const charges: Charge[] = []
  for (const counted of rules.caps) {
    const { cap } = counted
    if (!appliesTo(cap, intent.asset, facts)) continue
    const needed = capUnits(cap, intent.amount, facts)
    if (counted.window === undefined) {
      if (needed > cap.maxAmount!) return denyCap(view, caps, counted)
      continue
    }
    const charge = chargeOf(view, { counted, slot, needed, read })
    if (breachOf(cap, charge.counter, charge) !== undefined) return denyCap(view, caps, counted)
    charges.push(charge)
  }
  return { kind: 'allow', policyVersion: policy.version, counters: policy.nextCounter, charges }
}

type Counting = {
  readonly counted: CountedCap
  readonly slot: number
  readonly needed: Units.Units
  readonly read: (place: number) => Counter
}

/** What a payment adds to a cap; `slot` is the policy's. */
function chargeOf(view: View, { counted: { cap, place, window }, slot, needed, read }: Counting): Charge {
  assert(window !== undefined, `Cap ${cap.id} counts nothing.`)
  // Payments are counted whether limited or not, so that a later change may limit them; amounts only where a limit bounds their sum.
  const amount = cap.maxAmount === undefined ? 0n : needed
  const charge = { policy: slot, place, window, counter: read(place), amount, count: 1 }
  const counter = usedAt(view, charge, charge.counter, view.time)
  return counter === charge.counter ? charge : { ...charge, counter }
}

/** The refusal of the first cap that a payment breaks. */
function denyCap(view: View, caps: CapsCase, counted: CountedCap): Decision {
  const { cap } = counted
  const needed = capUnits(cap, caps.intent.amount, caps.facts)
  const words = (amount: Units.Units): string => capAmountWords(cap, amount, (asset) => findAsset(view, asset))
  const common = { capId: cap.id, needed, cost: words(needed) }
  if (counted.window === undefined) {
    const refusal = policyRefusals.refusal('cap_payment', {
      ...common,
      remaining: cap.maxAmount!,
      left: words(cap.maxAmount!),
    })
    return { kind: 'deny', refusal, capId: cap.id }
  }
  const charge = chargeOf(view, { counted, slot: caps.slot, needed, read: createCounters(view, caps.slot) })
  const { amount, count } = remainingOf(cap, charge.counter)
  const resets = fitsAt(view, caps)
  if (breachOf(cap, charge.counter, charge) === 'count') {
    const values = { capId: cap.id, needed: 1, remaining: count, resetsAt: resets, when: whenWords(resets) }
    const retry = cap.per.kind === 'lifetime' ? 'owner' : undefined
    return { kind: 'deny', refusal: policyRefusals.refusal('cap_count', values, retry), capId: cap.id }
  }
  const name = cap.per.kind === 'lifetime' ? 'cap_lifetime' : 'cap_window'
  const retry = name === 'cap_window' && needed > cap.maxAmount! ? 'never' : undefined
  const left = { ...common, remaining: amount, left: words(amount!) }
  const values = name === 'cap_window' ? { ...left, resetsAt: resets, when: whenWords(resets) } : left
  return { kind: 'deny', refusal: policyRefusals.refusal(name, values, retry), capId: cap.id }
}

/** For hints: when a payment fits by waiting. */
function whenWords(resets: number | undefined): string {
  return resets === undefined ? 'not by waiting' : `at ${formatTime(resets)}`
}

/** When every cap fits if nothing else is spent, in ms; undefined: not by waiting, or only when the policy has ended. */
function fitsAt(view: View, { intent, facts, slot, policy, rules }: CapsCase): number | undefined {
  const read = createCounters(view, slot)
  let latest = view.time
  for (const counted of rules.caps) {
    const { cap } = counted
    if (!appliesTo(cap, intent.asset, facts)) continue
    const needed = capUnits(cap, intent.amount, facts)
    if (counted.window === undefined) {
      if (needed > cap.maxAmount!) return undefined
      continue
    }
    const fits = resetsAt(view, chargeOf(view, { counted, slot, needed, read }), cap)
    if (fits === undefined) return undefined
    latest = Math.max(latest, fits)
  }
  return latest < policy.expiresAt ? latest : undefined
}

type Held = {
  readonly account: Address
  readonly asset: Address
  readonly amount: Units.Units
  readonly counters: number
}

/** Where a reservation is held today: in the caps that counted it when it was judged and still exist. */
export function heldCharges(view: View, { account, asset, amount, counters: before }: Held): readonly Charge[] {
  const slot = policies.slotOf(view, account)
  if (slot < 0) return []
  const facts = findAsset(view, asset)
  assert(facts !== undefined, `Asset ${asset} of a reservation is gone.`)
  const read = createCounters(view, slot)
  const charges: Charge[] = []
  for (const counted of rulesOf(view, policies.at(view, slot)).caps) {
    if (counted.window === undefined || counted.number >= before || !appliesTo(counted.cap, asset, facts)) continue
    charges.push(chargeOf(view, { counted, slot, needed: capUnits(counted.cap, amount, facts), read }))
  }
  return charges
}

/** Why a payee without an account would not get one by this credit, or undefined. */
export function firstCreditRefusal(view: View, payee: Address, credit: Units.Units): Refusal | undefined {
  if (findAccount(view, payee) !== undefined) return undefined
  const minimum = param(view, accountMin)
  return credit < minimum ? bankRefusals.refusal('below_minimum', { minimum, amount: credit }) : undefined
}
