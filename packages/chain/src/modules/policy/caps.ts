// What a cap has counted, and what still fits: rolling windows and lifetimes by one arithmetic (agent-policy 7, decisions 12).
// A payment touches the counter's row and, when its bucket is new, the slot of the last one; it never sums slots.
import { assert } from '../../assert.ts'
import type { Units } from '../../codec/Units.ts'
import type { Context, View } from '../../kernel/context.ts'
import type { Per } from './document.ts'
import { counters, freshCounter, slots, type Counter } from './state.ts'

/** Width of a bucket and number of slots, the oldest counted whole. A lifetime is one bucket that never ends. */
export type Window = { readonly bucketMs: number; readonly ring: number }

/** The window of a cap that counts; undefined for a cap on single payments. */
export function windowOf(per: Per): Window | undefined {
  if (per.kind === 'payment') return undefined
  if (per.kind === 'lifetime') return { bucketMs: Number.MAX_SAFE_INTEGER, ring: 1 }
  return { bucketMs: per.windowMs / per.buckets, ring: per.buckets + 1 }
}

/** A counter in use: the slot of its row, and its window. */
export type Count = { readonly slot: number; readonly window: Window }

/** What is to be added: cap units (0 without denom), and one payment. */
export type Charge = Count & { readonly amount: Units; readonly count: number }

function bucketOf({ bucketMs }: Window, now: number): number {
  return Math.floor(now / bucketMs)
}

/** The counter as it is at a time: what left the window is no longer used. Reads the leaving slots only. */
export function usedAt(view: View, { slot, window }: Count, counter: Counter, now: number): Counter {
  const first = bucketOf(window, now) - window.ring + 1
  let { oldest } = counter
  if (oldest >= first) return counter
  let { used, usedCount } = counter
  while (oldest < first && oldest < counter.bucket) {
    const left = slots.get(view, { counter: slot, place: oldest % window.ring })
    used -= left.amount
    usedCount -= left.count
    oldest += left.next
  }
  if (oldest >= first) return { ...counter, oldest, used, usedCount }
  assert(used === counter.newest, 'The newest bucket is all that is left of a window.')
  return { ...counter, oldest, used: 0n, usedCount: 0, newest: 0n, newestCount: 0 }
}

/** Adds what was judged to fit to the bucket of this time. */
export function charge(context: Context, { slot, window, amount, count }: Charge, now: number): void {
  add(context, { slot, window, amount, count }, counters.at(context, slot), now)
}

function add(context: Context, { slot, window, amount, count }: Charge, counter: Counter, now: number): void {
  const { used, usedCount, oldest, newest, newestCount } = usedAt(context, { slot, window }, counter, now)
  const { bucket } = counter
  for (let at = counter.oldest; at < oldest;) at += takeSlot(context, slot, at % window.ring)
  const index = bucketOf(window, now)
  const isSame = index === bucket
  const isEmpty = newest === 0n && newestCount === 0
  if (!isSame && !isEmpty) {
    slots.put(
      context,
      { counter: slot, place: bucket % window.ring },
      { amount: newest, count: newestCount, next: index - bucket },
    )
  }
  counters.putAt(context, slot, {
    bucket: index,
    oldest: isEmpty ? index : oldest,
    used: used + amount,
    usedCount: usedCount + count,
    held: counter.held,
    heldCount: counter.heldCount,
    newest: isSame ? newest + amount : amount,
    newestCount: isSame ? newestCount + count : count,
  })
}

/** Removes a slot; returns how many buckets later the next one is. */
function takeSlot(context: Context, counter: number, place: number): number {
  const at = slots.slotOf(context, { counter, place })
  assert(at >= 0, `Counter ${counter} has no slot ${place}.`)
  const { next } = slots.at(context, at)
  slots.removeAt(context, at)
  return next
}

/** Holds what was judged to fit. Held amounts never leave a window by age (T18). */
export function hold(context: Context, { slot, amount, count }: Charge): void {
  const counter = counters.at(context, slot)
  counters.putAt(context, slot, { ...counter, held: counter.held + amount, heldCount: counter.heldCount + count })
}

function unheld({ slot, amount, count }: Charge, counter: Counter): Counter {
  assert(counter.held >= amount, `Counter ${slot} holds ${counter.held}, not ${amount}.`)
  assert(counter.heldCount >= count, `Counter ${slot} holds ${counter.heldCount} payments, not ${count}.`)
  return { ...counter, held: counter.held - amount, heldCount: counter.heldCount - count }
}

/** What was held becomes used, in the bucket of the settlement. */
export function settle(context: Context, held: Charge, now: number): void {
  add(context, held, unheld(held, counters.at(context, held.slot)), now)
}

/** What was held is given back. */
export function release(context: Context, held: Charge): void {
  counters.putAt(context, held.slot, unheld(held, counters.at(context, held.slot)))
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

/** The first limit that a charge would break, amount before count; undefined when it fits. */
export function breachOf(
  { maxAmount, maxCount }: Limits,
  counter: Counter,
  { amount, count }: { readonly amount: Units; readonly count: number },
): 'amount' | 'count' | undefined {
  if (maxAmount !== undefined && counter.used + counter.held + amount > maxAmount) return 'amount'
  return maxCount !== undefined && counter.usedCount + counter.heldCount + count > maxCount ? 'count' : undefined
}

/**
 * The earliest time in ms at which a charge fits, if nothing else is spent; undefined: not by waiting, while holds stay.
 * Walks the used slots, so it is for answers, never for the path of a payment that fits.
 */
export function resetsAt(
  view: View,
  { slot, window, amount, count }: Charge,
  limits: Limits,
  now: number,
): number | undefined {
  let counter = usedAt(view, { slot, window }, counters.at(view, slot), now)
  if (breachOf(limits, counter, { amount, count }) === undefined) return now
  if (window.ring === 1) return undefined
  for (let at = counter.oldest; at <= counter.bucket;) {
    const isLast = at === counter.bucket
    const left = isLast
      ? { amount: counter.newest, count: counter.newestCount, next: 1 }
      : slots.get(view, { counter: slot, place: at % window.ring })
    counter = { ...counter, used: counter.used - left.amount, usedCount: counter.usedCount - left.count }
    if (breachOf(limits, counter, { amount, count }) === undefined) return (at + window.ring) * window.bucketMs
    at += left.next
  }
  return undefined
}

/** Makes the row of a new counter. */
export function addCounter(context: Context, policy: number, number: number): void {
  counters.put(context, { policy, number }, freshCounter)
}

/** Forgets a counter and its slots. */
export function dropCounter(context: Context, { slot, window }: Count): void {
  clearSlots(context, { slot, window })
  counters.removeAt(context, slot)
}

/** Gives a counter another window: all that is used starts in the newest bucket (agent-policy 16.6). */
export function reshape(context: Context, { slot, window }: Count, to: Window, now: number): void {
  const { used, usedCount, held, heldCount } = usedAt(context, { slot, window }, counters.at(context, slot), now)
  clearSlots(context, { slot, window })
  const bucket = bucketOf(to, now)
  counters.putAt(context, slot, {
    bucket,
    oldest: bucket,
    used,
    usedCount,
    held,
    heldCount,
    newest: used,
    newestCount: usedCount,
  })
}

function clearSlots(context: Context, { slot, window }: Count): void {
  const { oldest, bucket } = counters.at(context, slot)
  for (let at = oldest; at < bucket;) at += takeSlot(context, slot, at % window.ring)
}
