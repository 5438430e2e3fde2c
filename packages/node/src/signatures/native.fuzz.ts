// Native and reference verifier on bytes that nobody chose: one verdict, and never a throw.
import { Hash, Hex, recoverSigner, signDigest } from '@turnpike/chain/wire'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRecovery } from './native.ts'

const { recover } = await createRecovery()

function expectOneVerdict(digest: Uint8Array, bytes: Uint8Array): void {
  const signer = recover(digest, bytes)
  const verdict = signer === undefined ? undefined : Hex.fromBytes(signer)
  expect(verdict).toBe(recoverSigner({ kind: 1, digest: Hash.fromBytes(digest), bytes }))
}

const digests = fc.uint8Array({ minLength: 32, maxLength: 32 })
const halves = fc.uint8Array({ minLength: 64, maxLength: 64 })

test('T99 any r and s with a valid v', () => {
  fc.assert(
    fc.property(digests, halves, fc.constantFrom(27, 28), (digest, half, v) => {
      expectOneVerdict(digest, Uint8Array.from([...half, v]))
    }),
  )
})

test('T99 T126 any bytes at all', () => {
  fc.assert(
    fc.property(digests, fc.uint8Array({ maxLength: 140 }), (digest, bytes) => {
      expectOneVerdict(digest, bytes)
    }),
  )
})

test('T99 a valid signature with any byte replaced', () => {
  const privateKeys = fc
    .bigInt({ min: 1n, max: 2n ** 255n })
    .map((key) => Hex.toBytes(`0x${key.toString(16).padStart(64, '0')}`))
  fc.assert(
    fc.property(privateKeys, digests, fc.nat(64), fc.nat(255), (privateKey, digest, at, byte) => {
      const bytes = signDigest(privateKey, digest)
      bytes[at] = byte
      expectOneVerdict(digest, bytes)
    }),
  )
})
