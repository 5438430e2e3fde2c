// Signers that were recovered already, by everything that decides them. It only saves time: dropping it is always right.
// Keyed by what was judged and never by an operation's id, or one forged copy could speak for the real one (decisions 7).
import type { Address, KeyKind } from '@turnpike/chain/wire'
import type { Row } from './rows.ts'

/** The most verdicts held (decisions 7). */
export const cachedMax = 65_536

/** What a verdict depends on. */
export type VerdictKey = string

/** Positive verdicts only; bounded. */
export type VerdictCache = {
  find(key: VerdictKey): Address.Address | undefined
  put(key: VerdictKey, signer: Address.Address): void
  clear(): void
  readonly size: number
}

/** The key of a verdict: verifier version, key kind, digest and signature bytes, a character per byte. */
export function createVerdictKey(verdict: {
  readonly version: number
  readonly kind: KeyKind
  readonly row: Row
}): VerdictKey {
  return String.fromCharCode(verdict.version, verdict.kind) + verdict.row
}

/**
 * An empty cache of at most `max` verdicts. The least recently used half goes at once: no order to keep per entry.
 *
 * @throws RangeError when `max` is below two.
 */
export function createVerdictCache(max: number = cachedMax): VerdictCache {
  if (max < 2) throw new RangeError('A verdict cache holds at least two verdicts.')
  const half = Math.floor(max / 2)
  let young = new Map<VerdictKey, Address.Address>()
  let old = new Map<VerdictKey, Address.Address>()

  const put = (key: VerdictKey, signer: Address.Address): void => {
    if (young.size >= half && !young.has(key)) {
      old = young
      young = new Map()
    }
    young.set(key, signer)
    old.delete(key)
  }

  return {
    find(key) {
      const recent = young.get(key)
      if (recent !== undefined) return recent
      const signer = old.get(key)
      if (signer !== undefined) put(key, signer)
      return signer
    },
    put,
    clear() {
      young = new Map()
      old = new Map()
    },
    get size() {
      return young.size + old.size
    },
  }
}
