// The policy itself: its fields, their bytes and JSON, what an absent field means, and what contradicts itself.
// Wallets and the command line load this file too: it reads no state.
import type { Address } from '../../codec/Address.ts'
import * as codec from '../../codec/Codec.ts'
import type { Codec, Infer } from '../../codec/Codec.ts'
import { Malformed } from '../../codec/Cursor.ts'
import { is as isFields } from '../../codec/Fields.ts'
import type { Hash } from '../../codec/Hash.ts'
import { fromBytes } from '../../codec/Hash.ts'
import type { Units } from '../../codec/Units.ts'
import { sha256 } from '../../crypto/hash.ts'

/** Bounds of agent-policy 4. */
export const assetsMax = 16
export const capsMax = 16
export const payeesMax = 256
const capIdBytesMax = 32
const bucketsMax = 128
const bucketMinMs = 1_000
const windowMaxMs = 366 * 86_400_000
const lifeMaxMs = 366 * 86_400_000
export const lifeDefaultMs = 30 * 86_400_000
const authLifetimePolicyMaxMs = 3_600_000
const loosenDelayMaxMs = 366 * 86_400_000

/** In which units a cap counts: of one asset, or of a currency, in which all its assets are added at par. */
export type Denom = { readonly asset: Address } | { readonly currency: string }

const currency = codec.text(8)

/** One of two fields: in JSON the one that is there, in bytes a leading 0 or 1. */
const denom: Codec<Denom> = {
  shape: { is: 'union', of: [codec.record({ asset: codec.address }).shape, codec.record({ currency }).shape] },
  size: undefined,
  max: 1 + Math.max(codec.address.max, currency.max),
  write(writer, value) {
    codec.u8.write(writer, 'asset' in value ? 0 : 1)
    if ('asset' in value) codec.address.write(writer, value.asset)
    else currency.write(writer, value.currency)
  },
  read: (reader) =>
    codec.flag.read(reader) ? { currency: currency.read(reader) } : { asset: codec.address.read(reader) },
  toJson: (value) => ('asset' in value ? { asset: value.asset } : { currency: value.currency }),
  fromJson(json, path) {
    const isAsset = typeof json === 'object' && json !== null && 'asset' in json
    return isAsset
      ? codec.record({ asset: codec.address }).fromJson(json, path)
      : codec.record({ currency }).fromJson(json, path)
  },
}

const per = codec.union('kind', {
  payment: codec.record({}),
  rolling: codec.record({ windowMs: codec.ms, buckets: codec.u8 }),
  lifetime: codec.record({}),
})

const cap = codec.record({
  id: codec.text(capIdBytesMax),
  scope: codec.union('kind', { all: codec.record({}) }),
  denom: codec.optional(denom),
  per,
  maxAmount: codec.optional(codec.units),
  maxCount: codec.optional(codec.u32),
  onBreach: codec.choice(['deny']),
})

/** One limit. All limits of a policy must hold. */
export type Cap = Infer<typeof cap>
/** Over what a cap counts. */
export type Per = Cap['per']

/** A policy's canonical form. `notBefore` and `expiresAt` absent: from the agent's creation, for 30 days. */
export const documentCodec = codec.record({
  notBefore: codec.optional(codec.ms),
  expiresAt: codec.optional(codec.ms),
  assets: codec.list(codec.address, assetsMax),
  caps: codec.list(cap, capsMax),
  payees: codec.record({
    mode: codec.choice(['allow', 'deny']),
    list: codec.list(codec.record({ payee: codec.address }), payeesMax),
    firstSeen: codec.choice(['allow']),
  }),
  maxAuthLifetimeMs: codec.record({ native: codec.u32, eip3009: codec.u32 }),
  change: codec.record({ loosenDelayMs: codec.ms }),
})

/** What an agent may spend, as its owner signs it by hash. */
export type PolicyDocument = Infer<typeof documentCodec>

/** SHA-256 of the canonical bytes: the field `policy` of the messages that carry a document. */
export function hashDocument(document: PolicyDocument): Hash {
  return fromBytes(sha256(codec.encode(documentCodec, document)))
}

function dollarCap(id: string, period: Per, maxAmount: Units): Cap {
  return { id, scope: { kind: 'all' }, denom: { currency: 'USD' }, per: period, maxAmount, onBreach: 'deny' }
}

/** What an owner signs who says nothing (shapes 6). `dollar` is the chain's dollar asset. */
export function defaultDocument(dollar: Address): PolicyDocument {
  return {
    assets: [dollar],
    caps: [
      dollarCap('payment', { kind: 'payment' }, 100_000n),
      dollarCap('hour', { kind: 'rolling', windowMs: 3_600_000, buckets: 60 }, 1_000_000n),
      dollarCap('day', { kind: 'rolling', windowMs: 86_400_000, buckets: 96 }, 5_000_000n),
      dollarCap('life', { kind: 'lifetime' }, 50_000_000n),
    ],
    payees: { mode: 'deny', list: [], firstSeen: 'allow' },
    maxAuthLifetimeMs: { native: 60_000, eip3009: 600_000 },
    change: { loosenDelayMs: 0 },
  }
}

/**
 * A document from JSON as people write it: absent fields take their default, any field this version does not know is refused.
 *
 * @throws Malformed naming the field
 */
export function completeDocument(json: unknown, dollar: Address): PolicyDocument {
  if (!isFields(json)) throw new Malformed('', 'must be an object')
  const defaults = documentCodec.toJson(defaultDocument(dollar)) as { readonly [field: string]: unknown }
  return documentCodec.fromJson({ ...defaults, ...json }, '')
}

/** From when until when a policy holds, in ms; the end is exclusive. Absent times count from the agent's creation. */
export function termOf(
  document: PolicyDocument,
  created: number,
): { readonly notBefore: number; readonly expiresAt: number } {
  return { notBefore: document.notBefore ?? created, expiresAt: document.expiresAt ?? created + lifeDefaultMs }
}

/** What has to be known of an asset to read a policy. */
export type AssetFacts = { readonly symbol: string; readonly decimals: number; readonly currency: string }
/** The assets of the chain. */
export type FindAsset = (asset: Address) => AssetFacts | undefined

/** Whether a cap counts payments of an asset. A cap without denom counts payments of every asset. */
export function appliesTo(of: Cap, asset: Address, facts: AssetFacts): boolean {
  if (of.denom === undefined) return true
  return 'asset' in of.denom ? of.denom.asset === asset : of.denom.currency === facts.currency
}

/** A field that breaks a rule, and what is wrong with it. */
export type Problem = { readonly field: string; readonly problem: string }

function isIdChar(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 45 || code === 95
}

function idProblem(id: string): string | undefined {
  if (id.length === 0) return 'must not be empty'
  for (let i = 0; i < id.length; i++) if (!isIdChar(id.charCodeAt(i))) return 'holds a character other than a-z 0-9 _ -'
  return undefined
}

function windowProblem(period: Per): string | undefined {
  if (period.kind !== 'rolling') return undefined
  const { windowMs, buckets } = period
  if (buckets < 1 || buckets > bucketsMax) return `needs 1 to ${bucketsMax} buckets`
  if (windowMs > windowMaxMs) return `is longer than ${windowMaxMs} ms`
  if (windowMs % buckets !== 0) return `buckets do not divide ${windowMs} ms`
  return windowMs / buckets < bucketMinMs ? `buckets are shorter than ${bucketMinMs} ms` : undefined
}

function capProblem(of: Cap): Problem | undefined {
  const { id, maxAmount, maxCount } = of
  const field = `caps.${id}`
  const wrongId = idProblem(id)
  if (wrongId !== undefined) return { field: 'caps.id', problem: wrongId }
  const wrongWindow = windowProblem(of.per)
  if (wrongWindow !== undefined) return { field: `${field}.per`, problem: wrongWindow }
  if (maxAmount === undefined && maxCount === undefined)
    return { field, problem: 'limits nothing: it needs maxAmount or maxCount' }
  if (maxAmount !== undefined && of.denom === undefined)
    return { field: `${field}.denom`, problem: 'is needed with maxAmount' }
  if (maxCount !== undefined && of.per.kind === 'payment')
    return { field: `${field}.maxCount`, problem: 'means nothing for a single payment' }
  return undefined
}

function capsProblem({ caps, assets }: PolicyDocument, findAsset: FindAsset): Problem | undefined {
  for (const [i, of] of caps.entries()) {
    const wrong = capProblem(of)
    if (wrong !== undefined) return wrong
    if (caps.findIndex((other) => other.id === of.id) !== i)
      return { field: `caps.${of.id}`, problem: 'is there twice' }
    if (of.denom === undefined) continue
    if (!assets.some((asset) => appliesTo(of, asset, findAsset(asset)!))) {
      return { field: `caps.${of.id}.denom`, problem: 'is of none of the assets, so the cap could never bind' }
    }
  }
  return undefined
}

function authLifetimeProblem({ maxAuthLifetimeMs }: PolicyDocument): Problem | undefined {
  for (const family of ['native', 'eip3009'] as const) {
    const lifetime = maxAuthLifetimeMs[family]
    if (lifetime < 1 || lifetime > authLifetimePolicyMaxMs) {
      return { field: `maxAuthLifetimeMs.${family}`, problem: `must be 1 to ${authLifetimePolicyMaxMs}` }
    }
  }
  return undefined
}

/** When a document is judged: the agent's creation and the time of the change, both in ms. */
export type Moment = { readonly created: number; readonly now: number }

/** The first rule of agent-policy 4 and T113 that a document breaks, or undefined. */
export function problemOf(
  document: PolicyDocument,
  findAsset: FindAsset,
  { created, now }: Moment,
): Problem | undefined {
  const { assets, payees, change } = document
  const { notBefore, expiresAt } = termOf(document, created)
  if (expiresAt <= notBefore) return { field: 'expiresAt', problem: 'is not after notBefore' }
  if (expiresAt > now + lifeMaxMs) return { field: 'expiresAt', problem: 'is more than 366 days ahead' }
  for (const [i, asset] of assets.entries()) {
    if (findAsset(asset) === undefined) return { field: 'assets', problem: `${asset} is no asset of this chain` }
    if (assets.indexOf(asset) !== i) return { field: 'assets', problem: `${asset} is there twice` }
  }
  const wrongCap = capsProblem(document, findAsset)
  if (wrongCap !== undefined) return wrongCap
  const seen = new Set<Address>()
  for (const { payee } of payees.list) {
    if (seen.has(payee)) return { field: 'payees.list', problem: `${payee} is there twice` }
    seen.add(payee)
  }
  if (change.loosenDelayMs > loosenDelayMaxMs)
    return { field: 'change.loosenDelayMs', problem: `is longer than ${loosenDelayMaxMs} ms` }
  return authLifetimeProblem(document)
}

/** What a document allows although it looks strict, or limits in vain: for its owner to read, never a refusal (T113). */
export function warningsOf(document: PolicyDocument, findAsset: FindAsset): readonly string[] {
  const warnings: string[] = []
  const amountCaps = document.caps.filter((of) => of.maxAmount !== undefined && of.per.kind !== 'payment')
  for (const asset of document.assets) {
    const facts = findAsset(asset)
    if (facts === undefined || amountCaps.some((of) => appliesTo(of, asset, facts))) continue
    warnings.push(`Nothing limits how much ${facts.symbol} (${asset}) is spent over time.`)
  }
  const { notBefore, expiresAt } = termOf(document, 0)
  for (const { id, per: period } of document.caps) {
    if (period.kind !== 'rolling' || (document.notBefore === undefined) !== (document.expiresAt === undefined)) continue
    if (period.windowMs > expiresAt - notBefore)
      warnings.push(`Cap ${id} looks back further than the policy lasts, so it never resets.`)
  }
  return warnings
}
