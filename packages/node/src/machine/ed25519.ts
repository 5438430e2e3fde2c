// Ed25519: the public part of the sequencer's key, which genesis names.
import { createPrivateKey, createPublicKey } from 'node:crypto'

/** What stands before the 32 secret bytes in PKCS #8 (RFC 8410). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')
const keyBytes = 32

/** The public key of 32 secret bytes. */
export function derivePublicKey(secret: Uint8Array): Uint8Array {
  if (secret.length !== keyBytes) throw new Error(`An Ed25519 key has ${keyBytes} bytes, not ${secret.length}.`)
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, secret]), format: 'der', type: 'pkcs8' })
  // The last 32 bytes of SubjectPublicKeyInfo are the key itself.
  return Uint8Array.from(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-keyBytes))
}
