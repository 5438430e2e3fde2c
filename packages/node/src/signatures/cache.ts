// Signers that were recovered already, by everything that decides them. It only saves time: dropping it is always right.
// Found by what was judged and never by an operation's id, or one forged copy could speak for the real one (decisions 7).
import type { Address, KeyKind } from '@turnpike/chain/wire'
import type { Row } from './rows.ts'

/** The most verdicts held (decisions 7). */
export const cachedMax = 65_536

/** What a verdict depends on, in a process that has one verifier. */
export type Judged = { readonly kind: KeyKind; readonly row: Row }

/** Positive verdicts only; bounded. */
export type VerdictCache = {
  find(judged: Judged): Address.Address | undefined
  put(judged: Judged, signer: Address.Address): void
  readonly size: number
}

type Verdict = Judged & { readonly signer: Address.Address }

/** An empty cache. Each verdict has one place, which its digest says, and takes it from the one before: no order to keep, nothing to hash. */
export function createVerdictCache(): VerdictCache {
  const places = Array.from({ length: cachedMax }, (): Verdict | undefined => undefined)
  let size = 0
  return {
    find({ kind, row }) {
      const known = places[placeOf(row)]
      return known !== undefined && known.row === row && known.kind === kind ? known.signer : undefined
    },
    put({ kind, row }, signer) {
      const place = placeOf(row)
      if (places[place] === undefined) size++
      places[place] = { kind, row, signer }
    },
    get size() {
      return size
    },
  }
}

/** Sixteen bits of the digest, as even as those of a hash are. */
function placeOf(row: Row): number {
  return (row.charCodeAt(0) << 8) | row.charCodeAt(1)
}
