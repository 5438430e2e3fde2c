// Keys of the people of a run, and the native curve for their many signatures; where it is missing, the reference in its place.
import { createRequire } from 'node:module'
import { Address, addressOfKey, Hex, keccak256, parseSignature, recoverSigner, signDigest } from '@turnpike/chain/wire'
import type { Hash, Op, Signature } from '@turnpike/chain/wire'

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

type Made = { readonly bytes: Uint8Array; readonly by: Address.Address }

/** Signatures of late that people here made, by what they are over: who made them needs no curve. */
const made = new Map<Hash.Hash, Made>()
const madeMax = 8_192

/** Who made a signature, or nobody: strict parsing first, then the curve, unless somebody here remembers making it. */
function recover(signature: Signature): Address.Address | undefined {
  const known = made.get(signature.digest)
  if (known !== undefined && signature.kind === 1 && isSame(known.bytes, signature.bytes))
    return signature.signer === undefined || signature.signer === known.by ? known.by : undefined
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
  return createPersonWithKey(name, keccak256(new TextEncoder().encode(`turnpike simulated ${name}`)))
}

/** A person with a key that is given. */
export function createPersonWithKey(name: string, key: Uint8Array): Person {
  const address = addressOfKey(key)
  return {
    name,
    address,
    sign(digest) {
      const bytes = sign(key, Hex.toBytes(digest))
      if (made.size >= madeMax) made.clear()
      made.set(digest, { bytes, by: address })
      return bytes
    },
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** Who made each signature of an operation, in their order. */
export function signersOf(op: Op): readonly (Address.Address | undefined)[] {
  return op.signatures.map(recover)
}

/** The people of every run; operator and toll account come with the genesis. */
export const people = {
  owners: Array.from({ length: 5 }, (_, i) => createPerson(`owner ${i}`)),
  sellers: Array.from({ length: 4 }, (_, i) => createPerson(`seller ${i}`)),
  /** Keys for agents. */
  keys: Array.from({ length: 24 }, (_, i) => createPerson(`key ${i}`)),
} as const
