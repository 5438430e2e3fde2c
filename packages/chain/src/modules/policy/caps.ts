// What a cap has counted, and what still fits: rolling windows and lifetimes by one arithmetic (agent-policy 7, decisions 12).
// A payment writes the row of its counters and, where a bucket is new, the slot of the last one; it never sums slots.
import { assert } from '../../assert.ts'
import type { Units } from '../../codec/Units.ts'
import type { Context, View } from '../../kernel/context.ts'
import {
  counterBytes,
  countersPerPage,
  freshCounter,
  freshPage,
  readCounter,
  writeCounter,
  type Counter,
} from './counter.ts'
import type { Per } from './document.ts'
import { pages, slots } from './state.ts'

/** Width of a bucket and number of slots, the oldest counted whole. A lifetime is one bucket that never ends. */
export type Window = { readonly bucketMs: number; readonly ring: number }

/** The window of a cap that counts; undefined for a cap on single payments. */
export function windowOf(per: Per): Window | undefined {
  if (per.kind === 'payment') return undefined
  if (per.kind === 'lifetime') return { bucketMs: Number.MAX_SAFE_INTEGER, ring: 1 }
  return { bucketMs: per.windowMs / per.buckets, ring: per.buckets + 1 }
}

/** Where a counter is: the slot of its policy's row, its place among the policy's counters, and its window. */
export type Count = { readonly policy: number; readonly place: number; readonly window: Window }

/** What a payment adds: cap units (0 where the cap has no maxAmount), and one payment. */
export type Need = { readonly amount: Units; readonly count: number }

/** A counter as `usedAt` the time of the judgement, and what is to be added to it. */
export type Charge = Count & Need & { readonly counter: Counter }

function bucketOf({ bucketMs }: Window, now: number): number {
  return Math.floor(now / bucketMs)
}

function pageSlot(view: View, policy: number, page: number): number {
  const slot = pages.slotOf(view, { policy, page })
  assert(slot >= 0, `Policy ${policy} has no counters on page ${page}.`)
  return slot
}

/** The counter as it was left by its last change. */
export function counterOf(view: View, { policy, place }: Omit<Count, 'window'>): Counter {
  const page = Math.floor(place / countersPerPage)
  const { view: data, at } = view.store.rows(pages.number).read(pageSlot(view, policy, page))
  return readCounter(data, at + (place - page * countersPerPage) * counterBytes)
}

/** Changes counters of one policy; those of one page together, so that the row is kept for undo once. */
function update(context: Context, charges: readonly Charge[], change: (charge: Charge) => Counter): void {
  const store = context.store.rows(pages.number)
  let open = -1
  let data: DataView | undefined
  let at = 0
  for (const charge of charges) {
    const page = Math.floor(charge.place / countersPerPage)
    if (page !== open) {
      const writer = store.write(pageSlot(context, charge.policy, page))
      open = page
      data = writer.view
      at = writer.at
    }
    writeCounter(data!, at + (charge.place - page * countersPerPage) * counterBytes, change(charge))
  }
}

/** The counter at a time: what left the window is no longer used. Reads the leaving slots only. */
export function usedAt(view: View, of: Count, counter: Counter, now: number): Counter {
  const { window } = of
  const first = bucketOf(window, now) - window.ring + 1
  if (counter.oldest >= first) return counter
  let { oldest, used, usedCount } = counter
  while (oldest < first && oldest < counter.bucket) {
    const left = slots.get(view, slotKey(of, oldest))
    used -= left.amount
    usedCount -= left.count
    oldest += left.next
  }
  if (oldest >= first) return { ...counter, oldest, used, usedCount }
  assert(used === counter.newest, 'The newest bucket is all that is left of a window.')
  return { ...counter, oldest, used: 0n, usedCount: 0, newest: 0n, newestCount: 0 }
}

type SlotKey = { readonly policy: number; readonly counter: number; readonly place: number }

function slotKey({ policy, place, window }: Count, bucket: number): SlotKey {
  return { policy, counter: place, place: bucket % window.ring }
}

/** Adds what was judged to fit to the bucket of this time. */
export function charge(context: Context, charges: readonly Charge[], now: number): void {
  update(context, charges, (one) => added(context, one, now))
}

/** Moves the window on in `slots` and adds to the bucket of this time. */
function added(context: Context, one: Charge, now: number): Counter {
  const { counter, amount, count } = one
  const { bucket, oldest, newest, newestCount } = counter
  const index = bucketOf(one.window, now)
  const used = counter.used + amount
  const usedCount = counter.usedCount + count
  if (index === bucket)
    return { ...counter, used, usedCount, newest: newest + amount, newestCount: newestCount + count }
  for (let at = counterOf(context, one).oldest; at < oldest;) at += takeSlot(context, slotKey(one, at))
  const isEmpty = newestCount === 0
  if (!isEmpty) slots.put(context, slotKey(one, bucket), { amount: newest, count: newestCount, next: index - bucket })
  return {
    ...counter,
    bucket: index,
    oldest: isEmpty ? index : oldest,
    used,
    usedCount,
    newest: amount,
    newestCount: count,
  }
}

/** Removes a slot; returns how many buckets later the next one is. */
function takeSlot(context: Context, key: SlotKey): number {
  const at = slots.slotOf(context, key)
  assert(at >= 0, `Counter ${key.counter} of policy ${key.policy} has no slot ${key.place}.`)
  const { next } = slots.at(context, at)
  slots.removeAt(context, at)
  return next
}

/** Holds what was judged to fit. Held amounts never leave a window by age (T18). */
export function hold(context: Context, charges: readonly Charge[]): void {
  // The window moves when something is spent, so the counter is written as it was left.
  update(context, charges, (one) => {
    const counter = counterOf(context, one)
    return { ...counter, held: counter.held + one.amount, heldCount: counter.heldCount + one.count }
  })
}

function unheld(counter: Counter, { place, amount, count }: Charge): Counter {
  assert(counter.held >= amount, `Counter ${place} holds ${counter.held}, not ${amount}.`)
  assert(counter.heldCount >= count, `Counter ${place} holds ${counter.heldCount} payments, not ${count}.`)
  return { ...counter, held: counter.held - amount, heldCount: counter.heldCount - count }
}

/** What was held becomes used, in the bucket of the settlement. */
export function settle(context: Context, charges: readonly Charge[], now: number): void {
  update(context, charges, (one) => added(context, { ...one, counter: unheld(one.counter, one) }, now))
}

/** What was held is given back. */
export function release(context: Context, charges: readonly Charge[]): void {
  update(context, charges, (one) => unheld(counterOf(context, one), one))
}

/** Limits of a cap that are set. */
export type Limits = { readonly maxAmount?: Units; readonly maxCount?: number }

/** How much more and how many more still fit; `counter` as of `usedAt`. */
export function remainingOf(
  { maxAmount, maxCount }: Limits,
  counter: Counter,
): { readonly amount: Units | undefined; readonly count: number | undefined } {
  const amount = maxAmount === undefined ? undefined : maxAmount - counter.used - counter.held
  const count = maxCount === undefined ? undefined : maxCount - counter.usedCount - counter.heldCount
  return {
    amount: amount !== undefined && amount < 0n ? 0n : amount,
    count: count === undefined ? undefined : Math.max(0, count),
  }
}

/** The first limit that a need would break, amount before count; undefined when it fits. */
export function breachOf(
  { maxAmount, maxCount }: Limits,
  counter: Counter,
  need: Need,
): 'amount' | 'count' | undefined {
  if (maxAmount !== undefined && counter.used + counter.held + need.amount > maxAmount) return 'amount'
  return maxCount !== undefined && counter.usedCount + counter.heldCount + need.count > maxCount ? 'count' : undefined
}

/**
 * The earliest time in ms at which a charge fits, if nothing else is spent; undefined: not by waiting, while holds stay.
 * Walks the used slots, so it is for answers, never for the path of a payment that fits.
 */
export function resetsAt(view: View, charge: Charge, limits: Limits): number | undefined {
  const { window, counter } = charge
  let { used, usedCount } = counter
  if (breachOf(limits, counter, charge) === undefined) return view.time
  if (window.ring === 1) return undefined
  for (let at = counter.oldest; at <= counter.bucket;) {
    const left =
      at === counter.bucket
        ? { amount: counter.newest, count: counter.newestCount, next: 1 }
        : slots.get(view, slotKey(charge, at))
    used -= left.amount
    usedCount -= left.count
    if (breachOf(limits, { ...counter, used, usedCount }, charge) === undefined)
      return (at + window.ring) * window.bucketMs
    at += left.next
  }
  return undefined
}

/** Makes a counter in a place that is free. */
export function addCounter(context: Context, { policy, place }: Omit<Count, 'window'>): void {
  const key = { policy, page: Math.floor(place / countersPerPage) }
  if (pages.slotOf(context, key) < 0) pages.put(context, key, freshPage)
  else replace(context, { policy, place }, freshCounter)
}

/** Forgets a counter and its slots; the page stays until `dropPages`. */
export function dropCounter(context: Context, of: Count): void {
  clearSlots(context, of)
  replace(context, of, freshCounter)
}

/** Removes pages on which no place is taken. */
export function dropPages(
  context: Context,
  policy: number,
  { places, pageMax }: { readonly places: readonly number[]; readonly pageMax: number },
): void {
  for (let page = 0; page <= pageMax; page++) {
    if (places.some((place) => Math.floor(place / countersPerPage) === page)) continue
    pages.remove(context, { policy, page })
  }
}

/** Gives a counter another window: all that is used starts in the newest bucket (agent-policy 16.6). */
export function reshape(context: Context, of: Count, to: Window, now: number): void {
  const counter = usedAt(context, of, counterOf(context, of), now)
  clearSlots(context, of)
  const bucket = bucketOf(to, now)
  replace(context, of, { ...counter, bucket, oldest: bucket, newest: counter.used, newestCount: counter.usedCount })
}

function replace(context: Context, { policy, place }: Omit<Count, 'window'>, counter: Counter): void {
  const page = Math.floor(place / countersPerPage)
  const { view: data, at } = context.store.rows(pages.number).write(pageSlot(context, policy, page))
  writeCounter(data, at + (place - page * countersPerPage) * counterBytes, counter)
}

function clearSlots(context: Context, of: Count): void {
  const { oldest, bucket } = counterOf(context, of)
  for (let at = oldest; at < bucket;) at += takeSlot(context, slotKey(of, at))
}
