// The hash functions: known answers, and what may take noble's place. Every case imports a fresh copy of the module,
// because a process installs hashes once.
import { createHash } from 'node:crypto'
import { keccak_256 as noble } from '@noble/hashes/sha3.js'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import * as Hex from '../codec/Hex.ts'
import * as Text from '../codec/Text.ts'
import type * as HashModule from './hash.ts'

let hash: typeof HashModule

beforeEach(async () => {
  vi.resetModules()
  hash = await import('./hash.ts')
})

function nodeSha256(data: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(data).digest())
}

const good = { keccak256: (data: Uint8Array): Uint8Array => noble(data), sha256: nodeSha256 }

test('known answers', () => {
  expect(Hex.fromBytes(hash.keccak256(new Uint8Array(0)))).toBe(
    '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
  )
  expect(Hex.fromBytes(hash.sha256(Text.toBytes('abc')))).toBe(
    '0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})

describe('installHashes', () => {
  test('takes functions that agree, and uses them', () => {
    let calls = 0
    const sha256 = (data: Uint8Array): Uint8Array => {
      calls++
      return nodeSha256(data)
    }
    hash.installHashes({ ...good, sha256 })
    const before = calls
    expect(Hex.fromBytes(hash.sha256(Text.toBytes('abc')))).toBe(Hex.fromBytes(nodeSha256(Text.toBytes('abc'))))
    expect(calls).toBe(before + 1)
  })
  test('takes the same functions twice, others never', () => {
    hash.installHashes(good)
    hash.installHashes({ ...good })
    expect(() => hash.installHashes({ ...good, keccak256: (data) => noble(data) })).toThrow(
      'Other hash functions are installed already',
    )
  })

  const shared = new Uint8Array(32)
  const bad: readonly (readonly [string, Partial<typeof good>, string])[] = [
    ['another function', { keccak256: nodeSha256 }, 'The keccak256 to be installed gives'],
    [
      'a wrong answer for one length only',
      { sha256: (data) => nodeSha256(data.length === 65 ? new Uint8Array(65) : data) },
      'for 65 bytes',
    ],
    ['a short answer', { sha256: (data) => nodeSha256(data).subarray(0, 31) }, 'The sha256 to be installed gives'],
    ['the memory behind a view', { sha256: (data) => nodeSha256(new Uint8Array(data.buffer)) }, 'for 0 bytes'],
    [
      'memory that is used again',
      {
        sha256: (data) => {
          shared.set(nodeSha256(data))
          return shared
        },
      },
      'for 0 bytes',
    ],
    [
      'a changed input',
      {
        sha256: (data) => {
          const result = nodeSha256(data)
          if (data.length === 70_000) data[0]! ^= 1
          return result
        },
      },
      'The sha256 to be installed writes to its input.',
    ],
  ]
  test.each(bad)('refuses %s', (_, part, message) => {
    expect(() => hash.installHashes({ ...good, ...part })).toThrow(message)
    expect(Hex.fromBytes(hash.sha256(Text.toBytes('abc')))).toBe(Hex.fromBytes(nodeSha256(Text.toBytes('abc'))))
  })
})
