// The reference verifier and signer, in pure TypeScript: for browsers, the SDK and tests, and the oracle that the
// native verifier of a node must agree with on every input.
import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { Address } from '../codec/Address.ts'
import * as Hash from '../codec/Hash.ts'
import * as Hex from '../codec/Hex.ts'
import { addressOfPublicKey, parseSignature } from './signature.ts'
import type { ParsedSignature, Signature } from './signature.ts'

/**
 * Who made a signature, or undefined when it does not hold: malformed, of a kind that is not verified yet, without a
 * public key that fits, or not made by the signer it names. Total: no bytes make it throw.
 */
export function recoverSigner(signature: Signature): Address | undefined {
  const parsed = parseSignature(signature.kind, signature.bytes)
  if (parsed === undefined || !Hash.is(signature.digest)) return undefined
  const publicKey = recoverPublicKey(parsed, Hex.toBytes(signature.digest))
  if (publicKey === undefined) return undefined
  const signer = addressOfPublicKey(publicKey)
  return signature.signer === undefined || signature.signer === signer ? signer : undefined
}

/**
 * Signs a digest as wallets do: RFC 6979, low s, r ‖ s ‖ v with v 27 or 28.
 *
 * @throws when the key is not 32 bytes in 1 … n - 1 or the digest not 32 bytes.
 */
export function signDigest(privateKey: Uint8Array, digest: Uint8Array): Uint8Array {
  if (digest.length !== 32) throw new Error(`A digest has 32 bytes, not ${digest.length}.`)
  const recovered = secp256k1.sign(digest, privateKey, { prehash: false, lowS: true, format: 'recovered' })
  const bytes = new Uint8Array(65)
  bytes.set(recovered.subarray(1)) // noble puts the recovery id first.
  bytes[64] = 27 + recovered[0]!
  return bytes
}

/**
 * The address of a private key.
 *
 * @throws when the key is not 32 bytes in 1 … n - 1.
 */
export function addressOfKey(privateKey: Uint8Array): Address {
  return addressOfPublicKey(secp256k1.getPublicKey(privateKey, false).subarray(1))
}

/** x ‖ y, or undefined when r is not the x of a point or the key would be the point at infinity. */
function recoverPublicKey(parsed: ParsedSignature, digest: Uint8Array): Uint8Array | undefined {
  const bytes = new Uint8Array(65)
  bytes[0] = parsed.recovery
  bytes.set(parsed.r, 1)
  bytes.set(parsed.s, 33)
  try {
    return secp256k1.Signature.fromBytes(bytes, 'recovered').recoverPublicKey(digest).toBytes(false).subarray(1)
  } catch {
    return undefined
  }
}
