// The published vectors of Project Wycheproof for ECDSA over secp256k1 with SHA-256 (vectors/wycheproof), against both verifiers.
// We recover a signer from r, s and v instead of verifying under a key: so a signature that is valid under a key must recover it
// with one of our two v, unless its s is high, which we refuse, or its point's x is r + n, which no v of a wallet can say (the
// one or two that are just refused); and an invalid one must recover it with none.
import { readFileSync } from 'node:fs'
import { Hash, Hex, keccak256, recoverSigner, sha256 } from '@turnpike/chain/wire'
import { describe, expect, test } from 'vitest'
import { createRecovery } from './native.ts'

type Vector = { readonly msg: string; readonly sig: string; readonly result: 'valid' | 'invalid' }
type File = {
  readonly numberOfTests: number
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed: string }
    readonly tests: readonly Vector[]
  }[]
}

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const { recover } = await createRecovery()

function readVectors(name: string): File {
  return JSON.parse(readFileSync(new URL(`../../../../vectors/wycheproof/${name}`, import.meta.url), 'utf8')) as File
}

/** r ‖ s of a signature in strict DER; undefined where it is none, or where a number does not fit into 32 bytes. */
function fromDer(sig: string): string | undefined {
  const integer = '02(?:[0-9a-f]{2})((?:[0-9a-f]{2})*)'
  const parts = new RegExp(`^30[0-9a-f]{2}${integer}$`).exec(sig)
  if (parts === null || Number.parseInt(sig.slice(2, 4), 16) * 2 !== sig.length - 4) return undefined
  const rLength = Number.parseInt(sig.slice(6, 8), 16) * 2
  const [r, rest] = [sig.slice(8, 8 + rLength), sig.slice(8 + rLength)]
  const s = rest.slice(4)
  if (!rest.startsWith('02') || Number.parseInt(rest.slice(2, 4), 16) * 2 !== s.length) return undefined
  if ([r, s].some((digits) => !/^(?:[0-7][0-9a-f]|00[89a-f][0-9a-f])/.test(digits) || /^00[0-7]/.test(digits)))
    return undefined
  const words = [r, s].map((digits) => digits.replace(/^00/, '').padStart(64, '0'))
  return words.every((word) => word.length === 64) ? words.join('') : undefined
}

/** Those of the two v with which both verifiers name the key; they must name the same. */
function recoveredBy(signature: Uint8Array, digest: Uint8Array, key: string): readonly number[] {
  return [27, 28].filter((v) => {
    const bytes = Uint8Array.from([...signature, v])
    const native = recover(digest, bytes)
    const signer = native && Hex.fromBytes(native)
    expect(recoverSigner({ kind: 1, digest: Hash.fromBytes(digest), bytes })).toBe(signer)
    return signer === key
  })
}

function bytesOf(hex: string): Uint8Array {
  return Hex.toBytes(`0x${hex}`)
}

/** The twin n - s of a high s, which belongs to the same key and content. */
function lowTwinOf(signature: Uint8Array): Uint8Array | undefined {
  if (signature.length !== 64) return undefined
  const s = BigInt(Hex.fromBytes(signature.subarray(32)))
  if (s <= order / 2n || s >= order) return undefined
  return bytesOf(`${Hex.fromBytes(signature.subarray(0, 32)).slice(2)}${(order - s).toString(16).padStart(64, '0')}`)
}

/** What is no DER goes in as it is, and is refused for its length. */
function derOrRaw(sig: string): Uint8Array {
  return bytesOf(fromDer(sig) ?? sig)
}

/** How many of a file came to what. */
function judgeAll(file: File, toBytes: (sig: string) => Uint8Array): { readonly [outcome: string]: number } {
  const outcomes: { [outcome: string]: number } = {}
  for (const { publicKey, tests } of file.testGroups) {
    const key = Hex.fromBytes(keccak256(bytesOf(publicKey.uncompressed.slice(2))).subarray(12))
    for (const { msg, sig, result } of tests) {
      const digest = sha256(bytesOf(msg))
      const signature = toBytes(sig)
      const isRecovered = recoveredBy(signature, digest, key).length > 0
      const twin = lowTwinOf(signature)
      const isHigh = twin !== undefined && recoveredBy(twin, digest, key).length > 0
      const outcome = `${result}: ${isRecovered ? 'recovered' : isHigh ? 'refused for its high s' : 'refused'}`
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
  }
  return outcomes
}

describe('T83 T99 T126 Wycheproof ECDSA secp256k1 SHA-256', () => {
  test('r ‖ s', () => {
    const file = readVectors('ecdsa_secp256k1_sha256_p1363_test.json')
    expect(judgeAll(file, bytesOf)).toMatchInlineSnapshot(`
      {
        "invalid: refused": 85,
        "valid: recovered": 95,
        "valid: refused": 2,
        "valid: refused for its high s": 70,
      }
    `)
  })

  test('DER', () => {
    const file = readVectors('ecdsa_secp256k1_sha256_test.json')
    expect(judgeAll(file, derOrRaw)).toMatchInlineSnapshot(`
      {
        "invalid: refused": 308,
        "valid: recovered": 96,
        "valid: refused": 2,
        "valid: refused for its high s": 70,
      }
    `)
  })

  test('DER with low s only, as Bitcoin has it', () => {
    const file = readVectors('ecdsa_secp256k1_sha256_bitcoin_test.json')
    expect(judgeAll(file, derOrRaw)).toMatchInlineSnapshot(`
      {
        "invalid: refused": 299,
        "invalid: refused for its high s": 2,
        "valid: recovered": 161,
        "valid: refused": 1,
      }
    `)
  })
})
