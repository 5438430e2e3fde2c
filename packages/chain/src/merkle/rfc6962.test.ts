// The log against the definitions of RFC 6962 and RFC 9162, written out recursively as the documents state them.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import * as Hex from '../codec/Hex.ts'
import { appendLeaf, emptyMmr, innerHash, leafHash, mmrRoot, nodeCount, rangeRoot } from './mmr.ts'
import type { Mmr } from './mmr.ts'
import { createConsistencyPath, createInclusionPath, verifyConsistency, verifyInclusion } from './proof.ts'

const sizeMax = 300
/** Sizes at which every position and every pair is proved: all shapes of up to seven levels occur below. */
const pairedSizeMax = 70

function nodeSha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return Uint8Array.from(hash.digest())
}

/** MTH of RFC 6962 2.1 over leaf hashes. */
function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return nodeSha256()
  if (leaves.length === 1) return leaves[0]!
  const split = splitOf(leaves.length)
  return nodeSha256(Uint8Array.of(1), naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)))
}

/** PATH of RFC 6962 2.1.1. */
function naivePath(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return []
  const split = splitOf(leaves.length)
  return index < split
    ? [...naivePath(index, leaves.slice(0, split)), naiveRoot(leaves.slice(split))]
    : [...naivePath(index - split, leaves.slice(split)), naiveRoot(leaves.slice(0, split))]
}

/** SUBPROOF of RFC 6962 2.1.2; `isWhole` while the first log is the left edge of what is left. */
function naiveConsistency(first: number, leaves: readonly Uint8Array[], isWhole = true): Uint8Array[] {
  if (first === leaves.length) return isWhole ? [] : [naiveRoot(leaves)]
  const split = splitOf(leaves.length)
  return first <= split
    ? [...naiveConsistency(first, leaves.slice(0, split), isWhole), naiveRoot(leaves.slice(split))]
    : [...naiveConsistency(first - split, leaves.slice(split), false), naiveRoot(leaves.slice(0, split))]
}

function splitOf(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1))
}

const leaves = Array.from({ length: sizeMax }, (_, i) => leafHash(Uint8Array.of(i >> 8, i & 255)))
const nodes: Uint8Array[] = []
const logs: Mmr[] = [emptyMmr]
for (const leaf of leaves) logs.push(appendLeaf(logs.at(-1)!, leaf, (node) => nodes.push(node)))
const roots = logs.map(mmrRoot)

function read(position: number): Uint8Array {
  return nodes[position]!
}

function hexes(hashes: readonly Uint8Array[]): string[] {
  return hashes.map((hash) => Hex.fromBytes(hash))
}

/** The same bytes with one bit changed. */
function flipped(hash: Uint8Array): Uint8Array {
  return Uint8Array.from(hash, (byte, i) => (i === 13 ? byte ^ 4 : byte))
}

/** Every small change of a path: an element changed, left out, doubled, swapped with the next, cut short. */
function mutations(path: readonly Uint8Array[]): Uint8Array[][] {
  const changed = path.flatMap((node, i) => [
    path.with(i, flipped(node)),
    path.toSpliced(i, 1),
    path.toSpliced(i, 0, node),
    path.with(i, node.subarray(0, 31)),
    ...(i + 1 < path.length ? [path.with(i, path[i + 1]!).with(i + 1, node)] : []),
  ])
  return [...changed, [...path, new Uint8Array(32)], [new Uint8Array(32), ...path]]
}

describe('published tree heads of Certificate Transparency', () => {
  const entries = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
  const heads = [
    '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '0x6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    '0xfac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    '0xaeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    '0xd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '0x4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '0x76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    '0xddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '0x5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ]
  test.each(heads.map((head, size) => [size, head] as const))('of size %i', (size, head) => {
    const log = entries
      .slice(0, size)
      .reduce((mmr, entry) => appendLeaf(mmr, leafHash(Hex.toBytes(`0x${entry}`))), emptyMmr)
    expect(log.size).toBe(size)
    expect(Hex.fromBytes(mmrRoot(log))).toBe(head)
  })
})

test.each([0, 1, 250, 1022, 1023, 1024, 5000])('the leaf hash of %i bytes', (length) => {
  const bytes = new Uint8Array(length).fill(0xa5)
  expect(Hex.fromBytes(leafHash(bytes))).toBe(Hex.fromBytes(nodeSha256(Uint8Array.of(0), bytes)))
  expect(Hex.fromBytes(innerHash(leaves[0]!, leaves[1]!))).toBe(
    Hex.fromBytes(nodeSha256(Uint8Array.of(1), leaves[0]!, leaves[1]!)),
  )
})

describe('appending', () => {
  test('gives the tree head at every size up to 300', () => {
    expect(hexes(roots)).toEqual(logs.map((_, size) => Hex.fromBytes(naiveRoot(leaves.slice(0, size)))))
  })
  test('stores the nodes in the order in which readers number them', () => {
    expect(nodes.length).toBe(nodeCount(sizeMax))
    for (let size = 1; size <= sizeMax; size++) {
      expect(nodes[nodeCount(size - 1)]).toBe(leaves[size - 1])
      expect(Hex.fromBytes(rangeRoot(read, { start: 0, end: size }))).toBe(Hex.fromBytes(roots[size]!))
    }
  })
  test('leaves the log it started from as it was', () => {
    const log = logs[7]!
    const before = Hex.fromBytes(mmrRoot(log))
    appendLeaf(log, leaves[100]!)
    appendLeaf(log, leaves[101]!)
    expect(log.size).toBe(7)
    expect(Hex.fromBytes(mmrRoot(log))).toBe(before)
  })
  test('carries beyond 2^32 leaves', () => {
    // A log of 2^40 - 1 leaves has forty peaks; the next leaf closes them all.
    const full: Mmr = { size: 2 ** 40 - 1, peaks: Array.from({ length: 40 }, (_, i) => leaves[i]!) }
    expect(nodeCount(full.size)).toBe(2 * (2 ** 40 - 1) - 40)
    const closed = appendLeaf(full, leaves[40]!)
    expect(closed.size).toBe(2 ** 40)
    expect(hexes(closed.peaks)).toEqual([Hex.fromBytes(mmrRoot({ size: 0x1ff, peaks: leaves.slice(0, 41) }))])
  })
})

describe('inclusion', () => {
  test('paths are those of the definition', () => {
    for (let size = 1; size <= pairedSizeMax; size++) {
      for (let index = 0; index < size; index++) {
        const path = createInclusionPath(read, { index, size })
        expect(hexes(path)).toEqual(hexes(naivePath(index, leaves.slice(0, size))))
      }
    }
  })
  test('holds at every position of every size', () => {
    for (let size = 1; size <= sizeMax; size++) {
      for (let index = 0; index < size; index++) {
        const path = createInclusionPath(read, { index, size })
        expect(verifyInclusion({ leaf: leaves[index]!, index, size, path }, roots[size]!)).toBe(true)
      }
    }
  })
  test('fails with anything changed', () => {
    for (let size = 1; size <= 40; size++) {
      for (let index = 0; index < size; index++) {
        const root = roots[size]!
        const proof = { leaf: leaves[index]!, index, size, path: createInclusionPath(read, { index, size }) }
        expect(verifyInclusion({ ...proof, leaf: leaves[index + 1]! }, root)).toBe(false)
        expect(verifyInclusion({ ...proof, leaf: flipped(proof.leaf) }, root)).toBe(false)
        expect(verifyInclusion(proof, flipped(root))).toBe(false)
        expect(verifyInclusion(proof, roots[size + 1]!)).toBe(false)
        for (let other = 0; other < size + 3; other++) {
          if (other !== index) expect(verifyInclusion({ ...proof, index: other }, root)).toBe(false)
        }
        for (const path of mutations(proof.path)) expect(verifyInclusion({ ...proof, path }, root)).toBe(false)
      }
    }
  })
  test('a root does not bind its size: 3 and 4 share the first path, so the size must be committed, too', () => {
    const path = createInclusionPath(read, { index: 0, size: 3 })
    expect(verifyInclusion({ leaf: leaves[0]!, index: 0, size: 4, path }, roots[3]!)).toBe(true)
  })
  test.each([-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])('takes no size or index of %d', (value) => {
    const proof = { leaf: leaves[0]!, index: 0, size: 1, path: [] }
    expect(verifyInclusion(proof, roots[1]!)).toBe(true)
    expect(verifyInclusion({ ...proof, index: value }, roots[1]!)).toBe(false)
    expect(verifyInclusion({ ...proof, size: value }, roots[1]!)).toBe(false)
    expect(() => createInclusionPath(read, { index: value, size: 5 })).toThrow('has no leaf')
    expect(() => createInclusionPath(read, { index: 0, size: value })).toThrow('has no leaf')
  })
  test('no leaf stands at the size itself or in an empty log', () => {
    expect(() => createInclusionPath(read, { index: 5, size: 5 })).toThrow('A log of 5 has no leaf 5.')
    expect(verifyInclusion({ leaf: leaves[0]!, index: 0, size: 0, path: [] }, roots[0]!)).toBe(false)
  })
})

/** The honest proof between two sizes. */
function consistencyOf(firstSize: number, secondSize: number): Parameters<typeof verifyConsistency>[0] {
  const path = createConsistencyPath(read, { firstSize, secondSize })
  return { firstSize, firstRoot: roots[firstSize]!, secondSize, secondRoot: roots[secondSize]!, path }
}

describe('consistency', () => {
  test('paths are those of the definition', () => {
    for (let second = 1; second <= pairedSizeMax; second++) {
      for (let first = 1; first <= second; first++) {
        expect(hexes(consistencyOf(first, second).path)).toEqual(
          hexes(naiveConsistency(first, leaves.slice(0, second))),
        )
      }
    }
  })
  test('holds between every two sizes', () => {
    for (let second = 0; second <= sizeMax; second++) {
      for (let first = 0; first <= second; first++) expect(verifyConsistency(consistencyOf(first, second))).toBe(true)
    }
  })
  test('fails with anything changed', () => {
    for (let second = 1; second <= 40; second++) {
      for (let first = 0; first <= second; first++) {
        const proof = consistencyOf(first, second)
        expect(verifyConsistency({ ...proof, firstRoot: flipped(proof.firstRoot) })).toBe(false)
        expect(verifyConsistency({ ...proof, firstRoot: roots[first + 1]! })).toBe(false)
        // Every log begins with the empty one, so that its proof says nothing of the second root.
        if (first > 0) {
          expect(verifyConsistency({ ...proof, secondRoot: flipped(proof.secondRoot) })).toBe(false)
          expect(verifyConsistency({ ...proof, secondRoot: roots[second + 1]! })).toBe(false)
        }
        for (const path of mutations(proof.path)) expect(verifyConsistency({ ...proof, path })).toBe(false)
      }
    }
  })
  test('a rewritten history is noticed', () => {
    const rewritten = leaves.slice(0, 50).with(7, flipped(leaves[7]!))
    const other: Uint8Array[] = []
    const log = rewritten.reduce((mmr, leaf) => appendLeaf(mmr, leaf, (node) => other.push(node)), emptyMmr)
    for (let firstSize = 8; firstSize < 50; firstSize++) {
      const path = createConsistencyPath((position) => other[position]!, { firstSize, secondSize: 50 })
      const proof = { firstSize, secondSize: 50, secondRoot: mmrRoot(log), path }
      expect(verifyConsistency({ ...proof, firstRoot: roots[firstSize]! })).toBe(false)
    }
  })
  test('no log begins with a longer one', () => {
    expect(() => createConsistencyPath(read, { firstSize: 6, secondSize: 5 })).toThrow(
      'A log of 5 does not begin with one of 6.',
    )
    const proof = consistencyOf(5, 6)
    expect(verifyConsistency({ ...proof, firstSize: 6, secondSize: 5 })).toBe(false)
    expect(verifyConsistency({ ...proof, firstSize: -1 })).toBe(false)
    expect(verifyConsistency({ ...proof, secondSize: 6.5 })).toBe(false)
  })
})
