// What a client may spend and has spent. Whatever was signed counts until the ledger says that it can never happen.
import type { Hash } from '@turnpike/chain/wire'
import { ownError } from '../errors.ts'

/** Base units. */
export type Spending = {
  /** Paid, as sellers said or the ledger confirmed. Of two prices signed for one call the dearer counts until the ledger is asked. */
  readonly spent: bigint
  /** Signed, and neither paid nor impossible yet. */
  readonly open: bigint
  /** What may still be signed; without a total there is no end. */
  readonly left: bigint | undefined
}

/** An amount that was signed and may still be taken. Everything signed under one nonce excludes everything else under it. */
export type Open = { readonly nonce: Hash.Hash; readonly amount: bigint; readonly validBefore: number }

/** The budget of one client. */
export type Purse = {
  /** Sets an amount aside, or more for a nonce that has some already. @throws LedgerError `sdk/over_budget` */
  reserve(open: Open): void
  /** The seller says that it was paid. Of several amounts the largest counts, until the ledger says which it was. */
  claim(nonce: Hash.Hash): void
  /** The ledger says that it was paid; without an amount all that is set aside. */
  spend(nonce: Hash.Hash, amount?: bigint): void
  /** It can never be paid any more. */
  release(nonce: Hash.Hash): void
  /** What ended before a time in seconds and is not sure yet: the ledger knows what became of it. */
  ended(beforeSeconds: number): readonly Open[]
  spending(): Spending
}

/** What is counted for a nonce. A seller who was sent several amounts may say that one was paid, and have taken another (T20). */
type Entry = Open & { readonly isOneAmount: boolean; readonly isClaimed: boolean }

/** A purse with so many base units in all; without a total it only counts. */
export function createPurse(total: bigint | undefined): Purse {
  const entries = new Map<Hash.Hash, Entry>()
  let [spent, open] = [0n, 0n]
  const take = (nonce: Hash.Hash): Entry | undefined => {
    const entry = entries.get(nonce)
    entries.delete(nonce)
    if (entry?.isClaimed === true) spent -= entry.amount
    else open -= entry?.amount ?? 0n
    return entry
  }
  return {
    reserve({ nonce, amount, validBefore }) {
      const before = entries.get(nonce)
      const isOneAmount = before === undefined || (before.isOneAmount && before.amount === amount)
      const least = before?.amount ?? 0n
      const largest = amount > least ? amount : least
      const left = total === undefined ? undefined : total - spent - open
      if (left !== undefined && largest - least > left) {
        const values = { amount, left, total }
        throw ownError('over_budget', `This costs ${amount} base units, and ${left} are left in all.`, { values })
      }
      take(nonce)
      open += largest
      entries.set(nonce, { nonce, amount: largest, validBefore, isOneAmount, isClaimed: false })
    },
    claim(nonce) {
      const entry = take(nonce)
      if (entry === undefined) return
      spent += entry.amount
      if (!entry.isOneAmount) entries.set(nonce, { ...entry, isClaimed: true })
    },
    spend(nonce, amount) {
      const entry = take(nonce)
      if (entry !== undefined) spent += amount ?? entry.amount
    },
    release: (nonce) => void take(nonce),
    ended: (beforeSeconds) => [...entries.values()].filter(({ validBefore }) => validBefore < beforeSeconds),
    spending: () => ({ spent, open, left: total === undefined ? undefined : total - spent - open }),
  }
}
