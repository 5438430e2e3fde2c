// What a client may spend and has spent. Whatever was signed counts until the ledger says that it can never happen.
import type { Hash } from '@turnpike/chain/wire'
import { ownError } from '../errors.ts'

/** Base units. */
export type Spending = {
  /** Paid, as sellers said or the ledger confirmed. */
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
  /** It was paid. */
  spend(nonce: Hash.Hash, amount: bigint): void
  /** It can never be paid any more. */
  release(nonce: Hash.Hash): void
  /** What is set aside and ended before a time in seconds: the ledger knows what became of it. */
  ended(beforeSeconds: number): readonly Open[]
  spending(): Spending
}

/** A purse with so many base units in all; without a total it only counts. */
export function createPurse(total: bigint | undefined): Purse {
  const opens = new Map<Hash.Hash, Open>()
  let [spent, open] = [0n, 0n]
  const release = (nonce: Hash.Hash): void => {
    open -= opens.get(nonce)?.amount ?? 0n
    opens.delete(nonce)
  }
  return {
    reserve({ nonce, amount, validBefore }) {
      const before = opens.get(nonce)?.amount ?? 0n
      const more = amount > before ? amount - before : 0n
      const left = total === undefined ? undefined : total - spent - open
      if (left !== undefined && more > left) {
        const values = { amount, left, total }
        throw ownError('over_budget', `This costs ${amount} base units, and ${left} are left in all.`, { values })
      }
      open += more
      opens.set(nonce, { nonce, amount: before + more, validBefore })
    },
    spend(nonce, amount) {
      if (!opens.has(nonce)) return
      release(nonce)
      spent += amount
    },
    release,
    ended: (beforeSeconds) => [...opens.values()].filter(({ validBefore }) => validBefore < beforeSeconds),
    spending: () => ({ spent, open, left: total === undefined ? undefined : total - spent - open }),
  }
}
