// Policies as owners write them: sensible ones, strict ones, loose ones, and some that contradict themselves.
import type { Message } from '@turnpike/chain/wire'
import { classify, defaultDocument, type createAgent } from '@turnpike/chain/wire/policy'
import type { Random } from '../random.ts'
import { pickPayee, type Stage } from './stage.ts'

export type Document = Message<typeof createAgent>['document']
type Cap = Document['caps'][number]

const periods: readonly Cap['per'][] = [
  { kind: 'payment' },
  { kind: 'lifetime' },
  { kind: 'rolling', windowMs: 60_000, buckets: 12 },
  { kind: 'rolling', windowMs: 60_000, buckets: 60 },
  { kind: 'rolling', windowMs: 3_600_000, buckets: 60 },
  { kind: 'rolling', windowMs: 86_400_000, buckets: 96 },
  { kind: 'rolling', windowMs: 5_000, buckets: 1 },
  { kind: 'rolling', windowMs: 128_000, buckets: 128 },
]

function createCap(stage: Stage, random: Random, id: string): Cap {
  const per = random.pick(periods)
  const scale = per.kind === 'payment' ? 15_000 : 60_000
  const isCount = per.kind !== 'payment' && random.percent(40)
  const isAmount = !isCount || random.percent(40)
  const denom = random.percent(75) ? { currency: 'USD' } : { asset: random.pick(stage.assets).address }
  return {
    id,
    scope: { kind: 'all' },
    ...(isAmount && { denom, maxAmount: BigInt(1 + random.int(scale)) }),
    per,
    ...(isCount && { maxCount: 1 + random.int(6) }),
    onBreach: 'deny',
  }
}

/** A policy of a few caps. */
export function createDocument(stage: Stage, random: Random): Document {
  const whole = defaultDocument(stage.assets[0]!.address)
  if (random.percent(15)) return whole
  const ids = ['a', 'b', 'c', 'd', 'e'].slice(0, random.int(6))
  const assets = random.percent(60) ? stage.assets.map(({ address }) => address) : [random.pick(stage.assets).address]
  const mode = random.percent(80) ? 'deny' : 'allow'
  const payees = Array.from({ length: mode === 'allow' ? 3 : random.int(3) }, () => pickPayee(stage, random))
  return {
    ...(random.percent(20) && { notBefore: stage.time + random.int(5_000) }),
    ...(random.percent(30) && { expiresAt: stage.time + 10_000 + random.int(600_000) }),
    assets,
    caps: ids.map((id) => createCap(stage, random, id)),
    payees: { mode, list: [...new Set(payees)].map((payee) => ({ payee })), firstSeen: 'allow' },
    maxAuthLifetimeMs: { native: random.pick([1_000, 60_000, 3_600_000]), eip3009: random.pick([60_000, 600_000]) },
    change: { loosenDelayMs: random.pick([0, 0, 0, 1, 5_000, 600_000]) },
  }
}

/** The same policy with one thing changed; mostly, but not always, for the tighter. */
export function changeDocument(stage: Stage, random: Random, from: Document): Document {
  const [i, by] = [random.int(Math.max(1, from.caps.length)), random.percent(75) ? -1 : 1]
  const changeCap = (change: (cap: Cap) => Cap): Document => ({
    ...from,
    caps: from.caps.map((cap, at) => (at === i ? change(cap) : cap)),
  })
  const changes: readonly (() => Document)[] = [
    () =>
      changeCap((cap) =>
        cap.maxAmount === undefined ? cap : { ...cap, maxAmount: cap.maxAmount + BigInt(by) * (cap.maxAmount / 3n) },
      ),
    () => changeCap((cap) => (cap.maxCount === undefined ? cap : { ...cap, maxCount: Math.max(0, cap.maxCount + by) })),
    () => changeCap((cap) => ({ ...cap, per: random.pick(periods) })),
    () => ({ ...from, caps: from.caps.filter((_, at) => at !== i) }),
    () => ({ ...from, caps: [...from.caps, createCap(stage, random, `n${random.int(4)}`)] }),
    () => ({ ...from, expiresAt: stage.time + 20_000 + random.int(1_000_000) }),
    () => ({ ...from, assets: from.assets.slice(0, 1) }),
    () => ({ ...from, payees: { ...from.payees, list: [...from.payees.list, { payee: pickPayee(stage, random) }] } }),
    () => ({ ...from, payees: { ...from.payees, list: from.payees.list.slice(1) } }),
    () => ({ ...from, maxAuthLifetimeMs: { native: 60_000, eip3009: 60_000 } }),
    () => ({ ...from, change: { loosenDelayMs: Math.max(0, from.change.loosenDelayMs + by * -3_000) } }),
    () => from,
  ]
  return random.pick(changes)()
}

/** A policy that breaks one of the rules. */
export function spoilDocument(stage: Stage, random: Random, from: Document): Document {
  const cap: Cap = { id: 'x', scope: { kind: 'all' }, per: { kind: 'lifetime' }, onBreach: 'deny' }
  const withCap = (more: Partial<Cap>): Document => ({ ...from, caps: [...from.caps, { ...cap, ...more }] })
  const denom = { currency: 'USD' }
  return random.pick<() => Document>([
    () => withCap({}),
    () => withCap({ maxAmount: 1n }),
    () => withCap({ maxCount: 1, per: { kind: 'payment' } }),
    () => withCap({ id: 'Not An Id', denom, maxAmount: 1n }),
    () => withCap({ denom: { currency: 'EUR' }, maxAmount: 1n }),
    () => withCap({ denom, maxAmount: 1n, per: { kind: 'rolling', windowMs: 10_000, buckets: 3 } }),
    () => withCap({ denom, maxAmount: 1n, per: { kind: 'rolling', windowMs: 9_990, buckets: 10 } }),
    () => withCap({ denom, maxAmount: 1n, per: { kind: 'rolling', windowMs: 100_000, buckets: 0 } }),
    () => ({ ...from, assets: [...from.assets, `0x${'99'.repeat(20)}` as Document['assets'][number]] }),
    () => ({ ...from, assets: [...from.assets, ...from.assets] }),
    () => ({ ...from, expiresAt: stage.time + 400 * 86_400_000 }),
    () => ({ ...from, notBefore: stage.time, expiresAt: stage.time }),
    () => ({ ...from, maxAuthLifetimeMs: { native: 0, eip3009: 1 } }),
    () => ({ ...from, maxAuthLifetimeMs: { native: 1, eip3009: 3_600_001 } }),
  ])()
}

/** Whether an owner's client would send a change as a tightening. */
export function isTightening(before: Document, after: Document, created: number): boolean {
  return classify(before, after, created).change !== 'loosening'
}
