// Which bytes are a signature: every edge of length, v, r and s, at the limit and one beyond.
import { describe, expect, test } from 'vitest'
import * as Hex from '../codec/Hex.ts'
import { addressOfPublicKey, isKeyKind, keyKinds, parseSignature } from './signature.ts'

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

function signatureOf(parts: { readonly r?: bigint; readonly s?: bigint; readonly v?: number }): Uint8Array {
  const word = (value: bigint): string => value.toString(16).padStart(64, '0')
  const v = (parts.v ?? 27).toString(16).padStart(2, '0')
  return Hex.toBytes(`0x${word(parts.r ?? 1n)}${word(parts.s ?? 1n)}${v}`)
}

describe('parseSignature of secp256k1', () => {
  const accepted: readonly (readonly [string, Uint8Array])[] = [
    ['r and s 1', signatureOf({})],
    ['v 28', signatureOf({ v: 28 })],
    ['r n - 1', signatureOf({ r: order - 1n })],
    ['s (n - 1) / 2', signatureOf({ s: (order - 1n) / 2n })],
  ]
  test.each(accepted)('accepts %s', (_, bytes) => {
    const parsed = parseSignature(keyKinds.secp256k1, bytes)
    expect(parsed?.recovery).toBe(bytes[64]! - 27)
    expect(Hex.fromBytes(parsed!.r)).toBe(Hex.fromRange(bytes, 0, 32))
    expect(Hex.fromBytes(parsed!.s)).toBe(Hex.fromRange(bytes, 32, 32))
  })

  const refused: readonly (readonly [string, Uint8Array])[] = [
    ['no bytes', new Uint8Array(0)],
    ['64 bytes', signatureOf({}).subarray(0, 64)],
    ['66 bytes', Uint8Array.of(...signatureOf({}), 0)],
    ['65 zeros', new Uint8Array(65)],
    ['65 times 0xff', new Uint8Array(65).fill(255)],
    ['r 0', signatureOf({ r: 0n })],
    ['r n', signatureOf({ r: order })],
    ['r 2^256 - 1', signatureOf({ r: (1n << 256n) - 1n })],
    ['s 0', signatureOf({ s: 0n })],
    ['s (n + 1) / 2, the lowest high one', signatureOf({ s: (order + 1n) / 2n })],
    ['s n - 1', signatureOf({ s: order - 1n })],
    ['s n', signatureOf({ s: order })],
    ...[0, 1, 26, 29, 30, 255].map((v) => [`v ${v}`, signatureOf({ v })] as const),
  ]
  test.each(refused)('refuses %s', (_, bytes) => {
    expect(parseSignature(keyKinds.secp256k1, bytes)).toBeUndefined()
  })
})

test('the other kinds are known, but have no valid signature yet', () => {
  expect([0, 1, 2, 3, 4, 5, 1.5, -1, 255, Number.NaN].filter(isKeyKind)).toEqual([1, 2, 3, 4])
  for (const kind of [keyKinds.p256, keyKinds.ed25519, keyKinds.webAuthn]) {
    expect(parseSignature(kind, signatureOf({}))).toBeUndefined()
    expect(parseSignature(kind, signatureOf({}).subarray(0, 64))).toBeUndefined()
  }
})

test('an address is made of x ‖ y only', () => {
  // The public key of the private key 1: the generator of the group.
  const generator = Hex.toBytes(
    '0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8',
  )
  expect(addressOfPublicKey(generator)).toBe('0x7e5f4552091a69125d5dfcb7b8c2659029395bdf')
  expect(() => addressOfPublicKey(Uint8Array.of(4, ...generator))).toThrow('A public key is x ‖ y, 64 bytes, not 65.')
})
