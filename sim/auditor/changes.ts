// Which documents are valid, which changes only narrow, and what a change does to what was counted.
import type { Address } from '@turnpike/chain/wire'
import { counts, remembered } from './limits.ts'
import { deny, type AgentBook, type Books, type CapBook, type CapTerms, type Document } from './books.ts'

const daysMs = (days: number): number => days * 86_400_000

/** From when until when a document holds for an agent. */
export function termOf({ notBefore, expiresAt }: Document, created: number): readonly [from: number, until: number] {
  return [notBefore ?? created, expiresAt ?? created + daysMs(30)]
}

function hasTwice(list: readonly string[]): boolean {
  return new Set(list).size < list.length
}

function isCapWrong({ id, denom, per, maxAmount, maxCount }: CapTerms): boolean {
  if (!/^[a-z0-9_-]+$/.test(id)) return true
  if (maxAmount === undefined && maxCount === undefined) return true
  if (maxAmount !== undefined && denom === undefined) return true
  if (per.kind === 'payment') return maxCount !== undefined
  if (per.kind !== 'rolling') return false
  const { windowMs, buckets } = per
  return buckets < 1 || buckets > 128 || windowMs > daysMs(366) || windowMs % buckets > 0 || windowMs / buckets < 1_000
}

/** policy/policy_invalid */
export function requireValid(books: Books, document: Document, created: number): void {
  const [from, until] = termOf(document, created)
  const { assets, caps, payees, maxAuthLifetimeMs, change } = document
  const lifetimes = [maxAuthLifetimeMs.native, maxAuthLifetimeMs.eip3009]
  const isUnknown = (asset: Address.Address): boolean => !books.terms.assets.has(asset)
  const isWrong =
    until <= from ||
    until > books.time + daysMs(366) ||
    assets.some(isUnknown) ||
    hasTwice(assets) ||
    caps.some(isCapWrong) ||
    hasTwice(caps.map(({ id }) => id)) ||
    caps.some((cap) => cap.denom !== undefined && !assets.some((asset) => counts(books, cap, asset))) ||
    hasTwice(payees.list.map(({ payee }) => payee)) ||
    change.loosenDelayMs > daysMs(366) ||
    lifetimes.some((lifetime) => lifetime < 1 || lifetime > 3_600_000)
  if (isWrong) deny('policy/policy_invalid')
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
const isPart = (part: readonly string[], whole: readonly string[]): boolean =>
  part.every((entry) => whole.includes(entry))
const isAtMost = <T extends bigint | number>(next: T | undefined, old: T | undefined): boolean =>
  old === undefined || (next !== undefined && next <= old)

/** Whether what one cap has counted means the same to another. */
const countsAlike = (a: CapTerms, b: CapTerms): boolean =>
  same(a.denom, b.denom) && (a.maxAmount === undefined) === (b.maxAmount === undefined)

/** Whether nothing passes under the new document that did not pass under the old. */
export function isNarrower(old: Document, next: Document, created: number): boolean {
  const [[oldFrom, oldUntil], [from, until]] = [termOf(old, created), termOf(next, created)]
  const [oldList, list] = [old.payees.list.map(({ payee }) => payee), next.payees.list.map(({ payee }) => payee)]
  const keepsPayees = {
    'allow allow': () => isPart(list, oldList),
    'deny deny': () => isPart(oldList, list),
    // A denied payee may have another address, which the new list may name.
    'deny allow': () => oldList.length === 0,
    'allow deny': () => false,
  }[`${old.payees.mode} ${next.payees.mode}` as const]
  const keepsCap = (cap: CapTerms): boolean => {
    const after = next.caps.find(({ id }) => id === cap.id)
    if (after === undefined || !countsAlike(after, cap) || !same(after.per, cap.per)) return false
    return isAtMost(after.maxAmount, cap.maxAmount) && isAtMost(after.maxCount, cap.maxCount)
  }
  return (
    from >= oldFrom &&
    until <= oldUntil &&
    isPart(next.assets, old.assets) &&
    old.caps.every(keepsCap) &&
    keepsPayees() &&
    next.maxAuthLifetimeMs.native <= old.maxAuthLifetimeMs.native &&
    next.maxAuthLifetimeMs.eip3009 <= old.maxAuthLifetimeMs.eip3009 &&
    next.change.loosenDelayMs >= old.change.loosenDelayMs
  )
}

/** The caps of a document that never counted. */
export function freshCaps(document: Document): CapBook[] {
  return document.caps.map((terms) => ({ terms, entries: [] }))
}

/** Puts a document in force: a cap goes on under its id if it counts the same; with another window all it remembers is as of now. */
export function replaceDocument(books: Books, agent: AgentBook, document: Document): void {
  const before = new Map(agent.caps.map((cap) => [cap.terms.id, cap]))
  const carried = new Map<CapBook, CapBook>()
  agent.caps = document.caps.map((terms) => {
    const old = before.get(terms.id)
    const counted = old !== undefined && old.terms.per.kind !== 'payment' && terms.per.kind !== 'payment'
    if (!counted || !countsAlike(old.terms, terms)) return { terms, entries: [] }
    const cap: CapBook = { terms, entries: entriesOf(books, old, terms) }
    carried.set(old, cap)
    return cap
  })
  moveHolds(books, carried)
  agent.document = document
  agent.version++
}

function entriesOf({ time }: Books, old: CapBook, terms: CapTerms): CapBook['entries'] {
  if (same(old.terms.per, terms.per)) return old.entries
  return remembered(old, time).map(({ amount, count }) => ({ time, amount, count }))
}

/** Open holds stay in the caps that went on, and leave those that are gone. */
function moveHolds({ nonces }: Books, carried: ReadonlyMap<CapBook, CapBook>): void {
  for (const [name, row] of nonces) {
    if (row.hold === undefined) continue
    const caps = row.hold.caps.map((cap) => carried.get(cap) ?? cap)
    nonces.set(name, { ...row, hold: { ...row.hold, caps } })
  }
}
