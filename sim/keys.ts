// Keys of the people of a run, and the native curve for their many signatures; where it is missing, the reference in its place.
import { createRequire } from 'node:module'
import { Address, addressOfKey, Hex, keccak256, parseSignature, recoverSigner, signDigest } from '@turnpike/chain/wire'
import type { Hash, Signature } from '@turnpike/chain/wire'

type Curve = {
  readonly ecdsaSign: (
    digest: Uint8Array,
    key: Uint8Array,
  ) => { readonly signature: Uint8Array; readonly recid: number }
  readonly ecdsaRecover: (signature: Uint8Array, recid: number, digest: Uint8Array, compressed: false) => Uint8Array
}

function loadCurve(): Curve | undefined {
  try {
    return createRequire(import.meta.url)('secp256k1/bindings.js') as Curve
  } catch {
    return undefined
  }
}

const curve = loadCurve()

/** Signs as wallets do: r ‖ s ‖ v, s low (RFC 6979 in both implementations). */
function sign(key: Uint8Array, digest: Uint8Array): Uint8Array {
  if (curve === undefined) return signDigest(key, digest)
  const { signature, recid } = curve.ecdsaSign(digest, key)
  return Uint8Array.from([...signature, 27 + recid])
}

/** Who made a signature, or nobody: strict parsing first, then the curve. */
export function recover(signature: Signature): Address.Address | undefined {
  if (curve === undefined) return recoverSigner(signature)
  const parsed = parseSignature(signature.kind, signature.bytes)
  if (parsed === undefined) return undefined
  try {
    const half = signature.bytes.subarray(0, 64)
    const publicKey = curve.ecdsaRecover(half, parsed.recovery, Hex.toBytes(signature.digest), false)
    const signer = Address.fromBytes(keccak256(publicKey.subarray(1)), 12)
    return signature.signer === undefined || signature.signer === signer ? signer : undefined
  } catch {
    return undefined
  }
}

/** Someone with a key. */
export type Person = {
  readonly name: string
  readonly address: Address.Address
  sign(digest: Hash.Hash): Uint8Array
}

/** The person of a name: the key is the Keccak-256 of it, the same in every run. */
export function createPerson(name: string): Person {
  const key = keccak256(new TextEncoder().encode(`turnpike simulated ${name}`))
  return { name, address: addressOfKey(key), sign: (digest) => sign(key, Hex.toBytes(digest)) }
}
