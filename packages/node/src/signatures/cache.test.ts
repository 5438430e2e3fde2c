// The verdict cache: bounded, keyed by everything that decides a verdict, and nothing is lost by dropping one.
import { Address, Hash } from '@turnpike/chain/wire'
import { expect, test } from 'vitest'
import { cachedMax, createVerdictCache } from './cache.ts'
import type { Judged } from './cache.ts'
import { createRow } from './rows.ts'

const signer = Address.fromBytes(new Uint8Array(20).fill(0xaa))
const signature = new Uint8Array(65).fill(2)

function judged(number: number): Judged {
  const digest = new Uint8Array(32)
  new DataView(digest.buffer).setUint32(0, number << 16)
  new DataView(digest.buffer).setUint32(28, number)
  return { kind: 1, row: createRow(Hash.fromBytes(digest), signature) }
}

test('holds 65,536 verdicts and never one more: the next one takes the place of another', () => {
  const cache = createVerdictCache()
  for (let i = 0; i < cachedMax; i++) cache.put(judged(i), signer)
  expect(cachedMax).toBe(65_536)
  expect(cache.size).toBe(65_536)
  for (let i = 0; i < cachedMax; i++) expect(cache.find(judged(i))).toBe(signer)
  cache.put(judged(cachedMax), signer)
  expect(cache.size).toBe(65_536)
  expect(cache.find(judged(0))).toBeUndefined()
  expect(cache.find(judged(cachedMax))).toBe(signer)
})

test('the same verdict twice takes one place', () => {
  const cache = createVerdictCache()
  for (let i = 0; i < 100; i++) cache.put(judged(7), signer)
  expect(cache.size).toBe(1)
})

test('T99 whatever decides a verdict is another verdict: kind, and each byte of digest and signature', () => {
  const digest = new Uint8Array(32).fill(1)
  const cache = createVerdictCache()
  const base: Judged = { kind: 1, row: createRow(Hash.fromBytes(digest), signature) }
  cache.put(base, signer)
  expect(cache.find(base)).toBe(signer)
  expect(cache.find({ ...base, kind: 2 })).toBeUndefined()
  for (let i = 0; i < 97; i++) {
    for (const value of [0x00, 0x7f, 0x80, 0x9f, 0xff]) {
      const [otherDigest, otherSignature] = [digest.slice(), signature.slice()]
      if (i < 32) otherDigest[i] = value
      else otherSignature[i - 32] = value
      const other = { ...base, row: createRow(Hash.fromBytes(otherDigest), otherSignature) }
      expect(cache.find(other), `byte ${i} as ${value}`).toBeUndefined()
    }
  }
})
