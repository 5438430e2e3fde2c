// Holds: judged as a payment and counted at once, paid or given back later without being judged again (agent-policy 8).
import { assert } from '../../assert.ts'
import type { Address } from '../../codec/Address.ts'
import type { Hash } from '../../codec/Hash.ts'
import type { Units } from '../../codec/Units.ts'
import type { Context, View } from '../../kernel/context.ts'
import { openAccount } from '../accounts/index.ts'
import type { Share } from '../bank/index.ts'
import { lock, requireAvailable, unlock } from '../bank/lock.ts'
import { move } from '../bank/move.ts'
import { share } from '../toll/index.ts'
import { hold as holdCaps, release as releaseCaps, settle } from './caps.ts'
import { evaluate, firstCreditRefusal, heldCharges } from './evaluate.ts'
import type { Intent, SignedEnds } from './intent.ts'
import { holders, reservations, type Reservation } from './state.ts'
import { holdsMax } from './wire.ts'

/** What a hold is for: until when, by which operation, and the nonce whose row it belongs to. */
export type Hold = { readonly ends: number; readonly op: Hash; readonly nonceSlot: number }

/** An open hold, as pages and a freeze's answer show it. */
export type OpenHold = {
  readonly reservation: number
  readonly asset: Address
  readonly amount: Units
  readonly payee: Address
  readonly ends: number
  readonly op: Hash
}

type Reserved = { readonly account: Address; readonly reservation: number }

/**
 * Judges exactly as `spend`, then locks the amount and holds it in every charged cap. With as many holds open as an account may
 * have it has judged and sets nothing aside: there is no reservation then.
 *
 * @throws Refusal of `spend`
 */
export function reserve(
  context: Context,
  intent: Intent,
  { ends, op, nonceSlot }: Hold,
): { readonly policyVersion: number; readonly reservation?: number } {
  const decision = evaluate(context, intent)
  if (decision.kind === 'deny') throw decision.refusal
  const { account, payee, asset, amount } = intent
  // What is due at settlement is known now, so that a hold is not refused after the payee has delivered.
  const toll = intent.scheme === 'charge' ? share(context, { payee, asset, amount })?.toll : undefined
  const tooSmall = firstCreditRefusal(context, payee, amount - (toll ?? 0n))
  if (tooSmall !== undefined) throw tooSmall
  const { policyVersion, counters } = decision
  const reservation = takePlace(context, account)
  if (reservation === undefined) {
    requireAvailable(context, { account, asset, amount })
    return { policyVersion }
  }
  lock(context, { account, asset, amount })
  holdCaps(context, decision.charges)
  reservations.put(
    context,
    { account, place: reservation },
    { asset, amount, payee, ends, op, nonceSlot, policyVersion, counters },
  )
  return { policyVersion, reservation }
}

/**
 * Pays a reservation: held becomes used at this time, locked goes to the payee. No cap is judged again (decisions 9).
 *
 * @throws Refusal bank/same_account, bank/below_minimum, when the payee's key changed hands since the hold
 */
export function capture(
  context: Context,
  { account, reservation, payee, signed }: Reserved & { readonly payee: Address; readonly signed: SignedEnds },
  taken: Share | undefined,
): { readonly policyVersion: number } {
  const { asset, amount, policyVersion, counters } = endReservation(context, account, reservation)
  openAccount(context, payee, amount - (taken?.toll ?? 0n))
  settle(context, heldCharges(context, { account, asset, amount, counters }), context.time)
  move(context, { from: account, to: payee, asset, amount, share: taken, signed, fromLocked: true })
  return { policyVersion }
}

/** Gives a reservation back to balance and caps. */
export function release(context: Context, { account, reservation }: Reserved): void {
  const { asset, amount, counters } = endReservation(context, account, reservation)
  releaseCaps(context, heldCharges(context, { account, asset, amount, counters }))
  unlock(context, { account, asset, amount })
}

/** All open holds of an account. */
export function openHolds(view: View, account: Address): readonly OpenHold[] {
  const taken = holders.find(view, account)
  if (taken === undefined) return []
  const open: OpenHold[] = []
  for (let place = 0; place < holdsMax; place++) {
    if (!isTaken(taken, place)) continue
    const { asset, amount, payee, ends, op } = reservations.get(view, { account, place })
    open.push({ reservation: place, asset, amount, payee, ends, op })
  }
  return open
}

type Places = { readonly low: number; readonly high: number }

function isTaken({ low, high }: Places, place: number): boolean {
  return ((place < 32 ? low >>> place : high >>> (place - 32)) & 1) === 1
}

function flip({ low, high }: Places, place: number): Places {
  return place < 32 ? { low: (low ^ (1 << place)) >>> 0, high } : { low, high: (high ^ (1 << (place - 32))) >>> 0 }
}

/** The lowest bit that is 0; 32 when there is none. */
function lowestZero(word: number): number {
  const free = ~word
  return free === 0 ? 32 : 31 - Math.clz32(free & -free)
}

/** The place of a new reservation; undefined when all are taken. */
function takePlace(context: Context, account: Address): number | undefined {
  const taken = holders.find(context, account) ?? { low: 0, high: 0 }
  const low = lowestZero(taken.low)
  const place = low < 32 ? low : 32 + lowestZero(taken.high)
  if (place >= holdsMax) return undefined
  holders.put(context, account, flip(taken, place))
  return place
}

function endReservation(context: Context, account: Address, place: number): Reservation {
  const taken = holders.find(context, account)
  assert(taken !== undefined, `Account ${account} has no open holds.`)
  assert(isTaken(taken, place), `Account ${account} has no reservation ${place}.`)
  const row = reservations.get(context, { account, place })
  reservations.remove(context, { account, place })
  const left = flip(taken, place)
  if (left.low === 0 && left.high === 0) holders.remove(context, account)
  else holders.put(context, account, left)
  return row
}
