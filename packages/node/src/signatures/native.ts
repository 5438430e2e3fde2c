// The one secp256k1 verifier that decides: libsecp256k1 through its native binding, strict checks in front of it.
// Where no prebuilt binary fits the machine there is the portable reference, never the binding's own silent fallback.
import { createRequire } from 'node:module'
import { Address, Hash, Hex, parseSignature, recoverSigner } from '@turnpike/chain/wire'
import { createKeccak } from 'hash-wasm'

/** Which code decides: libsecp256k1, or the portable reference (about 25 times slower, for machines without a binary). */
export type Implementation = 'native' | 'portable'

/** Recovers signers. Total: whatever the bytes, the answer is an address or undefined. */
export type Recovery = {
  readonly implementation: Implementation
  /** Why it is not the native one, in the words of who looked for the binary. */
  readonly missing?: string
  /** The 20 bytes of the signer's address, or undefined where the digest and the signature name nobody. */
  readonly recover: (digest: Uint8Array, signature: Uint8Array) => Uint8Array | undefined
}

/** The first message of a worker. */
export type Greeting = Pick<Recovery, 'implementation' | 'missing'>

type Binding = {
  readonly ecdsaRecover: (
    signature: Uint8Array,
    recoveryId: number,
    digest: Uint8Array,
    compressed: false,
    output: Uint8Array,
  ) => Uint8Array
}

/**
 * The verifier of this thread, after it has reproduced a known signer.
 *
 * @throws Error when it does not: such a build must not judge anything.
 */
export async function createRecovery(): Promise<Recovery> {
  const binding = loadBinding()
  if (typeof binding === 'string') return createPortableRecovery(binding)
  const recovery = await createNative(binding)
  prove(recovery)
  return recovery
}

/**
 * The reference verifier behind the same door, for machines without a native binary; `missing` says why there is none.
 *
 * @throws Error when it does not reproduce a known signer.
 */
export function createPortableRecovery(missing: string): Recovery {
  const recover = (digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined => {
    if (digest.length !== 32) return undefined
    const signer = recoverSigner({ kind: 1, digest: Hash.fromBytes(digest), bytes: signature })
    return signer === undefined ? undefined : Hex.toBytes(signer)
  }
  const recovery: Recovery = { implementation: 'portable', missing, recover }
  prove(recovery)
  return recovery
}

/**
 * The native code, or why it cannot be had. `bindings.js` holds it alone; the package's own entry would fall back to
 * elliptic without a word, a third implementation with rules of its own.
 */
function loadBinding(): Binding | string {
  try {
    return createRequire(import.meta.url)('secp256k1/bindings.js') as Binding
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function createNative(binding: Binding): Promise<Recovery> {
  const keccak = await createKeccak(256)
  const publicKey = new Uint8Array(65)
  const recover = (digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined => {
    const parsed = parseSignature(1, signature)
    if (parsed === undefined || digest.length !== 32) return undefined
    try {
      binding.ecdsaRecover(signature.subarray(0, 64), parsed.recovery, digest, false, publicKey)
    } catch {
      return undefined // No point of the curve has this r, or the key would be infinity: nobody signed.
    }
    return keccak.init().update(publicKey.subarray(1)).digest('binary').subarray(12)
  }
  return { implementation: 'native', recover }
}

// The private key 1 over thirty-two bytes of 7, deterministic by RFC 6979; its address is known everywhere.
const known = {
  digest: new Uint8Array(32).fill(7),
  signature: Hex.toBytes(
    '0x73a5c857e5738b8ea9bab7e4fb0de0bdd0d73030aca7e7e3f62ae97b6b4629e3729bad61cbeba1b0b9a0b9526dc6f359c9a5052616843e391a4a388f23607d151b',
  ),
  signer: '0x7e5f4552091a69125d5dfcb7b8c2659029395bdf',
}

function prove(recovery: Recovery): void {
  const signer = recovery.recover(known.digest, known.signature)
  if (signer === undefined || Address.fromBytes(signer) !== known.signer) {
    throw new Error(`The ${recovery.implementation} secp256k1 does not recover a known signer.`)
  }
}
