// Named roots: the leaves as shapes 5 spells them, in ascending order, below one RFC 6962 head.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import * as Hex from '../codec/Hex.ts'
import { appHash } from './roots.ts'
import type { NamedRoot } from './roots.ts'

function sha256(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return Uint8Array.from(hash.digest())
}

function leafOf(root: NamedRoot): Uint8Array {
  return sha256(Uint8Array.of(0, root.name.length), root.name, Uint8Array.of(0x20), sha256(root.value))
}

function innerOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(1), left, right)
}

const named = (name: string): NamedRoot => ({ name, value: Uint8Array.from(name, (char) => char.charCodeAt(0)) })

/** The six roots of a block in ascending order. */
const block = ['params', 'previous', 'receipts', 'receipts-size', 'state', 'writes'].map(named)

describe('appHash', () => {
  test('of a block: six leaves, split four and two', () => {
    const [params, previous, receipts, size, state, writes] = block.map(leafOf)
    const expected = innerOf(innerOf(innerOf(params!, previous!), innerOf(receipts!, size!)), innerOf(state!, writes!))
    expect(Hex.fromBytes(appHash(block))).toBe(Hex.fromBytes(expected))
  })
  test('of one and of none', () => {
    expect(Hex.fromBytes(appHash([named('state')]))).toBe(Hex.fromBytes(leafOf(named('state'))))
    expect(Hex.fromBytes(appHash([]))).toBe(Hex.fromBytes(sha256()))
  })
  test('does not depend on the order given, and leaves it', () => {
    const mixed = [5, 2, 0, 4, 3, 1].map((i) => block[i]!)
    const before = mixed.slice()
    expect(Hex.fromBytes(appHash(mixed))).toBe(Hex.fromBytes(appHash(block)))
    expect(mixed).toEqual(before)
  })
  test('changes with every value and every name', () => {
    const original = Hex.fromBytes(appHash(block))
    for (const [i, root] of block.entries()) {
      expect(Hex.fromBytes(appHash(block.with(i, { ...root, value: new Uint8Array(0) })))).not.toBe(original)
      expect(Hex.fromBytes(appHash(block.with(i, { ...root, name: `${root.name}x` })))).not.toBe(original)
      expect(Hex.fromBytes(appHash(block.toSpliced(i, 1)))).not.toBe(original)
    }
  })
  test('a name has 1 to 127 printable ASCII characters and stands once', () => {
    expect(() => appHash([named('a'.repeat(127))])).not.toThrow()
    for (const name of ['', 'a'.repeat(128), 'a b', 'é', 'a\n']) {
      expect(() => appHash([named(name)])).toThrow('No root can be named')
    }
    expect(() => appHash([named('state'), named('params'), named('state')])).toThrow('Two roots are named state.')
  })
})
