// Changes of a policy: tighter ones at once, others after the delay of the policy they replace (agent-policy 16).
import type { Address } from '../../codec/Address.ts'
import type { Caller, Context } from '../../kernel/context.ts'
import type { Due } from '../../kernel/module.ts'
import type { Message } from '../../wire/message.ts'
import { referenceOf, type Outcome } from '../../wire/receipt.ts'
import { countControl } from '../accounts/index.ts'
import { createdAt, requireDocument, requireOwned } from './agent.ts'
import { bodyAt, dropBody, keepBody } from './body.ts'
import { addCounter, dropCounter, reshape, windowOf } from './caps.ts'
import { classify, isSameDenom, isSameWindow } from './classify.ts'
import { hashDocument, termOf, type Cap, type PolicyDocument } from './document.ts'
import { counters, due, pending, policies, type Policy } from './state.ts'
import type * as wire from './wire.ts'
import { changed, policyRefusals } from './wire.ts'

type Change = Message<typeof wire.tightenPolicy> | Message<typeof wire.proposePolicy>
/** A policy as found: whose it is, where it lies, what it says. */
type Found = {
  readonly agent: Address
  readonly slot: number
  readonly policy: Policy
  readonly document: PolicyDocument
}

/** The policy of an agent of the caller. @throws Refusal as `requireOwned`, or policy/no_policy */
function findOwned(context: Context, named: Address, caller: Caller): Found {
  const agent = requireOwned(context, named, caller)
  const slot = policies.slotOf(context, agent)
  if (slot < 0) policyRefusals.refuse('no_policy', { account: agent })
  const policy = policies.at(context, slot)
  return { agent, slot, policy, document: bodyAt(context, policy.body).document }
}

/** @throws Refusal policy/change_stale, policy/policy_invalid, policy/words_differ */
function requireChange(context: Context, message: Change, { agent, policy }: Found): void {
  const { baseVersion } = message
  if (baseVersion !== policy.version)
    policyRefusals.refuse('change_stale', { account: agent, baseVersion, version: policy.version })
  requireDocument(context, message, createdAt(context, agent))
}

/** Narrows a policy at once, and voids what waits. */
export function tightenPolicy(context: Context, message: Message<typeof wire.tightenPolicy>, caller: Caller): Outcome {
  const found = findOwned(context, message.agent, caller)
  countControl(context, found.agent)
  requireChange(context, message, found)
  const { change, field } = classify(found.document, message.document, createdAt(context, found.agent))
  if (change === 'loosening') policyRefusals.refuse('not_tighter', { account: found.agent, field })
  const version = applyDocument(context, found, message.document)
  pending.remove(context, found.agent)
  stateChange(context, found, {
    change,
    toVersion: version,
    effectiveAt: context.time,
    document: message.document,
    by: caller!.key,
  })
  return { kind: 'other', policyVersion: version, reference: referenceOf(found.agent) }
}

/** Replaces a policy by any other, after the delay of the one in force. A second proposal takes the place of the first. */
export function proposePolicy(context: Context, message: Message<typeof wire.proposePolicy>, caller: Caller): Outcome {
  const found = findOwned(context, message.agent, caller)
  requireChange(context, message, found)
  const { agent, slot, policy, document } = found
  const { change } = classify(document, message.document, createdAt(context, agent))
  const effectiveAt = context.time + document.change.loosenDelayMs
  const by = caller!.key
  if (effectiveAt > context.time) {
    const waiting = pending.find(context, agent)
    pending.put(context, agent, {
      ...waiting,
      policy: { document: message.document, baseVersion: policy.version, effectiveAt, by },
    })
    due.push(context, effectiveAt, { policy: slot, kind: 'policy' })
    stateChange(context, found, { change, toVersion: policy.version, effectiveAt, document: message.document, by })
    return { kind: 'other', policyVersion: policy.version, reference: referenceOf(agent) }
  }
  const version = applyDocument(context, found, message.document)
  pending.remove(context, agent)
  stateChange(context, found, { change, toVersion: version, effectiveAt, document: message.document, by })
  return { kind: 'other', policyVersion: version, reference: referenceOf(agent) }
}

type Stated = {
  readonly change: 'equal' | 'tighter' | 'loosening' | 'freeze' | 'unfreeze'
  readonly toVersion: number
  readonly effectiveAt: number
  readonly document: PolicyDocument
  readonly by: Address
}

function stateChange(
  context: Context,
  { agent, policy }: Found,
  { change, toVersion, effectiveAt, document, by }: Stated,
): void {
  context.emit(
    changed({ agent, fromVersion: policy.version, toVersion, change, effectiveAt, policy: hashDocument(document), by }),
  )
}

/** Puts a document in force; counters go on under the ids of their caps. Returns the new version. */
function applyDocument(
  context: Context,
  { agent, slot, policy, document: before }: Found,
  document: PolicyDocument,
): number {
  const { counters: numbersBefore } = bodyAt(context, policy.body)
  let { nextCounter } = policy
  const kept = new Set<string>()
  const numbers = document.caps.map((cap) => {
    const i = before.caps.findIndex(({ id }) => id === cap.id)
    const old = before.caps[i]
    if (
      old !== undefined &&
      isSameDenom(old, cap) &&
      windowOf(old.per) !== undefined &&
      windowOf(cap.per) !== undefined
    ) {
      kept.add(cap.id)
      carryCounter(context, { policy: slot, number: numbersBefore[i]! }, old, cap)
      return numbersBefore[i]!
    }
    if (windowOf(cap.per) !== undefined) addCounter(context, slot, nextCounter)
    return nextCounter++
  })
  for (const [i, cap] of before.caps.entries()) {
    const window = windowOf(cap.per)
    if (window !== undefined && !kept.has(cap.id))
      dropCounter(context, { slot: counters.slotOf(context, { policy: slot, number: numbersBefore[i]! }), window })
  }
  // The new body first: where both are the same, it must not be forgotten in between.
  const body = keepBody(context, { document, counters: numbers })
  dropBody(context, policy.body)
  const version = policy.version + 1
  policies.putAt(context, slot, {
    ...policy,
    version,
    body,
    nextCounter,
    ...termOf(document, createdAt(context, agent)),
  })
  return version
}

function carryCounter(
  context: Context,
  key: { readonly policy: number; readonly number: number },
  before: Cap,
  after: Cap,
): void {
  if (isSameWindow(before, after)) return
  reshape(
    context,
    { slot: counters.slotOf(context, key), window: windowOf(before.per)! },
    windowOf(after.per)!,
    context.time,
  )
}

/** Stops an agent before any payment of the block, and voids what waits. Open holds stay settleable until they end. */
export function freeze(context: Context, message: Message<typeof wire.freeze>, caller: Caller): Outcome {
  const found = findOwned(context, message.agent, caller)
  countControl(context, found.agent)
  const toVersion = setStatus(context, found, 'frozen')
  pending.remove(context, found.agent)
  stateChange(context, found, {
    change: 'freeze',
    toVersion,
    effectiveAt: context.time,
    document: found.document,
    by: caller!.key,
  })
  return { kind: 'other', policyVersion: toVersion, reference: referenceOf(found.agent) }
}

/** Lets a frozen agent pay again, after the delay of its policy. */
export function unfreeze(context: Context, message: Message<typeof wire.unfreeze>, caller: Caller): Outcome {
  const found = findOwned(context, message.agent, caller)
  const { agent, slot, policy, document } = found
  if (policy.status !== 'frozen') policyRefusals.refuse('not_frozen', { account: agent })
  const effectiveAt = context.time + document.change.loosenDelayMs
  const by = caller!.key
  const waits = effectiveAt > context.time
  if (waits) {
    const waiting = pending.find(context, agent)
    pending.put(context, agent, { ...waiting, unfreeze: { effectiveAt, by } })
    due.push(context, effectiveAt, { policy: slot, kind: 'unfreeze' })
  }
  const toVersion = waits ? policy.version : setStatus(context, found, 'active')
  stateChange(context, found, { change: 'unfreeze', toVersion, effectiveAt, document, by })
  return { kind: 'other', policyVersion: toVersion, reference: referenceOf(agent) }
}

function setStatus(context: Context, { slot, policy }: Found, status: Policy['status']): number {
  const version = policy.version + 1
  policies.putAt(context, slot, { ...policy, version, status })
  return version
}

/** Carries out what has waited long enough, unless something newer voided it. */
export const applyPending: Due = {
  name: 'policy/applyPending',
  run(context) {
    const entry = due.take(context)
    if (entry === undefined) return false
    const agent = policies.keyAt(context, entry.policy)
    const waiting = pending.find(context, agent)
    const change = waiting?.[entry.kind]
    if (waiting === undefined || change === undefined || change.effectiveAt > context.time) return true
    const rest =
      entry.kind === 'policy'
        ? waiting.unfreeze && { unfreeze: waiting.unfreeze }
        : waiting.policy && { policy: waiting.policy }
    if (rest === undefined) pending.remove(context, agent)
    else pending.put(context, agent, rest)
    const policy = policies.at(context, entry.policy)
    const found = { agent, slot: entry.policy, policy, document: bodyAt(context, policy.body).document }
    if (entry.kind === 'unfreeze') setStatus(context, found, 'active')
    else if (waiting.policy!.baseVersion === policy.version) applyDocument(context, found, waiting.policy!.document)
    return true
  },
}
