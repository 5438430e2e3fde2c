// Caps recomputed from the list of payments that each has counted, by the definition of the window and nothing cleverer.
import type { Address } from '@turnpike/chain/wire'
import { requireAsset } from './bank.ts'
import { deny, type AgentBook, type Books, type CapBook, type CapTerms, type HoldBook } from './books.ts'

/** Whether a cap counts payments in an asset. */
export function counts(books: Books, { denom }: CapTerms, asset: Address.Address): boolean {
  if (denom === undefined) return true
  return 'asset' in denom ? denom.asset === asset : denom.currency === requireAsset(books, asset).currency
}

/** An amount in the units of a cap: asset units, or currency units with 6 decimals, rounded up; nothing without denom. */
function inCapUnits(books: Books, { denom }: CapTerms, asset: Address.Address, amount: bigint): bigint {
  if (denom === undefined) return 0n
  if ('asset' in denom) return amount
  const { decimals } = requireAsset(books, asset)
  if (decimals <= 6) return amount * 10n ** BigInt(6 - decimals)
  const unit = 10n ** BigInt(decimals - 6)
  return amount / unit + (amount % unit === 0n ? 0n : 1n)
}

/** The payments that a cap still looks back to: of the bucket of now and as many buckets before it as the window has. */
export function remembered({ terms, entries }: CapBook, now: number): CapBook['entries'] {
  if (terms.per.kind !== 'rolling') return entries
  const bucketMs = terms.per.windowMs / terms.per.buckets
  const oldest = Math.floor(now / bucketMs) - terms.per.buckets
  return entries.filter(({ time }) => Math.floor(time / bucketMs) >= oldest)
}

/** What a cap has used and what is held in it. */
export function stateOf(
  books: Books,
  cap: CapBook,
): { used: bigint; usedCount: number; held: bigint; heldCount: number } {
  const state = { used: 0n, usedCount: 0, held: 0n, heldCount: 0 }
  for (const { amount, count } of remembered(cap, books.time)) {
    state.used += amount
    state.usedCount += count
  }
  for (const hold of openHolds(books)) {
    if (!hold.caps.includes(cap)) continue
    state.held += addedTo(books, cap.terms, hold)
    state.heldCount += 1
  }
  return state
}

/** What a payment adds to a cap: amounts are summed only where a limit bounds their sum. */
function addedTo(books: Books, terms: CapTerms, { asset, amount }: Pick<HoldBook, 'asset' | 'amount'>): bigint {
  return terms.maxAmount === undefined ? 0n : inCapUnits(books, terms, asset, amount)
}

/** Every open hold in the books. */
export function openHolds({ nonces }: Books): readonly HoldBook[] {
  return [...nonces.values()].flatMap(({ hold }) => (hold === undefined ? [] : [hold]))
}

/** The caps of an agent that a payment in an asset is counted in: all that apply and look further than one payment. */
export function countingCaps(books: Books, agent: AgentBook, asset: Address.Address): readonly CapBook[] {
  return agent.caps.filter(({ terms }) => terms.per.kind !== 'payment' && counts(books, terms, asset))
}

/** policy/cap_*: every cap in its order; inside a cap the amount, then the number of payments. */
export function requireRoom(books: Books, agent: AgentBook, asset: Address.Address, amount: bigint): void {
  for (const cap of agent.caps) {
    const { terms } = cap
    if (!counts(books, terms, asset)) continue
    const needed = inCapUnits(books, terms, asset, amount)
    if (terms.per.kind === 'payment') {
      if (needed > terms.maxAmount!) deny('policy/cap_payment')
      continue
    }
    const { used, usedCount, held, heldCount } = stateOf(books, cap)
    if (terms.maxAmount !== undefined && used + held + needed > terms.maxAmount) {
      deny(terms.per.kind === 'lifetime' ? 'policy/cap_lifetime' : 'policy/cap_window')
    }
    if (terms.maxCount !== undefined && usedCount + heldCount + 1 > terms.maxCount) deny('policy/cap_count')
  }
}

/** Counts one payment in the caps. */
export function count(books: Books, caps: readonly CapBook[], asset: Address.Address, amount: bigint): void {
  for (const cap of caps) {
    const entry = { time: books.time, amount: addedTo(books, cap.terms, { asset, amount }), count: 1 }
    cap.entries = [...remembered(cap, books.time), entry]
  }
}
