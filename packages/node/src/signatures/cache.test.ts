// The verdict cache: bounded, keyed by everything that decides a verdict, and nothing is lost by dropping it.
import { Address, Hash } from '@turnpike/chain/wire'
import { expect, test } from 'vitest'
import { cachedMax, createVerdictCache, createVerdictKey } from './cache.ts'
import { createRow } from './rows.ts'

const signer = Address.fromBytes(new Uint8Array(20).fill(0xaa))

test('holds 65,536 verdicts and never one more', () => {
  const cache = createVerdictCache()
  for (let i = 0; i < cachedMax; i++) cache.put(`key ${i}`, signer)
  expect(cachedMax).toBe(65_536)
  expect(cache.size).toBe(65_536)
  for (let i = 0; i < 100_000; i++) {
    cache.put(`more ${i}`, signer)
    if (cache.size > cachedMax) throw new Error(`${cache.size} verdicts after ${i} more.`)
  }
  expect(cache.find('key 0')).toBeUndefined()
  expect(cache.find('more 99999')).toBe(signer)
})

test('a verdict that is asked for outlives those that are not', () => {
  const cache = createVerdictCache(8)
  cache.put('wanted', signer)
  for (let i = 0; i < 100; i++) {
    cache.put(`other ${i}`, signer)
    expect(cache.find('wanted'), `after ${i} others`).toBe(signer)
    expect(cache.size).toBeLessThanOrEqual(8)
  }
})

test('the same verdict twice takes one place', () => {
  const cache = createVerdictCache(8)
  for (let i = 0; i < 100; i++) cache.put('same', signer)
  expect(cache.size).toBe(1)
})

test('can be dropped at any time', () => {
  const cache = createVerdictCache()
  cache.put('key', signer)
  cache.clear()
  expect(cache.find('key')).toBeUndefined()
  expect(cache.size).toBe(0)
})

test('a cache without room for two verdicts is refused', () => {
  expect(() => createVerdictCache(1)).toThrow(RangeError)
})

test('T99 whatever decides a verdict changes its key: version, kind, and each byte of digest and signature', () => {
  const digest = new Uint8Array(32).fill(1)
  const signature = new Uint8Array(65).fill(2)
  const base = { version: 1, kind: 1, row: createRow(Hash.fromBytes(digest), signature) } as const
  const keys = [
    createVerdictKey(base),
    createVerdictKey({ ...base, version: 2 }),
    createVerdictKey({ ...base, kind: 2 }),
  ]
  for (let i = 0; i < 97; i++) {
    for (const value of [0x00, 0x7f, 0x80, 0x9f, 0xff]) {
      const [otherDigest, otherSignature] = [digest.slice(), signature.slice()]
      if (i < 32) otherDigest[i] = value
      else otherSignature[i - 32] = value
      keys.push(createVerdictKey({ ...base, row: createRow(Hash.fromBytes(otherDigest), otherSignature) }))
    }
  }
  expect(new Set(keys).size).toBe(3 + 97 * 5)
})
