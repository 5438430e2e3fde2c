// Proofs over an append-only log, as RFC 9162 defines them (2.1.3 inclusion, 2.1.4 consistency): made from stored
// nodes, checked from hashes alone. Whoever verifies trusts nothing but the roots. No bit operators: sizes pass 2^32.
import { emptyMmr, innerHash, mmrRoot, rangeRoot } from './mmr.ts'
import type { NodeReader } from './mmr.ts'

/** A claim that a leaf stands in the log of a given size, with the siblings from the leaf up. */
export type InclusionProof = {
  readonly leaf: Uint8Array
  readonly index: number
  readonly size: number
  readonly path: readonly Uint8Array[]
}

/** A claim that the log of the second size begins with the log of the first. */
export type ConsistencyProof = {
  readonly firstSize: number
  readonly firstRoot: Uint8Array
  readonly secondSize: number
  readonly secondRoot: Uint8Array
  readonly path: readonly Uint8Array[]
}

/**
 * The siblings on the way from a leaf to the root of the log at `size`, lowest first.
 *
 * @throws when there is no such leaf.
 */
export function createInclusionPath(
  read: NodeReader,
  place: { readonly index: number; readonly size: number },
): Uint8Array[] {
  const { index, size } = place
  if (!isCount(index) || !isCount(size) || index >= size) throw new Error(`A log of ${size} has no leaf ${index}.`)
  const path: Uint8Array[] = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const middle = start + splitWidth(end - start)
    if (index < middle) {
      path.push(rangeRoot(read, { start: middle, end }))
      end = middle
    } else {
      path.push(rangeRoot(read, { start, end: middle }))
      start = middle
    }
  }
  return path.toReversed()
}

/**
 * Whether a leaf hash stands at its index below the root. Total: no proof makes it throw. A root does not bind its
 * size; take the size from where the root comes from, as the app hash commits to both.
 */
export function verifyInclusion(proof: InclusionProof, root: Uint8Array): boolean {
  const { leaf, index, size, path } = proof
  if (!isCount(index) || !isCount(size) || index >= size) return false
  if (!isHash(leaf) || !isHash(root) || !path.every(isHash)) return false
  let node = leaf
  let place: Place = { index, last: size - 1 }
  for (const sibling of path) {
    if (place.last === 0) return false
    if (isRightOrLast(place)) {
      node = innerHash(sibling, node)
      place = skipLevels(place)
    } else node = innerHash(node, sibling)
    place = parentOf(place)
  }
  return place.last === 0 && equals(node, root)
}

/**
 * The nodes that lead from both roots to their common subtrees. Empty when the sizes are equal or the first is zero.
 *
 * @throws when the first log is longer than the second.
 */
export function createConsistencyPath(
  read: NodeReader,
  sizes: { readonly firstSize: number; readonly secondSize: number },
): Uint8Array[] {
  const { firstSize, secondSize } = sizes
  if (!isCount(firstSize) || !isCount(secondSize) || firstSize > secondSize) {
    throw new Error(`A log of ${secondSize} does not begin with one of ${firstSize}.`)
  }
  if (firstSize === 0) return []
  const path: Uint8Array[] = []
  let start = 0
  let end = secondSize
  while (firstSize < end) {
    const middle = start + splitWidth(end - start)
    if (firstSize <= middle) {
      path.push(rangeRoot(read, { start: middle, end }))
      end = middle
    } else {
      path.push(rangeRoot(read, { start, end: middle }))
      start = middle
    }
  }
  // From the left edge the last subtree is the first log itself, whose root the verifier has.
  if (start > 0) path.push(rangeRoot(read, { start, end }))
  return path.toReversed()
}

/** Whether the second log begins with the first, both known by their roots. Total: no proof makes it throw. */
export function verifyConsistency(proof: ConsistencyProof): boolean {
  const { firstSize, firstRoot, secondSize, secondRoot, path } = proof
  if (!isCount(firstSize) || !isCount(secondSize) || firstSize > secondSize) return false
  if (!isHash(firstRoot) || !isHash(secondRoot) || !path.every(isHash)) return false
  if (firstSize === secondSize) return path.length === 0 && equals(firstRoot, secondRoot)
  if (firstSize === 0) return path.length === 0 && equals(firstRoot, mmrRoot(emptyMmr))
  let place = skipRights({ index: firstSize - 1, last: secondSize - 1 })
  // A first log that is one perfect tree is its own lowest node; nobody needs to send it.
  const nodes = place.index === 0 ? [firstRoot, ...path] : path
  if (nodes.length === 0) return false
  let first = nodes[0]!
  let second = first
  for (const node of nodes.slice(1)) {
    if (place.last === 0) return false
    if (isRightOrLast(place)) {
      first = innerHash(node, first)
      second = innerHash(node, second)
      place = skipLevels(place)
    } else second = innerHash(second, node)
    place = parentOf(place)
  }
  return place.last === 0 && equals(first, firstRoot) && equals(second, secondRoot)
}

/** A node on its level and the level's last node: `fn` and `sn` of RFC 9162. */
type Place = { readonly index: number; readonly last: number }

function parentOf(place: Place): Place {
  return { index: Math.floor(place.index / 2), last: Math.floor(place.last / 2) }
}

function isRightOrLast(place: Place): boolean {
  return place.index % 2 === 1 || place.index === place.last
}

/** Passes the levels on which a node at the right edge has no sibling. */
function skipLevels(place: Place): Place {
  let at = place
  while (at.index % 2 === 0 && at.index !== 0) at = parentOf(at)
  return at
}

/** Climbs from the first log's last leaf to the root of the perfect subtree that it closes. */
function skipRights(place: Place): Place {
  let at = place
  while (at.index % 2 === 1) at = parentOf(at)
  return at
}

/** The largest power of two below a width of at least 2. */
function splitWidth(width: number): number {
  let split = 1
  while (split * 2 < width) split *= 2
  return split
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function isHash(value: Uint8Array): boolean {
  return value instanceof Uint8Array && value.length === 32
}

function equals(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
