// Changes of a policy: tighter ones at once, others after the delay of the policy they replace (agent-policy 16).
import type { Address } from '../../codec/Address.ts'
import type { Caller, Context } from '../../kernel/context.ts'
import type { Due } from '../../kernel/module.ts'
import type { Message } from '../../wire/message.ts'
import { referenceOf, type Outcome } from '../../wire/receipt.ts'
import { countControl } from '../accounts/index.ts'
import { createdAt, requireDocument, requireOwned } from './agent.ts'
import { replaceDocument } from './apply.ts'
import { bodyAt } from './body.ts'
import { classify, type ChangeClass } from './classify.ts'
import { hashDocument, type PolicyDocument } from './document.ts'
import { due, pending, policies, queued, type PendingChange, type Policy, type Waiting } from './state.ts'
import type * as wire from './wire.ts'
import { changed, policyRefusals } from './wire.ts'

type Change = Message<typeof wire.tightenPolicy> | Message<typeof wire.proposePolicy>
/** A policy as found: whose it is, where it lies, what it says, and who changes it. */
type Found = {
  readonly agent: Address
  readonly slot: number
  readonly policy: Policy
  readonly document: PolicyDocument
  readonly by: Address
}

/** The policy of an agent of the caller. @throws Refusal as `requireOwned`, or policy/no_policy */
function findOwned(context: Context, named: Address, caller: Caller): Found {
  const agent = requireOwned(context, named, caller)
  const slot = policies.slotOf(context, agent)
  if (slot < 0) policyRefusals.refuse('no_policy', { account: agent })
  const policy = policies.at(context, slot)
  return { agent, slot, policy, document: bodyAt(context, policy.body).document, by: caller!.key }
}

/** What a change would come to. @throws Refusal policy/change_stale, policy/policy_invalid, policy/words_differ */
function judgeChange(
  context: Context,
  message: Change,
  { agent, policy, document }: Found,
): ReturnType<typeof classify> {
  const { baseVersion } = message
  const { version } = policy
  if (baseVersion !== version) policyRefusals.refuse('change_stale', { account: agent, baseVersion, version })
  const created = createdAt(context, agent)
  requireDocument(context, message, created)
  return classify(document, message.document, created)
}

/** Narrows a policy at once, and voids what waits. */
export function tightenPolicy(context: Context, message: Message<typeof wire.tightenPolicy>, caller: Caller): Outcome {
  const found = findOwned(context, message.agent, caller)
  countControl(context, found.agent)
  const { change, field } = judgeChange(context, message, found)
  if (change === 'loosening') policyRefusals.refuse('not_tighter', { account: found.agent, field })
  pending.remove(context, found.agent)
  return replace(context, found, { change, document: message.document })
}

/** Replaces a policy by any other, after the delay of the one in force. A second proposal takes the place of the first. */
export function proposePolicy(context: Context, message: Message<typeof wire.proposePolicy>, caller: Caller): Outcome {
  const found = findOwned(context, message.agent, caller)
  const { change } = judgeChange(context, message, found)
  const { agent, by } = found
  const { document } = message
  const effectiveAt = effectOf(context, found, 'policy')
  if (effectiveAt === context.time) {
    setPending(context, agent, { policy: undefined })
    return replace(context, found, { change, document })
  }
  setPending(context, agent, { policy: { document, effectiveAt, by } })
  enqueue(context, { policy: found.slot, kind: 'policy' }, effectiveAt)
  return stateChange(context, found, { change, toVersion: found.policy.version, effectiveAt, document })
}

/** Stops an agent before any payment of the block, and voids what waits. Open holds stay settleable until they end. */
export function freeze(context: Context, message: Message<typeof wire.freeze>, caller: Caller): Outcome {
  const found = findOwned(context, message.agent, caller)
  countControl(context, found.agent)
  pending.remove(context, found.agent)
  const toVersion = setStatus(context, found.slot, 'frozen')
  return stateChange(context, found, {
    change: 'freeze',
    toVersion,
    effectiveAt: context.time,
    document: found.document,
  })
}

/** Lets a frozen agent pay again, after the delay of its policy and not before the day for which an earlier unfreeze stands in the queue. */
export function unfreeze(context: Context, message: Message<typeof wire.unfreeze>, caller: Caller): Outcome {
  const found = findOwned(context, message.agent, caller)
  const { agent, slot, policy, document, by } = found
  if (policy.status !== 'frozen') policyRefusals.refuse('not_frozen', { account: agent })
  const effectiveAt = effectOf(context, found, 'unfreeze')
  if (effectiveAt === context.time) {
    const toVersion = setStatus(context, slot, 'active')
    setPending(context, agent, { unfreeze: undefined })
    return stateChange(context, found, { change: 'unfreeze', toVersion, effectiveAt, document })
  }
  setPending(context, agent, { unfreeze: { effectiveAt, by } })
  enqueue(context, { policy: slot, kind: 'unfreeze' }, effectiveAt)
  return stateChange(context, found, { change: 'unfreeze', toVersion: policy.version, effectiveAt, document })
}

/** When a change that waits is in force: the one entry of the queue for its kind never comes too late for it. */
function effectOf(context: Context, { slot, document }: Found, kind: Waiting['kind']): number {
  const dueAt = queued.find(context, { policy: slot, kind }) ?? 0
  return Math.max(context.time + document.change.loosenDelayMs, dueAt)
}

/** Lets the queue come by, once for all that is announced meanwhile: entries of what was replaced would pile up. */
function enqueue(context: Context, entry: Waiting, dueAt: number): void {
  if (queued.slotOf(context, entry) >= 0) return
  queued.put(context, entry, dueAt)
  due.push(context, dueAt, entry)
}

/** Carries out what has waited long enough; what took its place waits on, and what was voided is forgotten. */
export const applyPending: Due = {
  name: 'policy/applyPending',
  run(context) {
    const entry = due.take(context)
    if (entry === undefined) return false
    queued.remove(context, entry)
    const { policy: slot, kind } = entry
    const agent = policies.keyAt(context, slot)
    const waiting = pending.find(context, agent)
    const change = waiting?.[kind]
    if (waiting === undefined || change === undefined) return true
    if (change.effectiveAt > context.time) {
      enqueue(context, entry, change.effectiveAt)
      return true
    }
    setPending(context, agent, { [kind]: undefined })
    if (kind === 'unfreeze') setStatus(context, slot, 'active')
    else replaceDocument(context, slot, { document: waiting.policy!.document, created: createdAt(context, agent) })
    return true
  },
}

/** Changes what waits for an agent; nothing left means no record. */
function setPending(
  context: Context,
  agent: Address,
  change: { readonly [kind in keyof PendingChange]?: PendingChange[kind] | undefined },
): void {
  const { policy, unfreeze: status } = { ...pending.find(context, agent), ...change }
  if (policy === undefined && status === undefined) pending.remove(context, agent)
  else pending.put(context, agent, { ...(policy && { policy }), ...(status && { unfreeze: status }) })
}

function setStatus(context: Context, slot: number, status: Policy['status']): number {
  const policy = policies.at(context, slot)
  const version = policy.version + 1
  policies.putAt(context, slot, { ...policy, version, status })
  return version
}

type Replacing = { readonly change: ChangeClass; readonly document: PolicyDocument }

function replace(context: Context, found: Found, { change, document }: Replacing): Outcome {
  const toVersion = replaceDocument(context, found.slot, { document, created: createdAt(context, found.agent) })
  return stateChange(context, found, { change, toVersion, effectiveAt: context.time, document })
}

type Stated = {
  readonly change: ChangeClass | 'freeze' | 'unfreeze'
  readonly toVersion: number
  readonly effectiveAt: number
  readonly document: PolicyDocument
}

/** States a change, made or announced, and what comes of the operation. */
function stateChange(
  context: Context,
  { agent, policy, by }: Found,
  { change, toVersion, effectiveAt, document }: Stated,
): Outcome {
  const fromVersion = policy.version
  context.emit(changed({ agent, fromVersion, toVersion, change, effectiveAt, policy: hashDocument(document), by }))
  return { kind: 'other', policyVersion: toVersion, reference: referenceOf(agent) }
}
