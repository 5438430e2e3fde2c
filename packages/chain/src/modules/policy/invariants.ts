// What must always hold of policies, counters and holds.
import type { Address } from '../../codec/Address.ts'
import type { View } from '../../kernel/context.ts'
import { findAccount, maySign } from '../accounts/index.ts'
import { balanceOf, findAsset } from '../bank/index.ts'
import { bodyAt } from './body.ts'
import { counterOf, usedAt, windowOf } from './caps.ts'
import { countersPerPage } from './counter.ts'
import { appliesTo } from './document.ts'
import { capUnits } from './evaluate.ts'
import { openHolds } from './reserve.ts'
import {
  bodies,
  documents,
  due,
  holders,
  pages,
  payKeys,
  pending,
  policies,
  queued,
  reservations,
  slots,
} from './state.ts'

/** Every policy belongs to an agent whose pay key is known, and has its body; each body counts its policies. */
export function policiesAreWhole(view: View): string | undefined {
  const counts = new Map<number, number>()
  for (const [agent, { body }, slot] of policies.entries(view)) {
    if (findAccount(view, agent)?.kind !== 'agent') return `${agent} has a policy and is no agent`
    const key = payKeys.find(view, slot)
    if (key === undefined || !maySign(view, key, agent)) return `pay key ${key} of ${agent} does not sign for it`
    counts.set(body, (counts.get(body) ?? 0) + 1)
  }
  let kept = 0
  for (const [, count, slot] of bodies.entries(view)) {
    if (count !== (counts.get(slot) ?? 0))
      return `body ${slot} counts ${count} policies and has ${counts.get(slot) ?? 0}`
    kept++
  }
  const documented = [...documents.entries(view)].length
  return documented === kept ? undefined : `${documented} documents for ${kept} bodies`
}

/** A counter in use, by the slot of its policy and its place. */
const placeKey = (policy: number, place: number): string => `${policy}/${place}`

/** What a counter has used is what lies in its slots and its newest bucket; nothing counts that belongs to no cap. */
export function countersAddUp(view: View): string | undefined {
  const inUse = new Set<string>()
  let past = 0
  for (const [agent, { body: bodySlot, nextCounter }, policy] of policies.entries(view)) {
    const body = bodyAt(view, bodySlot)
    for (const [i, cap] of body.document.caps.entries()) {
      const window = windowOf(cap.per)
      if (window === undefined) continue
      const { place, number } = body.counters[i]!
      if (inUse.has(placeKey(policy, place)) || number >= nextCounter)
        return `cap ${cap.id} of ${agent} has no counter of its own`
      inUse.add(placeKey(policy, place))
      const { oldest, bucket, used, usedCount, newest, newestCount } = counterOf(view, { policy, place })
      let [sum, count] = [newest, newestCount]
      for (let at = oldest; at < bucket; past++) {
        const left = slots.get(view, { policy, counter: place, place: at % window.ring })
        sum += left.amount
        count += left.count
        at += left.next
      }
      if (sum !== used || count !== usedCount)
        return `cap ${cap.id} of ${agent} used ${used} in ${usedCount}, its buckets hold ${sum} in ${count}`
    }
  }
  if (slots.count(view) !== past) return `${slots.count(view)} slots, of which ${past} belong to counters`
  return leftOver(view, inUse)
}

/** A page without a counter in use, or a place that counts for no cap. */
function leftOver(view: View, inUse: ReadonlySet<string>): string | undefined {
  for (const [{ policy, page }, counters] of pages.entries(view)) {
    const taken = counters.filter((_, i) => inUse.has(placeKey(policy, page * countersPerPage + i)))
    if (taken.length === 0) return `page ${page} of policy ${policy} has no counter in use`
    for (const [i, counter] of counters.entries()) {
      if (taken.includes(counter) || (counter.bucket === 0 && counter.usedCount === 0 && counter.heldCount === 0))
        continue
      return `place ${page * countersPerPage + i} of policy ${policy} counts for no cap`
    }
  }
  return undefined
}

/** I1: no cap is overdrawn, unless it was lowered below what was used. So it holds for every cap of a policy that never changed. */
export function capsHold(view: View): string | undefined {
  for (const [agent, { body: bodySlot, version }, policy] of policies.entries(view)) {
    if (version !== 1) continue
    const body = bodyAt(view, bodySlot)
    for (const [i, { id, per, maxAmount, maxCount }] of body.document.caps.entries()) {
      const window = windowOf(per)
      if (window === undefined) continue
      const of = { policy, place: body.counters[i]!.place, window }
      const { used, usedCount, held, heldCount } = usedAt(view, of, counterOf(view, of), view.time)
      if (maxAmount !== undefined && used + held > maxAmount)
        return `cap ${id} of ${agent} carries ${used + held} of ${maxAmount}`
      if (maxCount !== undefined && usedCount + heldCount > maxCount)
        return `cap ${id} of ${agent} carries ${usedCount + heldCount} payments of ${maxCount}`
    }
  }
  return undefined
}

type Sum = { readonly amount: bigint; readonly count: number }

/** I2: what caps hold is the sum of the open reservations that they counted. */
export function heldIsReserved(view: View): string | undefined {
  const held = new Map<string, Sum>()
  let places = 0
  for (const [{ account }, { asset, amount, counters: before }] of reservations.entries(view)) {
    places++
    const policy = policies.slotOf(view, account)
    if (policy < 0) continue
    const body = bodyAt(view, policies.at(view, policy).body)
    const facts = findAsset(view, asset)!
    for (const [i, cap] of body.document.caps.entries()) {
      const { place, number } = body.counters[i]!
      if (windowOf(cap.per) === undefined || number >= before || !appliesTo(cap, asset, facts)) continue
      const old = held.get(placeKey(policy, place)) ?? { amount: 0n, count: 0 }
      const added = cap.maxAmount === undefined ? 0n : capUnits(cap, amount, facts)
      held.set(placeKey(policy, place), { amount: old.amount + added, count: old.count + 1 })
    }
  }
  for (const [{ policy, page }, counters] of pages.entries(view)) {
    for (const [i, counter] of counters.entries()) {
      const place = page * countersPerPage + i
      const sum = held.get(placeKey(policy, place)) ?? { amount: 0n, count: 0 }
      if (counter.held !== sum.amount || counter.heldCount !== sum.count)
        return `place ${place} of policy ${policy} holds ${counter.held} in ${counter.heldCount}, reservations come to ${sum.amount} in ${sum.count}`
    }
  }
  let taken = 0
  for (const [account] of holders.entries(view)) taken += openHolds(view, account).length
  return taken === places ? undefined : `${taken} places taken for ${places} reservations`
}

/** What is locked in balances is the sum of the open reservations. */
export function lockedIsReserved(view: View): string | undefined {
  const reserved = new Map<string, bigint>()
  for (const [{ account }, { asset, amount }] of reservations.entries(view))
    reserved.set(`${account}/${asset}`, (reserved.get(`${account}/${asset}`) ?? 0n) + amount)
  for (const [key, sum] of reserved) {
    const [account, asset] = key.split('/') as [Address, Address]
    const { locked } = balanceOf(view, account, asset)
    if (locked !== sum) return `${account} has ${locked} of ${asset} locked, reservations come to ${sum}`
  }
  return undefined
}

/** The queue has one entry for a policy and kind, in time for what waits; only a frozen agent waits to be unfrozen. */
export function pendingIsQueued(view: View): string | undefined {
  const entries = new Set([...due.entries(view)].map(({ policy, kind }) => `${policy}/${kind}`))
  if (entries.size !== due.count(view) || entries.size !== queued.count(view))
    return `${due.count(view)} entries in the queue for ${entries.size} policies and kinds, ${queued.count(view)} known`
  for (const [agent, waiting] of pending.entries(view)) {
    const slot = policies.slotOf(view, agent)
    for (const kind of ['policy', 'unfreeze'] as const) {
      const change = waiting[kind]
      if (change === undefined) continue
      const dueAt = queued.find(view, { policy: slot, kind })
      if (!entries.has(`${slot}/${kind}`) || dueAt === undefined || dueAt > change.effectiveAt)
        return `the pending ${kind} of ${agent} is not queued in time`
    }
    if (waiting.unfreeze !== undefined && policies.at(view, slot).status !== 'frozen')
      return `${agent} waits to be unfrozen and is not frozen`
  }
  return undefined
}
