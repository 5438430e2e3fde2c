// What a start need not execute: write sets of the blocks behind a checkpoint, in files named after the height they begin
// at. They are derived from the log like a checkpoint: what is missing or damaged costs time and nothing else.
//
// A file is a row of frames like those of a checkpoint. Body, integers big-endian:
//   head length u16 ‖ layout 32 ‖ block before 32 ‖ segment u32 ‖ offset u64 ‖ log bytes u64 ‖ head of a checkpoint ‖ compressed: write sets, each length u32 ‖ bytes
// The layout is that of the tables: another version may keep other rows. Each begins at the block where the one before ended; head and place in the log are those of its last block.
import type { Head, ImageTable } from '@turnpike/chain'
import { concat, Hash, Hex } from '@turnpike/chain/wire'
import { compress, expand } from '../../machine/compression.ts'
import type { Hashes, Machine } from '../../machine/Machine.ts'
import { findBlock } from './blockLogReader.ts'
import type { LogEnd, LogPosition } from './blockLogReader.ts'
import { equal, viewOf } from './blockLogRecord.ts'
import type { LogFiles } from './blockLogSegment.ts'
import {
  CheckpointDamaged,
  decodeCheckpointHead,
  encodeCheckpointHead,
  encodeFrame,
  framePrefixBytes,
} from './checkpointFile.ts'

/** A frame holds no more bytes of write sets; only what is executed at a start can be so much. */
export const redoBytesMax = 134_217_728
const PREFIX = 'redo-'
const HEIGHT_DIGITS = 12
const FIXED_BYTES = 2 + 32 + 32 + 4 + 8 + 8
/** Longer than a frame's prefix and head. */
const HEAD_READ_BYTES = 4_096

/** The name of the file whose first frame begins behind the block of a height. */
export function redoName(height: number): string {
  return `${PREFIX}${String(height).padStart(HEIGHT_DIGITS, '0')}`
}

/** The heights of the redo files in a data directory, ascending. */
export async function listRedo(disk: Pick<Machine['disk'], 'list'>, home: string): Promise<readonly number[]> {
  const heights = (await disk.list(home)).map((name) => ({ name, height: Number(name.slice(PREFIX.length)) }))
  return heights.flatMap(({ name, height }) => (name === redoName(height) ? [height] : [])).toSorted((a, b) => a - b)
}

/** What write sets are read by: the tables, and how wide their rows are. */
export function hashLayout(tables: readonly ImageTable[], hashes: Pick<Hashes, 'sha256'>): Hash.Hash {
  const lines = tables.map(({ number, kind, keyBytes, valueBytes }) => `${number} ${kind} ${keyBytes} ${valueBytes}\n`)
  return Hash.fromBytes(hashes.sha256(new TextEncoder().encode(lines.join(''))))
}

/** Where the write sets of a frame begin and end. */
export type RedoHead = {
  /** See `hashLayout`. */
  readonly layout: Hash.Hash
  readonly genesis: Hash.Hash
  /** The block before the first one. */
  readonly start: Hash.Hash
  /** Of the last block. */
  readonly head: Head
  readonly position: LogPosition
}

/** What stands in front of a frame's write sets. */
function encodeRedoHead({ layout, genesis, start, head, position }: RedoHead): Uint8Array {
  const checkpoint = encodeCheckpointHead({ genesis, head })
  const bytes = new Uint8Array(FIXED_BYTES + checkpoint.length)
  const view = viewOf(bytes)
  view.setUint16(0, bytes.length)
  Hex.writeBytes(layout, bytes, 2)
  Hex.writeBytes(start, bytes, 34)
  view.setUint32(66, position.segment)
  view.setBigUint64(70, BigInt(position.offset))
  view.setBigUint64(78, BigInt(position.bytes))
  bytes.set(checkpoint, FIXED_BYTES)
  return bytes
}

/** A frame of write sets, each `length u32 ‖ bytes`. */
export function encodeRedo(
  head: RedoHead,
  { parts, hashes }: { readonly parts: readonly Uint8Array[]; readonly hashes: Pick<Hashes, 'sha256'> },
): Uint8Array {
  return encodeFrame(concat([encodeRedoHead(head), compress(concat(parts))]), hashes)
}

/** A frame by its head alone; its checksum is still to be held against its body. */
export type RedoFrame = RedoHead & {
  readonly path: string
  readonly offset: number
  readonly bytes: number
  readonly headBytes: number
}

/** @throws CheckpointDamaged */
function decodeFrame(bytes: Uint8Array, { path, offset }: Pick<RedoFrame, 'path' | 'offset'>): RedoFrame {
  if (bytes.length < framePrefixBytes + FIXED_BYTES) throw new CheckpointDamaged('it ends inside a frame')
  const body = bytes.subarray(framePrefixBytes)
  const view = viewOf(body)
  const position = {
    segment: view.getUint32(66),
    offset: Number(view.getBigUint64(70)),
    bytes: Number(view.getBigUint64(78)),
  }
  const headBytes = view.getUint16(0)
  const head = decodeCheckpointHead(body.subarray(FIXED_BYTES, headBytes))
  const length = framePrefixBytes + viewOf(bytes).getUint32(0)
  const [layout, start] = [Hash.fromBytes(body, 2), Hash.fromBytes(body, 34)]
  return { ...head, layout, start, position, path, offset, bytes: length, headBytes }
}

/** Whoever has no log of the process is told nothing of files that cannot be used. */
export type RedoMachine = Pick<Machine, 'disk' | 'hashes'> & Partial<Pick<Machine, 'logger'>>

export type RedoSearch = {
  readonly machine: RedoMachine
  /** The data directory. */
  readonly home: string
  readonly genesis: Hash.Hash
  readonly layout: Hash.Hash
  /** No block above this height is of use. */
  readonly notAbove: number
  readonly files: LogFiles
}

/** The frames that carry a state further, one after the other, as far as the log has their blocks. */
export async function findRedo(search: RedoSearch, base: Head): Promise<readonly RedoFrame[]> {
  const { machine, files, notAbove } = search
  const frames = (await listFrames(search, base)).filter(({ head }) => head.height <= notAbove)
  for (
    let last = frames.at(-1);
    last !== undefined && (await findEnd(files, last)) === undefined;
    last = frames.at(-1)
  ) {
    const { path, head } = frames.pop()!
    machine.logger?.warn('Write sets of another log cannot be used; the start takes longer.', {
      path,
      height: head.height,
    })
  }
  return frames
}

/** The newest frame that is whole, if its block, which was durable, does not lie in the log. */
export async function findLost(search: RedoSearch, base: Head): Promise<RedoFrame | undefined> {
  for (const frame of (await listFrames(search, base)).toReversed()) {
    if ((await findEnd(search.files, frame)) !== undefined) return undefined
    if ((await readRedo(search.machine, frame)) !== undefined) return frame
  }
  return undefined
}

/** All frames behind a block, whatever the log has. */
async function listFrames(search: RedoSearch, base: Head): Promise<readonly RedoFrame[]> {
  const { home } = search
  const frames: RedoFrame[] = []
  for (;;) {
    const last = frames.at(-1)
    const head = last?.head ?? base
    // A file that begins here was written by a later run than what follows in the file that led here.
    const begun = await findFrame(search, { path: `${home}/${redoName(head.height)}`, offset: 0, head })
    const frame =
      begun ?? (last && (await findFrame(search, { path: last.path, offset: last.offset + last.bytes, head })))
    if (frame === undefined) return frames
    frames.push(frame)
  }
}

type Place = { readonly path: string; readonly offset: number; readonly head: Head }

/** The frame at a place, if it goes on where the state stands. */
export async function findFrame(
  { machine, genesis, layout }: Pick<RedoSearch, 'machine' | 'genesis' | 'layout'>,
  place: Place,
): Promise<RedoFrame | undefined> {
  const { path, offset, head } = place
  const size = (await machine.disk.findBytes(path)) ?? 0
  if (offset >= size) return undefined
  try {
    const frame = decodeFrame(await machine.disk.read(path, { offset, bytes: HEAD_READ_BYTES }), place)
    const isOurs = frame.genesis === genesis && frame.layout === layout
    const follows = frame.start === head.blockHash && frame.head.height > head.height
    if (isOurs && follows && offset + frame.bytes <= size) return frame
    throw new CheckpointDamaged('it does not follow what is before it')
  } catch (error) {
    if (!(error instanceof CheckpointDamaged)) throw error
    warnDamaged(machine, { path, problem: error.message })
    return undefined
  }
}

/** Where the log goes on behind a frame; undefined when its last block does not lie there. */
export function findEnd(files: LogFiles, { position, head }: RedoFrame): Promise<LogEnd | undefined> {
  return findBlock(files, { position, height: head.height, block: head.blockHash })
}

/** The write sets of a frame; undefined when it is not what was written. */
export async function readRedo(
  machine: RedoMachine,
  { path, offset, bytes, headBytes }: RedoFrame,
): Promise<Uint8Array | undefined> {
  const frame = await machine.disk.read(path, { offset, bytes })
  const body = frame.subarray(framePrefixBytes)
  const isWhole = frame.length === bytes && equal(machine.hashes.sha256(body), frame.subarray(4, framePrefixBytes))
  const writes = isWhole ? expand(body.subarray(headBytes), redoBytesMax) : undefined
  if (writes === undefined) warnDamaged(machine, { path, problem: `the frame at byte ${offset} fails its checksum` })
  return writes
}

function warnDamaged({ logger }: RedoMachine, fields: { readonly path: string; readonly problem: string }): void {
  logger?.warn(
    'Write sets behind a checkpoint cannot be used; the start goes on without them, and takes longer.',
    fields,
  )
}

/** Write sets one after the other, each `length u32 ‖ bytes`. */
export function* splitWrites(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  const view = viewOf(bytes)
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + view.getUint32(at)
    yield bytes.subarray(at + 4, end)
    at = end
  }
}
