// Keys that sign here: what an action needs of one is an address and a signature over 32 bytes.
import { addressOfKey, Hex, signDigest, type Address, type Hash } from '@turnpike/chain/wire'
import { ownError } from './errors.ts'

/** A key that can sign. Local ones are made by `privateKeyAccount`; others may ask a device. */
export type Account = {
  readonly address: Address.Address
  /** secp256k1 over the digest: r ‖ s ‖ v, 65 bytes, low s, v 27 or 28. */
  sign(digest: Hash.Hash): Hex.Hex | Promise<Hex.Hex>
}

const keyPattern = /^0x[0-9a-fA-F]{64}$/

/**
 * An account from a private key in hex. Signatures are deterministic (RFC 6979; T178).
 *
 * @throws LedgerError `sdk/key_invalid`, without any part of the key
 */
export function privateKeyAccount(privateKey: string): Account {
  if (!keyPattern.test(privateKey)) throw ownError('key_invalid', 'This is no private key in hex.')
  const key = Hex.toBytes(privateKey)
  try {
    return { address: addressOfKey(key), sign: (digest) => Hex.fromBytes(signDigest(key, Hex.toBytes(digest))) }
  } catch {
    throw ownError('key_invalid', 'This is no private key of the curve secp256k1.')
  }
}

/** A fresh private key from the platform's random source; about one in 2^128 is outside the curve and drawn again. */
export function generatePrivateKey(): Hex.Hex {
  for (;;) {
    const key = globalThis.crypto.getRandomValues(new Uint8Array(32))
    try {
      addressOfKey(key)
      return Hex.fromBytes(key)
    } catch {
      continue
    }
  }
}
