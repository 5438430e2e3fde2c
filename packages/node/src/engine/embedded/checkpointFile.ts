// A checkpoint as bytes: the head of a block, the state after it in pieces, and where its record lies in the block log.
//
// A file is a row of frames, each `length u32 ‖ SHA-256 of the body 32 ‖ body`; all integers are big-endian:
//   first:  magic 8 ‖ format u32 ‖ genesis 32 ‖ height u64 ‖ time u64 ‖ block 32 ‖ app hash 32 ‖ receipts u64 ‖ count u8 ‖ count × peak 32
//   middle: the pieces of the state, see `image.ts` of the chain
//   last:   magic 8 ‖ frames before it u32 ‖ segment u32 ‖ offset u64 ‖ log bytes u64 ‖ SHA-256 of the digests of all frames before it 32
// The last frame alone is this node's own affair: without it, two nodes at one height hold the same bytes.
import type { Head } from '@turnpike/chain'
import { concat, Hash, Hex } from '@turnpike/chain/wire'
import type { Disk, Hashes } from '../../machine/Machine.ts'
import type { LogPosition } from './blockLogReader.ts'
import { equal, viewOf } from './blockLogRecord.ts'

/** Length and digest in front of a frame's body. */
export const framePrefixBytes = 36
/** Of the layout above. */
const FORMAT = 1
const HEAD_MAGIC = [0x54, 0x50, 0x43, 0x48, 0x4b, 0x50, 0x0d, 0x0a] // "TPCHKP\r\n"
const END_MAGIC = [0x54, 0x50, 0x43, 0x45, 0x4e, 0x44, 0x0d, 0x0a] // "TPCEND\r\n"
const DIGEST_BYTES = 32
const HEAD_FIXED_BYTES = 8 + 4 + 32 + 8 + 8 + 32 + 32 + 8 + 1
const END_BYTES = 8 + 4 + 4 + 8 + 8 + DIGEST_BYTES
/** Larger than any piece of a state. */
const FRAME_MAX_BYTES = 67_108_864
const WINDOW_BYTES = 4_194_304
const HEIGHT_DIGITS = 12
const PREFIX = 'checkpoint-'

/** What stands at the beginning of a checkpoint. */
export type CheckpointHead = { readonly genesis: Hash.Hash; readonly head: Head }

/** Why a file is not a checkpoint that was written whole. */
export class CheckpointDamaged extends Error {
  override readonly name = 'CheckpointDamaged'
}

/** The name of the checkpoint of a height. */
export function checkpointName(height: number): string {
  return `${PREFIX}${String(height).padStart(HEIGHT_DIGITS, '0')}`
}

/** The height in a name, or undefined for any other file. */
export function heightOfName(name: string): number | undefined {
  const height = Number(name.slice(PREFIX.length))
  return Number.isSafeInteger(height) && name === checkpointName(height) ? height : undefined
}

/** A frame around a body. */
export function encodeFrame(body: Uint8Array, hashes: Pick<Hashes, 'sha256'>): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(framePrefixBytes + body.length)
  viewOf(frame).setUint32(0, body.length)
  frame.set(hashes.sha256(body), 4)
  frame.set(body, framePrefixBytes)
  return frame
}

/** The digest in front of a frame's body. */
export function digestOf(frame: Uint8Array): Uint8Array {
  return frame.slice(4, framePrefixBytes)
}

/** The body of the first frame. */
export function encodeCheckpointHead({ genesis, head }: CheckpointHead): Uint8Array {
  const { height, time, blockHash, appHash, receipts } = head
  const body = new Uint8Array(HEAD_FIXED_BYTES + receipts.peaks.length * DIGEST_BYTES)
  const view = viewOf(body)
  body.set(HEAD_MAGIC)
  view.setUint32(8, FORMAT)
  Hex.writeBytes(genesis, body, 12)
  view.setBigUint64(44, BigInt(height))
  view.setBigUint64(52, BigInt(time))
  Hex.writeBytes(blockHash, body, 60)
  Hex.writeBytes(appHash, body, 92)
  view.setBigUint64(124, BigInt(receipts.size))
  view.setUint8(132, receipts.peaks.length)
  for (const [i, peak] of receipts.peaks.entries()) body.set(peak, HEAD_FIXED_BYTES + i * DIGEST_BYTES)
  return body
}

/** @throws CheckpointDamaged */
export function decodeCheckpointHead(body: Uint8Array): CheckpointHead {
  if (body.length < HEAD_FIXED_BYTES || !startsWith(body, HEAD_MAGIC)) throw new CheckpointDamaged('it has no head')
  const view = viewOf(body)
  if (view.getUint32(8) !== FORMAT)
    throw new CheckpointDamaged(`its format ${view.getUint32(8)} is none that this version knows`)
  const count = view.getUint8(132)
  if (body.length !== HEAD_FIXED_BYTES + count * DIGEST_BYTES)
    throw new CheckpointDamaged('its head is of another length')
  const peaks = Array.from({ length: count }, (_, i) => {
    const at = HEAD_FIXED_BYTES + i * DIGEST_BYTES
    return body.slice(at, at + DIGEST_BYTES)
  })
  const head = {
    height: Number(view.getBigUint64(44)),
    time: Number(view.getBigUint64(52)),
    blockHash: Hash.fromBytes(body, 60),
    appHash: Hash.fromBytes(body, 92),
    receipts: { size: Number(view.getBigUint64(124)), peaks },
  }
  return { genesis: Hash.fromBytes(body, 12), head }
}

/** The body of the last frame, from the digests of all frames before it. */
export function encodeCheckpointEnd(
  position: LogPosition,
  { digests, hashes }: { readonly digests: readonly Uint8Array[]; readonly hashes: Pick<Hashes, 'sha256'> },
): Uint8Array {
  const body = new Uint8Array(END_BYTES)
  const view = viewOf(body)
  body.set(END_MAGIC)
  view.setUint32(8, digests.length)
  view.setUint32(12, position.segment)
  view.setBigUint64(16, BigInt(position.offset))
  view.setBigUint64(24, BigInt(position.bytes))
  body.set(hashes.sha256(concat(digests)), 32)
  return body
}

export type CheckpointFile = {
  readonly disk: Pick<Disk, 'read' | 'findBytes'>
  readonly hashes: Pick<Hashes, 'sha256'>
  readonly path: string
}

/** A checkpoint that is being read: its head, then its pieces, then where the log goes on. */
export type CheckpointReader = CheckpointHead & {
  readonly bytes: number
  /** The pieces of the state, once, in order; then the position of the block's record. @throws CheckpointDamaged */
  pieces(onRead?: (bytes: number) => void): AsyncGenerator<Uint8Array, LogPosition, undefined>
}

/**
 * Opens a checkpoint.
 *
 * @throws CheckpointDamaged when it has no head that was written.
 */
export async function readCheckpoint(file: CheckpointFile): Promise<CheckpointReader> {
  const bytes = (await file.disk.findBytes(file.path)) ?? 0
  const frames = new Frames(file)
  const first = await frames.next()
  if (first === undefined) throw new CheckpointDamaged('it is empty')
  return {
    ...decodeCheckpointHead(first),
    bytes,
    async *pieces(onRead) {
      for (;;) {
        const body = await frames.next()
        if (body === undefined) throw new CheckpointDamaged('its end is missing')
        onRead?.(frames.offset)
        if (startsWith(body, END_MAGIC))
          return readEnd(body, { digests: frames.digests.slice(0, -1), file, rest: bytes - frames.offset })
        yield body
      }
    },
  }
}

function readEnd(
  body: Uint8Array,
  {
    digests,
    file,
    rest,
  }: { readonly digests: readonly Uint8Array[]; readonly file: CheckpointFile; readonly rest: number },
): LogPosition {
  const view = viewOf(body)
  const isWhole =
    body.length === END_BYTES &&
    view.getUint32(8) === digests.length &&
    equal(body.subarray(32), file.hashes.sha256(concat(digests)))
  if (!isWhole) throw new CheckpointDamaged('a part of it is missing or stands twice')
  if (rest !== 0) throw new CheckpointDamaged('something follows its end')
  return {
    segment: view.getUint32(12),
    offset: Number(view.getBigUint64(16)),
    bytes: Number(view.getBigUint64(24)),
  }
}

/** Reads frames one after the other, each held against its digest. */
class Frames {
  readonly #file: CheckpointFile
  /** Behind the frames that were read. */
  offset = 0
  /** Of the frames that were read. */
  readonly digests: Uint8Array[] = []
  #window: Uint8Array = new Uint8Array(0)
  #windowAt = 0

  constructor(file: CheckpointFile) {
    this.#file = file
  }

  /** The body of the next frame; undefined at the end of the file. @throws CheckpointDamaged */
  async next(): Promise<Uint8Array | undefined> {
    const prefix = await this.#read(this.offset, framePrefixBytes)
    if (prefix.length === 0) return undefined
    if (prefix.length < framePrefixBytes) throw new CheckpointDamaged('it ends inside a frame')
    const length = viewOf(prefix).getUint32(0)
    const digest = prefix.slice(4)
    if (length > FRAME_MAX_BYTES) throw new CheckpointDamaged('a frame is longer than any that is written')
    const body = await this.#read(this.offset + framePrefixBytes, length)
    if (body.length < length) throw new CheckpointDamaged('it ends inside a frame')
    if (!equal(this.#file.hashes.sha256(body), digest))
      throw new CheckpointDamaged(`the frame at byte ${this.offset} fails its checksum`)
    this.offset += framePrefixBytes + length
    this.digests.push(digest)
    return body
  }

  async #read(offset: number, length: number): Promise<Uint8Array> {
    const start = offset - this.#windowAt
    if (start >= 0 && start + length <= this.#window.length) return this.#window.subarray(start, start + length)
    this.#window = await this.#file.disk.read(this.#file.path, { offset, bytes: Math.max(length, WINDOW_BYTES) })
    this.#windowAt = offset
    return this.#window.subarray(0, length)
  }
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => byte === bytes[i])
}
