// Random changes of random policies: one that is called tighter never lets an intent pass that was denied before (agent-policy 23).
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { begin, documentWith, given, openAgent, person, dollar, testDollar } from '../../../testing/index.ts'
import type { Address } from '../../codec/Address.ts'
import { recoverSigner } from '../../crypto/verifier.ts'
import type { Context } from '../../kernel/context.ts'
import { createRun } from '../../kernel/dispatch.ts'
import { findAsset } from '../bank/index.ts'
import { replaceDocument, startPolicy } from './apply.ts'
import { charge, hold } from './caps.ts'
import { classify } from './classify.ts'
import { problemOf, type Cap, type PolicyDocument } from './document.ts'
import { evaluate } from './evaluate.ts'
import type { Intent } from './intent.ts'
import { policies } from './state.ts'

const owner = person('owner')
const account = person('agent account').address
const g = given()
g.fund(owner, 1n)
// One payee is an agent, so that it has two addresses.
const peerKey = person('peer')
const peer = openAgent(g, { owner, key: peerKey })
const payees: readonly Address[] = [person('a').address, person('b').address, peer.address, peerKey.address]

const amounts = fc.bigInt(1n, 40n)
const pers: fc.Arbitrary<Cap['per']> = fc.oneof(
  fc.constant({ kind: 'payment' as const }),
  fc.constant({ kind: 'lifetime' as const }),
  fc.constantFrom(
    { kind: 'rolling' as const, windowMs: 10_000, buckets: 5 },
    { kind: 'rolling' as const, windowMs: 10_000, buckets: 10 },
  ),
)
const denoms: fc.Arbitrary<Cap['denom']> = fc.constantFrom(
  { currency: 'USD' },
  { asset: dollar },
  { asset: testDollar },
  undefined,
)
const caps: fc.Arbitrary<Cap> = fc
  .record({
    id: fc.constantFrom('a', 'b', 'c'),
    per: pers,
    denom: denoms,
    maxAmount: fc.option(amounts, { nil: undefined }),
    maxCount: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
  })
  .map(({ id, per, denom, maxAmount, maxCount }) => ({
    id,
    scope: { kind: 'all' },
    per,
    onBreach: 'deny',
    ...(denom && { denom }),
    ...(maxAmount !== undefined && { maxAmount }),
    ...(maxCount !== undefined && { maxCount }),
  }))
const documents: fc.Arbitrary<PolicyDocument> = fc.record({
  notBefore: fc.constantFrom(begin, begin + 5_000),
  expiresAt: fc.constantFrom(begin + 40_000, begin + 86_400_000),
  assets: fc.subarray([dollar, testDollar], { minLength: 1 }),
  caps: fc.uniqueArray(caps, { maxLength: 3, selector: ({ id }) => id }),
  payees: fc.record({
    mode: fc.constantFrom('allow', 'deny'),
    list: fc.subarray([...payees]).map((list) => list.map((payee) => ({ payee }))),
    firstSeen: fc.constant('allow'),
  }),
  maxAuthLifetimeMs: fc.record({ native: fc.constantFrom(1_000, 60_000), eip3009: fc.constantFrom(1_000, 600_000) }),
  change: fc.record({ loosenDelayMs: fc.constantFrom(0, 5) }),
})

type Edit = (document: PolicyDocument, other: PolicyDocument) => PolicyDocument

/** Changes that are mostly tighter, so that enough of them are called so; and parts of another policy, which mostly are not. */
const edits: readonly Edit[] = [
  (document) => ({ ...document, notBefore: document.notBefore! + 1_000 }),
  (document) => ({ ...document, expiresAt: document.expiresAt! - 1_000 }),
  (document) => ({ ...document, assets: document.assets.slice(1) }),
  (document) => ({
    ...document,
    caps: document.caps.map((cap) => (cap.maxAmount === undefined ? cap : { ...cap, maxAmount: cap.maxAmount / 2n })),
  }),
  (document) => ({
    ...document,
    caps: document.caps.map((cap) => ({
      ...cap,
      maxCount: cap.maxCount === undefined ? 2 : Math.max(0, cap.maxCount - 1),
    })),
  }),
  (document) => ({ ...document, caps: [...document.caps].toReversed() }),
  (document, other) => ({
    ...document,
    caps: [...document.caps, ...other.caps.filter(({ id }) => document.caps.every((cap) => cap.id !== id))],
  }),
  (document) => ({ ...document, payees: { ...document.payees, list: document.payees.list.slice(1) } }),
  (document, other) => ({
    ...document,
    payees: {
      ...document.payees,
      list: [...new Set([...document.payees.list, ...other.payees.list].map(({ payee }) => payee))].map((payee) => ({
        payee,
      })),
    },
  }),
  (document, other) => ({ ...document, payees: other.payees }),
  (document, other) => ({ ...document, caps: other.caps }),
  (document, other) => ({ ...document, maxAuthLifetimeMs: other.maxAuthLifetimeMs }),
  (document) => ({ ...document, change: { loosenDelayMs: document.change.loosenDelayMs + 1 } }),
  (document) => document,
]

const intents: fc.Arbitrary<Intent> = fc
  .record({
    asset: fc.constantFrom(dollar, testDollar),
    amount: amounts,
    to: fc.constantFrom(...payees),
    family: fc.constantFrom('native' as const, 'eip3009' as const),
    lifetime: fc.constantFrom(500, 30_000),
  })
  .map(({ asset, amount, to, family, lifetime }) => ({
    account,
    key: account,
    scheme: 'charge',
    family,
    asset,
    amount,
    payee: to === peerKey.address ? peer.address : to,
    signed: { from: account, to },
    validAfter: 0,
    validBefore: lifetime,
  }))

const history = fc.array(
  fc.record({ intent: intents, waitMs: fc.constantFrom(0, 500, 2_000, 9_000), isHold: fc.boolean() }),
  { maxLength: 12 },
)

function contextAt(time: number): Context {
  return createRun(g.app, { state: g.state, height: g.state.head.height + 1, time, verify: recoverSigner }).context
}

const at = (intent: Intent, now: number): Intent => ({ ...intent, validBefore: now + intent.validBefore })
const passes = (context: Context, intent: Intent): boolean =>
  evaluate(context, at(intent, context.time)).kind === 'allow'

let tried = 0

test('T17 a change that is called tighter denies all that was denied, at the change and later', () => {
  fc.assert(
    fc.property(
      documents,
      documents,
      fc.array(fc.nat(edits.length - 1), { minLength: 1, maxLength: 4 }),
      history,
      fc.array(intents, { minLength: 8, maxLength: 16 }),
      (document, other, which, past, probes) => {
        const after = which.reduce((changed, edit) => edits[edit]!(changed, other), document)
        const find = (asset: Address): ReturnType<typeof findAsset> => findAsset(g.view(), asset)
        const isValid = (of: PolicyDocument): boolean =>
          problemOf(of, find, { created: begin, now: begin }) === undefined
        fc.pre(isValid(document) && isValid(after))
        fc.pre(classify(document, after, begin).change !== 'loosening')
        tried++
        const mark = g.state.store.mark()
        try {
          let time = begin
          const slot = startPolicy(contextAt(time), account, document)
          for (const { intent, waitMs, isHold } of past) {
            time += waitMs
            const context = contextAt(time)
            const decision = evaluate(context, at(intent, time))
            if (decision.kind === 'deny') continue
            if (isHold) hold(context, decision.charges)
            else charge(context, decision.charges, time)
          }
          // The same moments under the old policy and under the new one, nothing being spent in between.
          const moments = [0, 1_000, 4_000, 11_000, 30_000].map((ms) => contextAt(time + ms))
          const before = moments.map((context) => probes.map((probe) => passes(context, probe)))
          replaceDocument(contextAt(time), slot, { document: after, created: begin })
          for (const [i, context] of moments.entries()) {
            for (const [j, probe] of probes.entries()) if (passes(context, probe)) expect(before[i]![j]).toBe(true)
          }
        } finally {
          g.state.store.revert(mark)
        }
        expect(policies.slotOf(g.view(), account)).toBe(-1)
      },
    ),
    { numRuns: 400 },
  )
  expect(tried).toBeGreaterThan(50)
})

test('a policy compared with itself is equal, and every change has a way back that is a loosening', () => {
  fc.assert(
    fc.property(documents, documents, (document, other) => {
      expect(classify(document, document, begin).change).toBe('equal')
      if (classify(document, other, begin).change === 'tighter')
        expect(classify(other, document, begin).change).toBe('loosening')
    }),
  )
  expect(classify(documentWith(), documentWith({ caps: [] }), begin)).toEqual({
    field: 'caps.payment',
    change: 'loosening',
  })
})
