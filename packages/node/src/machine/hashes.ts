// Fast hashes: what the chain is given in place of noble at boot, and the checksums of the block log.
import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { createKeccak } from 'hash-wasm'
import type { Hashes } from './Machine.ts'

/**
 * Prepares the hashes; await it once at boot. Keccak runs in WebAssembly with one hasher that is used again and again,
 * seven times faster than noble at the sizes of an EIP-712 digest; SHA-256 is OpenSSL's one-shot function.
 */
export async function createHashes(): Promise<Hashes> {
  const hasher = await createKeccak(256)
  return {
    keccak256: (data) => hasher.init().update(data).digest('binary'),
    // A plain view of the same memory: a Buffer behaves differently in `slice` and in comparisons.
    sha256(data) {
      const digest = hash('sha256', data, 'buffer')
      return new Uint8Array(digest.buffer, digest.byteOffset, digest.length)
    },
    crc32: (data, from) => crc32(data, from),
  }
}
