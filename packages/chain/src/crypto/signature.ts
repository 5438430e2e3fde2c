// Signatures as they lie in an operation: which kinds there are and which bytes are one at all. Strict before any
// library sees them, because libraries disagree on the edges.
import * as Address from '../codec/Address.ts'
import type { Hash } from '../codec/Hash.ts'
import * as Hex from '../codec/Hex.ts'
import { keccak256 } from './hash.ts'

/** Every kind of key that an operation may name, by its byte (shapes 1). Only secp256k1 is verified so far. */
export const keyKinds = { secp256k1: 1, p256: 2, ed25519: 3, webAuthn: 4 } as const

/** The kind byte of a signature. */
export type KeyKind = (typeof keyKinds)[keyof typeof keyKinds]

/**
 * One signature that has to hold. Which ones is decided in the chain; who checks them, and where, is the node's affair.
 */
export type Signature = {
  readonly kind: KeyKind
  readonly digest: Hash
  readonly bytes: Uint8Array
  /** Who must have signed; absent: to be recovered. */
  readonly signer?: Address.Address
}

/** The parts of a secp256k1 signature that passed every check; r and s are views into its bytes. */
export type ParsedSignature = { readonly r: Uint8Array; readonly s: Uint8Array; readonly recovery: 0 | 1 }

/** The order n of the secp256k1 group: r and s lie in 1 … n - 1. */
const order = Hex.toBytes('0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141')

/** (n - 1) / 2, the largest low s (EIP-2): with s also n - s would verify, and there would be two signatures. */
const sMax = Hex.toBytes('0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0')

/** Whether a byte names a kind of key. */
export function isKeyKind(kind: number): kind is KeyKind {
  return kind >= keyKinds.secp256k1 && kind <= keyKinds.webAuthn && Number.isInteger(kind)
}

/**
 * The parts of a signature, or undefined when the bytes are none: exactly r ‖ s ‖ v with 32, 32 and 1 bytes, r and s
 * in 1 … n - 1, s low, v 27 or 28, as the token contract demands (x402 5.4). Kinds that are not verified yet have no
 * valid signature.
 */
export function parseSignature(kind: KeyKind, bytes: Uint8Array): ParsedSignature | undefined {
  if (kind !== keyKinds.secp256k1 || bytes.length !== 65) return undefined
  const v = bytes[64]
  if (v !== 27 && v !== 28) return undefined
  const r = bytes.subarray(0, 32)
  const s = bytes.subarray(32, 64)
  if (isZero(r) || compare(r, order) >= 0) return undefined
  if (isZero(s) || compare(s, sMax) > 0) return undefined
  return { r, s, recovery: v === 27 ? 0 : 1 }
}

/**
 * The address of a secp256k1 public key: the last 20 bytes of the Keccak-256 of x ‖ y.
 *
 * @throws when the key is not 64 bytes long, for instance still has its 0x04 prefix.
 */
export function addressOfPublicKey(publicKey: Uint8Array): Address.Address {
  if (publicKey.length !== 64) throw new Error(`A public key is x ‖ y, 64 bytes, not ${publicKey.length}.`)
  return Address.fromBytes(keccak256(publicKey), 12)
}

function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false
  return true
}

/** Negative, zero or positive, as big-endian numbers of one length compare. */
function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return 0
}
