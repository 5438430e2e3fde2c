// People for tests: keys by name, the same in every run.
import type { Address } from '../src/codec/Address.ts'
import * as Hex from '../src/codec/Hex.ts'
import type { Hash } from '../src/codec/Hash.ts'
import * as Text from '../src/codec/Text.ts'
import { sha256 } from '../src/crypto/hash.ts'
import { addressOfKey, signDigest } from '../src/crypto/verifier.ts'

/** Someone with a secp256k1 key. */
export type Person = {
  readonly name: string
  readonly key: Uint8Array
  readonly address: Address
  sign(digest: Hash): Uint8Array
}

/** The person of a name: the key is SHA-256 of it. */
export function person(name: string): Person {
  const key = sha256(Text.toBytes(`turnpike test ${name}`))
  return { name, key, address: addressOfKey(key), sign: (digest) => signDigest(key, Hex.toBytes(digest)) }
}

let counter = 0

/** A nonce that no other call returns. */
export function freshNonce(): Hash {
  counter++
  return `0x${counter.toString(16).padStart(64, '0')}` as Hash
}
