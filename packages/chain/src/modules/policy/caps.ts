// What a cap has counted, and what still fits: rolling windows and lifetimes by one arithmetic (agent-policy 7, decisions 12).
// A payment writes the row of its counters and, where a bucket is new, the slot of the last one; it never sums slots.
import { assert } from '../../assert.ts'
import type { Units } from '../../codec/Units.ts'
import type { Context, View } from '../../kernel/context.ts'
import {
  addToNewest,
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

/** A counter: the slot of its policy's row, its place among the policy's counters, and its window. */
export type Count = { readonly policy: number; readonly place: number; readonly window: Window }

/** What a payment adds: cap units (0 where the cap has no maxAmount), and one payment. */
export type Need = { readonly amount: Units; readonly count: number }

/** A counter as `usedAt` the time of the judgement, and what is to be added to it. */
export type Charge = Count & Need & { readonly counter: Counter }

function bucketOf({ bucketMs }: Window, now: number): number {
  return Math.floor(now / bucketMs)
}

/** Where the counters of one page lie. Valid until the next row of the table is made or removed. */
type OpenPage = {
  readonly policy: number
  readonly page: number
  readonly slot: number
  readonly data: DataView
  readonly at: number
}

/** Opens the page of a place, unless it is the open one: most policies have one page, and a payment looks it up once. */
function openPage(
  view: View,
  policy: number,
  { place, open }: { readonly place: number; readonly open: OpenPage | undefined },
): OpenPage {
  const page = Math.floor(place / countersPerPage)
  if (open?.page === page) return open
  const slot = pages.slotOf(view, { policy, page })
  assert(slot >= 0, `Policy ${policy} has no counters on page ${page}.`)
  const { view: data, at } = view.store.rows(pages.number).read(slot)
  return { policy, page, slot, data, at }
}

function offsetOf({ at, page }: OpenPage, place: number): number {
  return at + (place - page * countersPerPage) * counterBytes
}

/** Reads the counters of one policy, each as it was left by its last change. */
export function createCounters(view: View, policy: number): (place: number) => Counter {
  let open: OpenPage | undefined
  return (place) => {
    open = openPage(view, policy, { place, open })
    return readCounter(open.data, offsetOf(open, place))
  }
}

/** One counter as it was left by its last change. */
export function counterOf(view: View, { policy, place }: Omit<Count, 'window'>): Counter {
  return createCounters(view, policy)(place)
}

/** Changes counters of one policy in their rows; those of one page together, so that the row is kept for undo once. */
function update(
  context: Context,
  charges: readonly Charge[],
  change: (data: DataView, at: number, charge: Charge) => void,
): void {
  let open: OpenPage | undefined
  for (const charge of charges) {
    const page = openPage(context, charge.policy, { place: charge.place, open })
    if (page !== open) context.store.rows(pages.number).write(page.slot)
    open = page
    change(page.data, offsetOf(page, charge.place), charge)
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
  update(context, charges, (data, at, one) => {
    if (bucketOf(one.window, now) === one.counter.bucket) addToNewest({ data, at }, one.counter, one)
    else writeCounter(data, at, added(context, { charge: one, left: readCounter(data, at).oldest, now }))
  })
}

type Adding = {
  readonly charge: Charge
  /** The oldest bucket that has a slot. */ readonly left: number
  readonly now: number
}

/** The counter with what is added; its slots move on: those that left the window go, the bucket before this one joins them. */
function added(context: Context, { charge: one, left, now }: Adding): Counter {
  const { counter, amount, count } = one
  const { bucket, oldest, newest, newestCount } = counter
  const index = bucketOf(one.window, now)
  const used = counter.used + amount
  const usedCount = counter.usedCount + count
  if (index === bucket)
    return { ...counter, used, usedCount, newest: newest + amount, newestCount: newestCount + count }
  for (let at = left; at < oldest;) at += takeSlot(context, slotKey(one, at))
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

/** Holds what was judged to fit. Held amounts never leave a window by age (T18); the window moves when something is spent. */
export function hold(context: Context, charges: readonly Charge[]): void {
  update(context, charges, (data, at, { amount, count }) => {
    const counter = readCounter(data, at)
    writeCounter(data, at, { ...counter, held: counter.held + amount, heldCount: counter.heldCount + count })
  })
}

function unheld(counter: Counter, { place, amount, count }: Charge): Counter {
  assert(counter.held >= amount, `Counter ${place} holds ${counter.held}, not ${amount}.`)
  assert(counter.heldCount >= count, `Counter ${place} holds ${counter.heldCount} payments, not ${count}.`)
  return { ...counter, held: counter.held - amount, heldCount: counter.heldCount - count }
}

/** What was held becomes used, in the bucket of the settlement. */
export function settle(context: Context, charges: readonly Charge[], now: number): void {
  update(context, charges, (data, at, one) => {
    const settled = { ...one, counter: unheld(one.counter, one) }
    writeCounter(data, at, added(context, { charge: settled, left: readCounter(data, at).oldest, now }))
  })
}

/** What was held is given back. */
export function release(context: Context, charges: readonly Charge[]): void {
  update(context, charges, (data, at, one) => writeCounter(data, at, unheld(readCounter(data, at), one)))
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
  const page = openPage(context, policy, { place, open: undefined })
  context.store.rows(pages.number).write(page.slot)
  writeCounter(page.data, offsetOf(page, place), counter)
}

function clearSlots(context: Context, of: Count): void {
  const { oldest, bucket } = counterOf(context, of)
  for (let at = oldest; at < bucket;) at += takeSlot(context, slotKey(of, at))
}
