// An append-only log whose head is the RFC 6962 tree head: kept as a Merkle mountain range, since peaks folded from
// the right with the ordinary inner hash are that head at every size. It knows nothing of what is logged. Sizes and
// indexes are plain numbers beyond 2^32, so no bit operators here.
import { sha256 } from '../crypto/hash.ts'

/** A log: how many leaves, and the roots of its perfect subtrees from left to right. A value: appending makes another. */
export type Mmr = { readonly size: number; readonly peaks: readonly Uint8Array[] }

/** The log without leaves. */
export const emptyMmr: Mmr = { size: 0, peaks: [] }

const shortLeaf = new Uint8Array(1024)
const inner = new Uint8Array(65)
inner[0] = 1

/** The hash of a leaf's bytes: SHA-256 of 0x00 ‖ bytes. */
export function leafHash(bytes: Uint8Array): Uint8Array {
  const preimage =
    bytes.length < shortLeaf.length ? shortLeaf.subarray(0, bytes.length + 1) : new Uint8Array(bytes.length + 1)
  preimage.set(bytes, 1) // The prefix is the zero that no call overwrites.
  return sha256(preimage)
}

/** The hash of an inner node: SHA-256 of 0x01 ‖ left ‖ right. */
export function innerHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  inner.set(left, 1)
  inner.set(right, 33)
  return sha256(inner)
}

/** The log with one more leaf; two hashes per leaf in the long run, the leaf's own included. */
export function appendLeaf(mmr: Mmr, leaf: Uint8Array): Mmr {
  return appendLeaves(mmr, [leaf])
}

/** The log with more leaves. */
export function appendLeaves(mmr: Mmr, leaves: readonly Uint8Array[]): Mmr {
  const peaks = mmr.peaks.slice()
  let size = mmr.size
  for (const leaf of leaves) {
    let node = leaf
    for (let left = size; left % 2 === 1; left = (left - 1) / 2) node = innerHash(peaks.pop()!, node)
    peaks.push(node)
    size++
  }
  return { size, peaks }
}

/** The RFC 6962 tree head; SHA-256 of nothing for the empty log. */
export function mmrRoot(mmr: Mmr): Uint8Array {
  return mmr.size === 0 ? sha256(new Uint8Array(0)) : foldPeaks(mmr.peaks)
}

function foldPeaks(peaks: readonly Uint8Array[]): Uint8Array {
  let root = peaks[peaks.length - 1]!
  for (let i = peaks.length - 2; i >= 0; i--) root = innerHash(peaks[i]!, root)
  return root
}
