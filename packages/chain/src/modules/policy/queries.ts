// What may be asked of policy: by the account, its owner or the operator only, since budgets are nobody else's business.
import type { Address } from '../../codec/Address.ts'
import * as codec from '../../codec/Codec.ts'
import type { Infer, Json } from '../../codec/Codec.ts'
import { encode } from '../../codec/Codec.ts'
import { fromBytes } from '../../codec/Hex.ts'
import type { View } from '../../kernel/context.ts'
import { privateQuery } from '../../kernel/query.ts'
import type { Refusal } from '../../wire/refusal.ts'
import { findAccount, maySign, ownerOf, resolve } from '../accounts/index.ts'
import { accountsRefusals } from '../accounts/wire.ts'
import { balanceOf, findAsset } from '../bank/index.ts'
import { bankRefusals } from '../bank/wire.ts'
import { share } from '../toll/index.ts'
import { bodyAt } from './body.ts'
import { remainingOf, resetsAt } from './caps.ts'
import { documentCodec, hashDocument } from './document.ts'
import { evaluate, firstCreditRefusal } from './evaluate.ts'
import { capStates, lossOf, lossWords, type CapState } from './loss.ts'
import { openHolds } from './reserve.ts'
import { payKeys, pending, policies, type Body, type Policy } from './state.ts'
import { checkQuestion, policyRefusals } from './wire.ts'
import { renderWords } from './words.ts'

const subjectCodec = codec.record({ account: codec.address })

type Found = { readonly account: Address; readonly slot: number; readonly policy: Policy; readonly body: Body }

/** @throws Refusal policy/no_policy */
function getPolicy(view: View, address: Address): Found {
  const account = resolve(view, address)
  const slot = policies.slotOf(view, account)
  if (slot < 0) return policyRefusals.refuse('no_policy', { account })
  const policy = policies.at(view, slot)
  return { account, slot, policy, body: bodyAt(view, policy.body) }
}

function wordsOf(view: View, { document }: Pick<Body, 'document'>): string {
  return renderWords(document, (asset) => findAsset(view, asset))
}

/**
 * `{account}` → document, words and version in force, its canonical bytes and hash. For owner accounts policy/no_policy.
 */
export const policyInForce = privateQuery(
  'policy/policy',
  subjectCodec,
  ({ account }) => account,
  (view, { account: address }) => {
    const { account, policy, body } = getPolicy(view, address)
    return {
      account,
      version: policy.version,
      status: policy.status,
      notBefore: policy.notBefore,
      expiresAt: policy.expiresAt,
      policy: hashDocument(body.document),
      document: documentCodec.toJson(body.document),
      bytes: fromBytes(encode(documentCodec, body.document)),
      words: wordsOf(view, body),
    }
  },
)

/** The earliest time at which a cap has room again, if nothing else is spent: for one more unit, and one more payment. */
function roomAt(view: View, { cap, counted }: CapState): number | undefined {
  const at = resetsAt(view, { ...counted!, amount: cap.maxAmount === undefined ? 0n : 1n, count: 1 }, cap)
  return at === view.time ? undefined : at
}

/** When everything counted now has left the window, if nothing else is spent. */
function emptyAt({ cap, counted }: CapState): number | undefined {
  const { bucket, usedCount } = counted!.counter
  if (cap.per.kind !== 'rolling' || usedCount === 0) return undefined
  return (bucket + counted!.window.ring) * counted!.window.bucketMs
}

function capJson(view: View, state: CapState): Json {
  const { cap, counted } = state
  const limits = {
    ...(cap.maxAmount !== undefined && { maxAmount: cap.maxAmount.toString() }),
    ...(cap.maxCount !== undefined && { maxCount: cap.maxCount }),
  }
  const head = { id: cap.id, ...(cap.denom && { denom: cap.denom as Json }), per: cap.per as Json, ...limits }
  if (counted === undefined) return { ...head, used: '0', held: '0', remaining: cap.maxAmount!.toString() }
  const { counter } = counted
  const { amount, count } = remainingOf(cap, counter)
  const [room, empty] = [roomAt(view, state), emptyAt(state)]
  return {
    ...head,
    used: counter.used.toString(),
    held: counter.held.toString(),
    usedCount: counter.usedCount,
    ...(amount !== undefined && { remaining: amount.toString() }),
    ...(count !== undefined && { remainingCount: count }),
    ...(room !== undefined && { resetsAt: room }),
    ...(empty !== undefined && { emptyAt: empty }),
  }
}

function holdsJson(view: View, account: Address): readonly Json[] {
  return openHolds(view, account).map(({ asset, amount, payee, ends, op }) => ({
    payer: account,
    payee,
    asset,
    amount: amount.toString(),
    ends,
    operation: op,
  }))
}

function pendingJson(view: View, account: Address): { readonly [field: string]: Json } {
  const waiting = pending.find(view, account)
  if (waiting === undefined) return {}
  const { policy, unfreeze } = waiting
  return {
    ...(policy && {
      pending: { effectiveAt: policy.effectiveAt, words: wordsOf(view, policy) },
    }),
    ...(unfreeze && { pendingUnfreeze: { effectiveAt: unfreeze.effectiveAt } }),
  }
}

/** `{account}` → all that an agent's owner wants to see of it at one glance. */
export const agent = privateQuery(
  'policy/agent',
  subjectCodec,
  ({ account }) => account,
  (view, { account: address }) => {
    const { account, slot, policy, body } = getPolicy(view, address)
    const { document } = body
    const caps = capStates(view, slot, body)
    const loss = lossOf(view, { account, policy, document, caps })
    const key = payKeys.get(view, slot)
    return {
      account,
      owner: ownerOf(view, account)!,
      version: policy.version,
      status: policy.status,
      words: wordsOf(view, body),
      notBefore: policy.notBefore,
      expiresAt: policy.expiresAt,
      keys: [{ key, kind: 'secp256k1', status: maySign(view, key, account) ? 'active' : 'removed' }],
      balances: document.assets.map((asset) => {
        const { available, locked } = balanceOf(view, account, asset)
        return { asset, available: available.toString(), held: locked.toString() }
      }),
      caps: caps.map((state) => capJson(view, state)),
      holds: holdsJson(view, account),
      ...pendingJson(view, account),
      worstToday: loss.today.toString(),
      worstNow: loss.now.toString(),
      currency: loss.currency,
      sentence: lossWords(loss, policy),
      height: view.height,
      now: view.time,
    }
  },
)

/** The refusal that a payment would meet now, or undefined: account and key, the evaluator, the payee's first credit, the balance. */
function refusalOf(
  view: View,
  { account: address, payee: to, asset, amount, key }: Infer<typeof checkQuestion>,
): { readonly refusal: Refusal; readonly capId?: string } | undefined {
  const [account, payee] = [resolve(view, address), resolve(view, to)]
  if (findAccount(view, account) === undefined)
    return { refusal: accountsRefusals.refusal('unknown_account', { account }) }
  if (key !== undefined && !maySign(view, key, account))
    return { refusal: accountsRefusals.refusal('key_not_allowed', { key, account }) }
  const decision = evaluate(view, {
    account,
    key: key ?? address,
    scheme: 'charge',
    family: 'eip3009',
    asset,
    amount,
    payee,
    signed: { from: key ?? address, to },
    validAfter: 0,
    validBefore: view.time + 1,
  })
  if (decision.kind === 'deny') return decision
  const credit = amount - (share(view, { payee, asset, amount })?.toll ?? 0n)
  const tooSmall = firstCreditRefusal(view, payee, credit)
  if (tooSmall !== undefined) return { refusal: tooSmall }
  const { available } = balanceOf(view, account, asset)
  return available < amount ? { refusal: bankRefusals.refusal('balance', { available, needed: amount }) } : undefined
}

/** `{account, payee, asset, amount, key?}` → what a payment would come to now (agent-policy 15). It promises nothing. */
export const check = privateQuery(
  'policy/check',
  checkQuestion,
  ({ account }) => account,
  (view, args) => {
    const denied = refusalOf(view, args)
    const account = resolve(view, args.account)
    const slot = policies.slotOf(view, account)
    const caps = slot < 0 ? [] : capStates(view, slot, bodyAt(view, policies.at(view, slot).body))
    const remaining = caps.flatMap(({ cap, counted }) => {
      const { amount } = counted === undefined ? { amount: cap.maxAmount } : remainingOf(cap, counted.counter)
      return amount === undefined ? [] : [{ at: account, capId: cap.id, units: amount.toString() }]
    })
    const resets = denied?.refusal.values['resetsAt']
    return {
      decision: denied === undefined ? 'allow' : 'deny',
      ...(denied && {
        reason: denied.refusal.code,
        message: denied.refusal.message,
        hint: denied.refusal.hint,
        retry: denied.refusal.retry,
        at: account,
      }),
      ...(denied?.capId !== undefined && { capId: denied.capId }),
      remaining,
      ...(typeof resets === 'number' && { resetsAt: resets }),
      height: view.height,
      now: view.time,
    }
  },
)
