// How people of a run sign, and how it is told who did: by the curve (native; where that is missing, the reference in its place); and in
// runs of the core alone, which asks who signed and never looks at a curve, by a hash that only the key gives, thirty times as fast.
import { createRequire } from 'node:module'
import { Address, Hex, keccak256, parseSignature, recoverSigner, signDigest } from '@turnpike/chain/wire'
import type { Hash, Signature } from '@turnpike/chain/wire'
import type * as Curve from 'secp256k1'

/** What only its owner has. */
export type Key = { readonly secret: Uint8Array; readonly address: Address.Address }

/** A way to sign. */
export type Hand = {
  sign(key: Key, digest: Hash.Hash): Uint8Array
  /** Who made a signature, or nobody. */
  recover(signature: Signature): Address.Address | undefined
}

function loadCurve(): typeof Curve | undefined {
  try {
    return createRequire(import.meta.url)('secp256k1/bindings.js') as typeof Curve
  } catch {
    return undefined
  }
}

const curve = loadCurve()

/** As wallets do: r ‖ s ‖ v, s low (RFC 6979 in both implementations). */
function signOnCurve(secret: Uint8Array, digest: Uint8Array): Uint8Array {
  if (curve === undefined) return signDigest(secret, digest)
  const { signature, recid } = curve.ecdsaSign(digest, secret)
  return Uint8Array.from([...signature, 27 + recid])
}

function recoverOnCurve(signature: Signature): Address.Address | undefined {
  if (curve === undefined) return recoverSigner(signature)
  const parsed = parseSignature(signature.kind, signature.bytes)
  if (parsed === undefined) return undefined
  try {
    const half = signature.bytes.subarray(0, 64)
    const publicKey = curve.ecdsaRecover(half, parsed.recovery, Hex.toBytes(signature.digest), false)
    return asked(signature, Address.fromBytes(keccak256(publicKey.subarray(1)), 12))
  } catch {
    return undefined
  }
}

/** The signer, unless somebody else must have signed. */
function asked({ signer }: Signature, found: Address.Address): Address.Address | undefined {
  return signer === undefined || signer === found ? found : undefined
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

type Made = { readonly bytes: Uint8Array; readonly by: Address.Address }

const madeMax = 8_192

/** Real signatures. Strict parsing and the curve tell who made one, unless this hand remembers making it. */
export function createCurveHand(): Hand {
  const made = new Map<Hash.Hash, Made>()
  return {
    sign({ secret, address }, digest) {
      const bytes = signOnCurve(secret, Hex.toBytes(digest))
      if (made.size >= madeMax) made.clear()
      made.set(digest, { bytes, by: address })
      return bytes
    },
    recover(signature) {
      const known = made.get(signature.digest)
      if (known === undefined || signature.kind !== 1 || !isSame(known.bytes, signature.bytes))
        return recoverOnCurve(signature)
      return asked(signature, known.by)
    },
  }
}

/** Signatures that hold their maker's address in s, and in r a hash of his secret and the digest. What is none of them is left to the curve. */
export function createHashHand(): Hand {
  const keys = new Map<string, Key>()
  const name = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(44, 64))
  const sign: Hand['sign'] = (key, digest) => {
    const bytes = new Uint8Array(65)
    bytes.set(Hex.toBytes(key.address), 44)
    bytes[64] = 27
    keys.set(name(bytes), key)
    const seal = new Uint8Array(64)
    seal.set(key.secret)
    seal.set(Hex.toBytes(digest), 32)
    bytes.set(keccak256(seal))
    return bytes
  }
  return {
    sign,
    recover(signature) {
      const key = keys.get(name(signature.bytes))
      if (key === undefined || signature.kind !== 1 || !isSame(sign(key, signature.digest), signature.bytes))
        return recoverOnCurve(signature)
      return asked(signature, key.address)
    },
  }
}
