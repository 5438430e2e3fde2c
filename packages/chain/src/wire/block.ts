// Blocks and their headers: 113 bytes, hashed with SHA-256 (shapes 5).
import { hash, u64, u8 } from '../codec/Codec.ts'
import { createWriter, written } from '../codec/Cursor.ts'
import * as Hash from '../codec/Hash.ts'
import { sha256 } from '../crypto/hash.ts'
import type { Op } from './op.ts'

/** Operations in the order of execution: control operations first. */
export type Block = { readonly height: number; readonly time: number; readonly ops: readonly Op[] }

export type Header = {
  readonly genesis: Hash.Hash
  readonly height: number
  readonly time: number
  readonly previous: Hash.Hash
  readonly appHash: Hash.Hash
}

/** `version ‖ genesis hash ‖ height ‖ time ‖ previous block hash ‖ app hash`. */
export function encodeHeader(header: Header): Uint8Array {
  const writer = createWriter(113)
  u8.write(writer, 1)
  hash.write(writer, header.genesis)
  u64.write(writer, header.height)
  u64.write(writer, header.time)
  hash.write(writer, header.previous)
  hash.write(writer, header.appHash)
  return written(writer)
}

/** The block's hash, also the one that wallets see. */
export function blockHash(header: Header): Hash.Hash {
  return Hash.fromBytes(sha256(encodeHeader(header)))
}
