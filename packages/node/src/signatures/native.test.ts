// Native and reference verifier give one verdict on every input, and both are as strict as the ledger's rule.
import { addressOfKey, Hash, Hex, recoverSigner, signDigest } from '@turnpike/chain/wire'
import { beforeAll, describe, expect, test } from 'vitest'
import { createPortableRecovery, createRecovery } from './native.ts'
import type { Recovery } from './native.ts'

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const field = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn
const generatorX = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n

let native: Recovery
beforeAll(async () => {
  native = await createRecovery()
})

/** Bytes that look random and are the same in every run. */
function createBytes(seed: number): (length: number) => Uint8Array {
  let state = seed
  return (length) =>
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state >>> 24
    })
}

function word(value: bigint): Uint8Array {
  return Hex.toBytes(`0x${value.toString(16).padStart(64, '0')}`)
}

/** r ‖ s ‖ v; r alone may already be both halves. */
function join(parts: { readonly r: Uint8Array; readonly s?: Uint8Array; readonly v: number }): Uint8Array {
  const bytes = new Uint8Array(65)
  bytes.set(parts.r)
  if (parts.s !== undefined) bytes.set(parts.s, 32)
  bytes[64] = parts.v
  return bytes
}

/** The ledger's rule in the words of the mathematics, independent of the code under test. */
function isStrict(r: bigint, s: bigint, v: number): boolean {
  return (v === 27 || v === 28) && r >= 1n && r < order && s >= 1n && s <= order / 2n
}

function judge(recovery: Recovery, digest: Uint8Array, signature: Uint8Array): string | undefined {
  const signer = recovery.recover(digest, signature)
  return signer === undefined ? undefined : Hex.fromBytes(signer)
}

function judgeByReference(digest: Uint8Array, signature: Uint8Array): string | undefined {
  return recoverSigner({ kind: 1, digest: Hash.fromBytes(digest), bytes: signature })
}

/** Both verdicts must be one; returns it. */
function agree(digest: Uint8Array, signature: Uint8Array): string | undefined {
  const verdict = judge(native, digest, signature)
  const hint = `digest ${Hex.fromBytes(digest)} signature ${Hex.fromBytes(signature)}`
  expect(verdict, hint).toBe(judgeByReference(digest, signature))
  return verdict
}

describe('native and reference', () => {
  test('the native code is what decides where its binary fits the machine', () => {
    expect(native.implementation).toBe('native')
  })

  test('T99 agree on 700 valid signatures, and both name the signer', () => {
    const bytes = createBytes(1)
    for (let key = 0; key < 35; key++) {
      const privateKey = bytes(32)
      const signer = addressOfKey(privateKey)
      for (let i = 0; i < 20; i++) {
        const digest = bytes(32)
        expect(agree(digest, signDigest(privateKey, digest))).toBe(signer)
      }
    }
  })

  test('T99 agree on 1,000 random pairs of r and s, about half of which lie on the curve', () => {
    const bytes = createBytes(2)
    let recovered = 0
    for (let i = 0; i < 1_000; i++) {
      const s = bytes(32)
      s[0]! &= 0x7f // Low, or every second one would fall to the cheap check.
      if (agree(bytes(32), join({ r: bytes(32), s, v: 27 + (i % 2) })) !== undefined) recovered += 1
    }
    expect(recovered).toBeGreaterThan(400)
    expect(recovered).toBeLessThan(600)
  })

  test('T99 agree on 700 valid signatures with one bit flipped, and none names its signer any more', () => {
    const bytes = createBytes(3)
    const privateKey = bytes(32)
    const signer = addressOfKey(privateKey)
    for (let i = 0; i < 700; i++) {
      const digest = bytes(32)
      const signature = signDigest(privateKey, digest)
      signature[i % 65]! ^= 1 << ((i * 5) % 8)
      expect(agree(digest, signature)).not.toBe(signer)
    }
  })

  test('T83 T126 agree on every pair of edges of r and s, and refuse what is not strict', () => {
    const half = order / 2n
    const edges = [0n, 1n, 2n, generatorX, half - 1n, half, half + 1n, order - 2n, order - 1n, order, order + 1n]
    const bounds = [...edges, field - order, field - 1n, field, 2n ** 255n, 2n ** 256n - 1n]
    const digest = new Uint8Array(32).fill(0xab)
    let strict = 0
    for (const r of bounds) {
      for (const s of bounds) {
        for (const v of [0, 1, 26, 27, 28, 29, 255]) {
          const verdict = agree(digest, join({ r: word(r), s: word(s), v }))
          if (!isStrict(r, s, v)) expect(verdict, `r ${r} s ${s} v ${v}`).toBeUndefined()
          else strict += 1
        }
      }
    }
    expect(strict).toBe(2 * 10 * 6)
  })

  test('T83 of all 256 values of v only 27 and 28 are one', () => {
    const digest = new Uint8Array(32).fill(3)
    const signature = signDigest(new Uint8Array(32).fill(9), digest)
    const accepted = Array.from({ length: 256 }, (_, v) => v).filter(
      (v) => agree(digest, join({ r: signature.subarray(0, 64), v })) !== undefined,
    )
    expect(accepted).toEqual([27, 28])
  })

  test('T83 the high-s twin of a valid signature names nobody', () => {
    const digest = new Uint8Array(32).fill(4)
    const signature = signDigest(new Uint8Array(32).fill(9), digest)
    const s = BigInt(Hex.fromRange(signature, 32, 32))
    const twin = join({ r: signature.subarray(0, 32), s: word(order - s), v: signature[64] === 27 ? 28 : 27 })
    expect(agree(digest, signature)).toBe(addressOfKey(new Uint8Array(32).fill(9)))
    expect(agree(digest, twin)).toBeUndefined()
  })

  test('T126 no length but 65 is a signature, whatever valid bytes it starts with', () => {
    const digest = new Uint8Array(32).fill(5)
    const signature = signDigest(new Uint8Array(32).fill(9), digest)
    for (let length = 0; length <= 130; length++) {
      const bytes = new Uint8Array(length)
      bytes.set(signature.subarray(0, Math.min(length, 65)))
      expect(agree(digest, bytes) !== undefined, `length ${length}`).toBe(length === 65)
    }
  })

  test('a digest that is not 32 bytes has no signer', () => {
    const signature = signDigest(new Uint8Array(32).fill(9), new Uint8Array(32).fill(6))
    for (const length of [0, 31, 33, 64]) {
      expect(native.recover(new Uint8Array(length).fill(6), signature), `length ${length}`).toBeUndefined()
    }
  })

  test('T126 a signature whose public key would be the point at infinity names nobody', () => {
    // R = G and s = digest: the key is (s·R - digest·G) / r, which is nothing.
    const s = 0x1234567890abcdefn
    for (const v of [27, 28]) {
      const verdict = agree(word(s), join({ r: word(generatorX), s: word(s), v }))
      expect(verdict === undefined).toBe(v === 27)
    }
  })

  test('digests beyond the order of the curve are reduced alike', () => {
    const privateKey = new Uint8Array(32).fill(9)
    for (const value of [0n, 1n, order - 1n, order, order + 1n, 2n ** 256n - 1n]) {
      expect(agree(word(value), signDigest(privateKey, word(value)))).toBe(addressOfKey(privateKey))
    }
  })
})

test('T99 the portable verifier stands behind the same checks and says why it is used', () => {
  const portable = createPortableRecovery('no binary')
  const bytes = createBytes(7)
  expect(portable.implementation).toBe('portable')
  expect(portable.missing).toBe('no binary')
  for (let i = 0; i < 50; i++) {
    const [privateKey, digest] = [bytes(32), bytes(32)]
    const signature = signDigest(privateKey, digest)
    expect(judge(portable, digest, signature)).toBe(addressOfKey(privateKey))
    const s = BigInt(Hex.fromRange(signature, 32, 32))
    expect(
      portable.recover(digest, join({ r: signature.subarray(0, 32), s: word(order - s), v: signature[64]! })),
    ).toBeUndefined()
    expect(portable.recover(digest.subarray(1), signature)).toBeUndefined()
  }
})
