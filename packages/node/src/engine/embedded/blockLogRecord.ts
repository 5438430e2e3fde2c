// One block as it lies in the block log: its operations with their verified signers, what came of them, two checksums.
//
// All integers are big-endian:
//   length u32 (of everything, checksums included) ‖ format u32 ‖ tag 16 ‖ height u64 ‖ time u64 ‖ previous block 32 ‖
//   count u32 ‖ count × { length u32 ‖ operation ‖ id 32 ‖ count u32 ‖ count × signer 20 } ‖
//   write set 32 ‖ receipts root 32 ‖ receipts size u64 ‖ app hash 32 ‖ crc32 u32 ‖ SHA-256 of all before it 32
//
// The tag is random, one for each segment, and known to nobody outside. An operation can therefore not contain bytes
// that pass for a record of ours, however it was built: wherever the tag stands, we wrote it (see blockLogReader.ts).
import { Address, Hash, Hex } from '@turnpike/chain/wire'
import type { Hashes, Ms } from '../../machine/Machine.ts'

/** The layout above. */
export const recordFormat = 1
/** Length of a segment's tag. */
export const tagBytes = 16
/** Where the tag stands in a record. */
export const tagOffset = 8

const HEAD_BYTES = 4 + 4 + tagBytes + 8 + 8 + 32 + 4
const TAIL_BYTES = 32 + 32 + 8 + 32
const CRC_BYTES = 4
const DIGEST_BYTES = 32
const OP_FIXED_BYTES = 4 + 32 + 4
const SIGNER_BYTES = 20

/** The shortest record: a block without operations. */
export const recordBytesMin = HEAD_BYTES + TAIL_BYTES + CRC_BYTES + DIGEST_BYTES

/** One operation of a block, and who made each of its signatures, so that replay verifies none again. */
export type LoggedOp = {
  readonly bytes: Uint8Array
  readonly id: Hash.Hash
  readonly signers: readonly Address.Address[]
}

/** One block in the log (decisions 5). */
export type BlockRecord = {
  readonly height: number
  readonly time: Ms
  /** Hash of the block before. */
  readonly previous: Hash.Hash
  readonly ops: readonly LoggedOp[]
  /** Hash of the write set. */
  readonly writes: Hash.Hash
  readonly receiptsRoot: Hash.Hash
  readonly receiptsSize: number
  readonly appHash: Hash.Hash
}

/** The length of a record in the log. */
export function getRecordBytes(record: BlockRecord): number {
  return record.ops.reduce(
    (sum, op) => sum + OP_FIXED_BYTES + op.bytes.length + op.signers.length * SIGNER_BYTES,
    recordBytesMin,
  )
}

/** The record's bytes, checksums included. */
export function encodeRecord(
  record: BlockRecord,
  options: { readonly tag: Uint8Array; readonly hashes: Hashes },
): Uint8Array {
  const bytes = new Uint8Array(getRecordBytes(record))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length)
  view.setUint32(4, recordFormat)
  bytes.set(options.tag, tagOffset)
  let at = tagOffset + tagBytes
  at = writeU64(view, at, record.height)
  at = writeU64(view, at, record.time)
  at += Hex.writeBytes(record.previous, bytes, at)
  view.setUint32(at, record.ops.length)
  at += 4
  for (const op of record.ops) at = writeOp(view, at, op)
  at += Hex.writeBytes(record.writes, bytes, at)
  at += Hex.writeBytes(record.receiptsRoot, bytes, at)
  at = writeU64(view, at, record.receiptsSize)
  at += Hex.writeBytes(record.appHash, bytes, at)
  view.setUint32(at, options.hashes.crc32(bytes.subarray(0, at)))
  at += CRC_BYTES
  bytes.set(options.hashes.sha256(bytes.subarray(0, at)), at)
  return bytes
}

function writeU64(view: DataView, at: number, value: number): number {
  view.setBigUint64(at, BigInt(value))
  return at + 8
}

function writeOp(view: DataView, start: number, op: LoggedOp): number {
  const bytes = new Uint8Array(view.buffer)
  let at = start
  view.setUint32(at, op.bytes.length)
  at += 4
  bytes.set(op.bytes, at)
  at += op.bytes.length
  at += Hex.writeBytes(op.id, bytes, at)
  view.setUint32(at, op.signers.length)
  at += 4
  for (const signer of op.signers) at += Hex.writeBytes(signer, bytes, at)
  return at
}

/** Whether the bytes are one whole record: its length is theirs and both checksums hold. */
export function isRecord(bytes: Uint8Array, hashes: Hashes): boolean {
  if (bytes.length < recordBytesMin) return false
  const view = viewOf(bytes)
  if (view.getUint32(0) !== bytes.length) return false
  const digestAt = bytes.length - DIGEST_BYTES
  const crcAt = digestAt - CRC_BYTES
  // The cheap checksum first; the other one also finds what was changed on purpose and not made to fit again.
  if (view.getUint32(crcAt) !== hashes.crc32(bytes.subarray(0, crcAt))) return false
  return equal(hashes.sha256(bytes.subarray(0, digestAt)), bytes.subarray(digestAt))
}

/** What stands in front of a record's content. */
export function decodeRecordHead(bytes: Uint8Array): { readonly format: number; readonly tag: Uint8Array } {
  return { format: viewOf(bytes).getUint32(4), tag: bytes.subarray(tagOffset, tagOffset + tagBytes) }
}

/**
 * The block in bytes for which `isRecord` holds and whose format is ours. The operations are views of the bytes.
 * Undefined when the content contradicts itself, which no writer of this format produces.
 */
export function decodeRecord(bytes: Uint8Array): BlockRecord | undefined {
  const view = viewOf(bytes)
  const end = bytes.length - DIGEST_BYTES - CRC_BYTES - TAIL_BYTES
  let at = tagOffset + tagBytes
  const height = Number(view.getBigUint64(at))
  const time = Number(view.getBigUint64(at + 8))
  const previous = Hash.fromBytes(bytes, at + 16)
  const count = view.getUint32(at + 48)
  at += 52
  const ops: LoggedOp[] = []
  for (let i = 0; i < count; i++) {
    const op = readOp(view, at, end)
    if (op === undefined) return undefined
    ops.push(op)
    at += OP_FIXED_BYTES + op.bytes.length + op.signers.length * SIGNER_BYTES
  }
  const receiptsSize = Number(view.getBigUint64(end + 64))
  if (at !== end || ![height, time, receiptsSize].every(Number.isSafeInteger)) return undefined
  const writes = Hash.fromBytes(bytes, end)
  const receiptsRoot = Hash.fromBytes(bytes, end + 32)
  return { height, time, previous, ops, writes, receiptsRoot, receiptsSize, appHash: Hash.fromBytes(bytes, end + 72) }
}

function readOp(view: DataView, start: number, end: number): LoggedOp | undefined {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  if (start + OP_FIXED_BYTES > end) return undefined
  const length = view.getUint32(start)
  const idAt = start + 4 + length
  if (idAt + 36 > end) return undefined
  const count = view.getUint32(idAt + 32)
  const signersAt = idAt + 36
  if (signersAt + count * SIGNER_BYTES > end) return undefined
  const signers: Address.Address[] = []
  for (let i = 0; i < count; i++) signers.push(Address.fromBytes(bytes, signersAt + i * SIGNER_BYTES))
  return { bytes: bytes.subarray(start + 4, idAt), id: Hash.fromBytes(bytes, idAt), signers }
}

/** A view of exactly these bytes, wherever they lie in their memory. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Whether two runs of bytes are the same. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
