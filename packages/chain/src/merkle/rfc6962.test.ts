// The log against the definitions of RFC 6962 and RFC 9162, written out recursively as the documents state them.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import * as Hex from '../codec/Hex.ts'
import { appendLeaf, emptyMmr, innerHash, leafHash, mmrRoot } from './mmr.ts'
import type { Mmr } from './mmr.ts'

const sizeMax = 300

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

function splitOf(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1))
}

const leaves = Array.from({ length: sizeMax }, (_, i) => leafHash(Uint8Array.of(i >> 8, i & 255)))
const logs: Mmr[] = [emptyMmr]
for (const leaf of leaves) logs.push(appendLeaf(logs.at(-1)!, leaf))
const roots = logs.map(mmrRoot)

function hexes(hashes: readonly Uint8Array[]): string[] {
  return hashes.map((hash) => Hex.fromBytes(hash))
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
    const closed = appendLeaf(full, leaves[40]!)
    expect(closed.size).toBe(2 ** 40)
    expect(hexes(closed.peaks)).toEqual([Hex.fromBytes(mmrRoot({ size: 0x1ff, peaks: leaves.slice(0, 41) }))])
  })
})
