// Puts a document in force: counters go on under the ids of their caps, new ones begin at nothing, those of deleted caps end (agent-policy 16.6).
import type { Context } from '../../kernel/context.ts'
import { bodyAt, dropBody, keepBody } from './body.ts'
import { addCounter, dropCounter, dropPages, reshape, windowOf } from './caps.ts'
import { isSameUnit, isSameWindow } from './classify.ts'
import { countersPerPage } from './counter.ts'
import { capsMax, termOf, type Cap, type PolicyDocument } from './document.ts'
import { policies, type Body, type Policy } from './state.ts'

/** Place and number of a counter; zeros where a cap counts nothing. */
type Numbered = Body['counters'][number]
const uncounted: Numbered = { place: 0, number: 0 }
/** A cap that counts, with its counter. */
type Counted = { readonly cap: Cap; readonly counter: Numbered }

function countedOf({ document, counters }: Body): readonly Counted[] {
  return document.caps.flatMap((cap, i) => (windowOf(cap.per) === undefined ? [] : [{ cap, counter: counters[i]! }]))
}

/** The counter that goes on for a cap: that of the cap with its id, if both count in the same units. */
function findCarried(old: readonly Counted[], cap: Cap): Counted | undefined {
  if (windowOf(cap.per) === undefined) return undefined
  return old.find((candidate) => candidate.cap.id === cap.id && isSameUnit(candidate.cap, cap))
}

type Numbering = { readonly counters: readonly Numbered[]; readonly nextCounter: number }

/** Gives every cap of a document its counter: the carried ones keep theirs, others take the lowest free places and the next numbers. */
function numberCounters({ caps }: PolicyDocument, old: readonly Counted[], first: number): Numbering {
  const carried = caps.map((cap) => findCarried(old, cap)?.counter)
  const taken = new Set(carried.flatMap((counter) => (counter === undefined ? [] : [counter.place])))
  let place = 0
  let nextCounter = first
  const counters = caps.map((cap, i): Numbered => {
    if (windowOf(cap.per) === undefined) return uncounted
    const kept = carried[i]
    if (kept !== undefined) return kept
    while (taken.has(place)) place++
    return { place: place++, number: nextCounter++ }
  })
  return { counters, nextCounter }
}

/** Moves the counters of a policy from the caps before to those of a body. */
function moveCounters(
  context: Context,
  policy: number,
  { old, body }: { readonly old: readonly Counted[]; readonly body: Body },
): void {
  const next = countedOf(body)
  for (const { cap, counter } of old) {
    const goesOn = next.some((candidate) => candidate.counter.number === counter.number)
    if (!goesOn) dropCounter(context, { policy, place: counter.place, window: windowOf(cap.per)! })
  }
  for (const { cap, counter } of next) {
    const { place } = counter
    const carried = old.find((candidate) => candidate.counter.number === counter.number)
    if (carried === undefined) addCounter(context, { policy, place })
    else if (!isSameWindow(carried.cap, cap))
      reshape(context, { policy, place, window: windowOf(carried.cap.per)! }, windowOf(cap.per)!, context.time)
  }
  const places = next.map(({ counter }) => counter.place)
  dropPages(context, policy, { places, pageMax: Math.floor((capsMax - 1) / countersPerPage) })
}

/** The first policy of an agent. Returns the slot of its row. */
export function startPolicy(
  context: Context,
  agent: Parameters<typeof policies.put>[1],
  document: PolicyDocument,
): number {
  const { counters, nextCounter } = numberCounters(document, [], 0)
  const body = { document, counters }
  const row: Policy = {
    version: 1,
    status: 'active',
    body: keepBody(context, body),
    nextCounter,
    ...termOf(document, context.time),
  }
  const slot = policies.put(context, agent, row)
  moveCounters(context, slot, { old: [], body })
  return slot
}

/** Replaces the document of a policy. `created`: the agent's creation in ms. Returns the new version. */
export function replaceDocument(
  context: Context,
  slot: number,
  { document, created }: { readonly document: PolicyDocument; readonly created: number },
): number {
  const policy = policies.at(context, slot)
  const old = countedOf(bodyAt(context, policy.body))
  const { counters, nextCounter } = numberCounters(document, old, policy.nextCounter)
  const body = { document, counters }
  moveCounters(context, slot, { old, body })
  // The new body first: where both are the same, it must not be forgotten in between.
  const kept = keepBody(context, body)
  dropBody(context, policy.body)
  const version = policy.version + 1
  policies.putAt(context, slot, { ...policy, version, body: kept, nextCounter, ...termOf(document, created) })
  return version
}
