// The two primitives that every payment costs, at their fastest on Node: native libsecp256k1 and WASM keccak.
// Shared by the signer of the load, the baseline and the measurement of the unit R; none of it is Turnpike's code.
import { createRequire } from 'node:module'
import { createKeccak } from 'hash-wasm'
import type * as Secp256k1 from 'secp256k1'

/**
 * The native binding of libsecp256k1.
 *
 * @throws on import where there is no native build: figures in units of a slower library would not be comparable.
 */
export const secp256k1 = createRequire(import.meta.url)('secp256k1/bindings.js') as typeof Secp256k1

const hasher = await createKeccak(256)

/** Keccak-256 of some bytes. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  return hasher.init().update(bytes).digest('binary')
}

/** The Ethereum address (20 bytes) of an uncompressed public key (65 bytes). */
export function addressOfKey(publicKey: Uint8Array): Uint8Array {
  return keccak256(publicKey.subarray(1)).subarray(12)
}
