// What must always hold of policies, counters and holds.
import type { Address } from '../../codec/Address.ts'
import type { View } from '../../kernel/context.ts'
import { findAccount, maySign } from '../accounts/index.ts'
import { balanceOf, findAsset } from '../bank/index.ts'
import { bodyAt } from './body.ts'
import { windowOf } from './caps.ts'
import { appliesTo } from './document.ts'
import { capUnits } from './evaluate.ts'
import { openHolds } from './reserve.ts'
import { bodies, counters, documents, due, holders, payKeys, pending, policies, reservations, slots } from './state.ts'

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

/** What a counter has used is what lies in its slots and its newest bucket; every counted cap has its counter, and none is left over. */
export function countersAddUp(view: View): string | undefined {
  const expected = new Set<number>()
  for (const [agent, { body: bodySlot }, policy] of policies.entries(view)) {
    const body = bodyAt(view, bodySlot)
    for (const [i, cap] of body.document.caps.entries()) {
      const window = windowOf(cap.per)
      if (window === undefined) continue
      const slot = counters.slotOf(view, { policy, number: body.counters[i]! })
      if (slot < 0) return `cap ${cap.id} of ${agent} has no counter`
      expected.add(slot)
      const { oldest, bucket, used, usedCount, newest, newestCount } = counters.at(view, slot)
      let [sum, count] = [newest, newestCount]
      for (let at = oldest; at < bucket;) {
        const past = slots.get(view, { counter: slot, place: at % window.ring })
        sum += past.amount
        count += past.count
        at += past.next
      }
      if (sum !== used || count !== usedCount)
        return `cap ${cap.id} of ${agent} used ${used} in ${usedCount}, its buckets hold ${sum} in ${count}`
    }
  }
  return expected.size === counters.count(view)
    ? undefined
    : `${counters.count(view)} counters for ${expected.size} caps`
}

/** What is held in caps, and what is locked in balances, is the sum of the open reservations (agent-policy I2). */
export function heldIsReserved(view: View): string | undefined {
  const locked = new Map<string, bigint>()
  const held = new Map<number, bigint>()
  let places = 0
  for (const [{ account }, { asset, amount, counters: before }] of reservations.entries(view)) {
    places++
    locked.set(`${account}/${asset}`, (locked.get(`${account}/${asset}`) ?? 0n) + amount)
    const policy = policies.slotOf(view, account)
    if (policy < 0) continue
    const body = bodyAt(view, policies.at(view, policy).body)
    for (const [i, cap] of body.document.caps.entries()) {
      const facts = findAsset(view, asset)!
      if (windowOf(cap.per) === undefined || body.counters[i]! >= before || !appliesTo(cap, asset, facts)) continue
      const slot = counters.slotOf(view, { policy, number: body.counters[i]! })
      held.set(slot, (held.get(slot) ?? 0n) + (cap.denom === undefined ? 0n : capUnits(cap, amount, facts)))
    }
  }
  for (const [{ number }, counter, slot] of counters.entries(view)) {
    if (counter.held !== (held.get(slot) ?? 0n))
      return `counter ${number} in slot ${slot} holds ${counter.held}, reservations come to ${held.get(slot) ?? 0n}`
  }
  for (const [key, sum] of locked) {
    const [account, asset] = key.split('/') as [Address, Address]
    if (balanceOf(view, account, asset).locked !== sum)
      return `${account} has ${balanceOf(view, account, asset).locked} of ${asset} locked, reservations come to ${sum}`
  }
  let taken = 0
  for (const [account] of holders.entries(view)) taken += openHolds(view, account).length
  return taken === places ? undefined : `${taken} places taken for ${places} reservations`
}

/** Whatever waits has an entry in the queue for its time. */
export function pendingIsQueued(view: View): string | undefined {
  const queued = new Set<string>()
  for (const entry of due.entries(view)) queued.add(`${entry.policy}/${entry.kind}`)
  for (const [agent, waiting] of pending.entries(view)) {
    const policy = policies.slotOf(view, agent)
    for (const kind of ['policy', 'unfreeze'] as const) {
      if (waiting[kind] !== undefined && !queued.has(`${policy}/${kind}`))
        return `the pending ${kind} of ${agent} is not queued`
    }
  }
  return undefined
}
