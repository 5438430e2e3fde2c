// An append-only log whose head is the RFC 6962 tree head: kept as a Merkle mountain range, since peaks folded from
// the right with the ordinary inner hash are that head at every size. It knows nothing of what is logged. Sizes and
// indexes are plain numbers beyond 2^32, so no bit operators here.
import { sha256 } from '../crypto/hash.ts'

/** A log: how many leaves, and the roots of its perfect subtrees from left to right. A value: appending makes another. */
export type Mmr = { readonly size: number; readonly peaks: readonly Uint8Array[] }

/**
 * Reads one node of the log. Positions are in post-order: every leaf is followed by the parents that it completes,
 * which is the order in which `appendLeaf` hands nodes out.
 */
export type NodeReader = (position: number) => Uint8Array

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

/**
 * The log with one more leaf; two hashes per leaf in the long run, the leaf's own included. `onNode` gets the leaf and
 * every parent it completes, in post-order, for a store of nodes from which proofs are made.
 */
export function appendLeaf(mmr: Mmr, leaf: Uint8Array, onNode?: (node: Uint8Array) => void): Mmr {
  const peaks = mmr.peaks.slice()
  let node = leaf
  onNode?.(node)
  for (let left = mmr.size; left % 2 === 1; left = (left - 1) / 2) {
    node = innerHash(peaks.pop()!, node)
    onNode?.(node)
  }
  peaks.push(node)
  return { size: mmr.size + 1, peaks }
}

/** The RFC 6962 tree head; SHA-256 of nothing for the empty log. */
export function mmrRoot(mmr: Mmr): Uint8Array {
  return mmr.size === 0 ? sha256(new Uint8Array(0)) : foldPeaks(mmr.peaks)
}

/** How many nodes a log of this size has stored. */
export function nodeCount(size: number): number {
  let ones = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2
  return 2 * size - ones
}

/**
 * The root of the leaves `start` to `end - 1`, from stored nodes. Such a range is what RFC 6962 splits off: its start
 * is a multiple of the largest power of two within it.
 */
export function rangeRoot(read: NodeReader, range: { readonly start: number; readonly end: number }): Uint8Array {
  const peaks: Uint8Array[] = []
  for (let start = range.start; start < range.end;) {
    const { width, height } = largestPerfect(range.end - start)
    // The root of a perfect subtree is the parent number `height` that its last leaf completed.
    peaks.push(read(nodeCount(start + width - 1) + height))
    start += width
  }
  return foldPeaks(peaks)
}

function foldPeaks(peaks: readonly Uint8Array[]): Uint8Array {
  let root = peaks[peaks.length - 1]!
  for (let i = peaks.length - 2; i >= 0; i--) root = innerHash(peaks[i]!, root)
  return root
}

/** The largest perfect tree of at most `leaves` leaves. */
function largestPerfect(leaves: number): { readonly width: number; readonly height: number } {
  let width = 1
  let height = 0
  for (; width * 2 <= leaves; width *= 2) height++
  return { width, height }
}
