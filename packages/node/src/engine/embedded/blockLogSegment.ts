// The files of the block log: segments of a fixed size that are filled with zeros before they are written to, and the
// close record that a clean stop leaves. A segment appears with its header and all its zeros, or not at all.
import { Hash, Hex } from '@turnpike/chain/wire'
import { Failure } from '../../machine/Failure.ts'
import type { Hashes, Machine } from '../../machine/Machine.ts'
import { equal, tagBytes, viewOf } from './blockLogRecord.ts'
import { LogDamaged } from './LogDamaged.ts'

/** Where a segment's first record begins: magic 8 ‖ format u32 ‖ index u32 ‖ bytes u64 ‖ genesis hash 32 ‖ tag 16 ‖ zeros ‖ SHA-256. */
export const segmentHeaderBytes = 128
/** Format of segment headers and of the close record. */
const FORMAT = 1
const SEGMENT_MAGIC = [0x54, 0x50, 0x42, 0x4c, 0x4f, 0x47, 0x0d, 0x0a] // "TPBLOG\r\n": a copy in text mode breaks it.
const CLOSE_MAGIC = [0x54, 0x50, 0x43, 0x4c, 0x4f, 0x53, 0x0d, 0x0a] // "TPCLOS\r\n"
const CLOSE_BYTES = 96
const DIGEST_BYTES = 32
const INDEX_FIRST = 1
const INDEX_DIGITS = 8

/** What reading the log's files takes. */
export type LogFiles = {
  readonly machine: Pick<Machine, 'disk' | 'hashes'>
  /** The log's own directory, `log/` in the data directory. */
  readonly directory: string
  readonly genesisHash: Hash.Hash
}

/** One file of the log. */
export type Segment = {
  readonly index: number
  readonly path: string
  /** The size it was created with, header included. A file that is shorter has lost its end. */
  readonly bytes: number
  readonly tag: Uint8Array
}

/** Where the log ended when it was closed. */
export type CloseRecord = {
  readonly segment: number
  readonly offset: number
  readonly height: number
  /** Hash of the last block. */
  readonly block: Hash.Hash
}

/** Creates the next file of the log; it is durable when this resolves. */
export async function createSegment(
  options: LogFiles & { readonly machine: Pick<Machine, 'random'>; readonly index: number; readonly bytes: number },
): Promise<Segment> {
  const { machine, directory, index, bytes } = options
  const segment: Segment = { index, path: `${directory}/${nameOf(index)}`, bytes, tag: machine.random(tagBytes) }
  const head = encodeHeader(segment, options)
  await machine.disk.createFilled({ path: segment.path, bytes, head })
  return segment
}

function nameOf(index: number): string {
  return `${String(index).padStart(INDEX_DIGITS, '0')}.log`
}

/** The index in a segment's name, or undefined for any other file. */
function indexOf(name: string): number | undefined {
  const index = Number(name.slice(0, INDEX_DIGITS))
  return Number.isInteger(index) && name === nameOf(index) ? index : undefined
}

/**
 * All segments in order, their headers checked.
 *
 * @throws LogDamaged when one is missing or its header is not what was written.
 * @throws Failure `engine/wrong_genesis` or `engine/log_format`.
 */
export async function loadSegments(files: LogFiles): Promise<readonly Segment[]> {
  const names = await files.machine.disk.list(files.directory)
  const segments: Segment[] = []
  for (const name of names) {
    const index = indexOf(name)
    if (index === undefined) continue
    const expected = INDEX_FIRST + segments.length
    if (index !== expected) throw missing(`${files.directory}/${nameOf(expected)}`)
    segments.push(await loadSegment(files, index))
  }
  return segments
}

function missing(file: string): LogDamaged {
  return new LogDamaged({ height: 0, file, offset: 0, problem: 'the file is missing, though a later one is there' })
}

async function loadSegment(files: LogFiles, index: number): Promise<Segment> {
  const { disk, hashes } = files.machine
  const path = `${files.directory}/${nameOf(index)}`
  const header = await disk.read(path, { offset: 0, bytes: segmentHeaderBytes })
  const damaged = (problem: string): LogDamaged => new LogDamaged({ height: 0, file: path, offset: 0, problem })
  if (header.length < segmentHeaderBytes) throw damaged('the file ends inside its header')
  if (!hasDigest(header, hashes) || !startsWith(header, SEGMENT_MAGIC))
    throw damaged('the header is not what was written')
  const view = viewOf(header)
  if (view.getUint32(8) !== FORMAT) throw unknownFormat(path, view.getUint32(8))
  if (view.getUint32(12) !== index) throw damaged(`this is segment ${view.getUint32(12)} under another name`)
  const genesis = Hash.fromBytes(header, 24)
  if (genesis !== files.genesisHash) throw wrongGenesis({ path, found: genesis, expected: files.genesisHash })
  return { index, path, bytes: Number(view.getBigUint64(16)), tag: header.slice(56, 56 + tagBytes) }
}

function encodeHeader(segment: Segment, files: LogFiles): Uint8Array {
  const header = new Uint8Array(segmentHeaderBytes)
  const view = viewOf(header)
  header.set(SEGMENT_MAGIC)
  view.setUint32(8, FORMAT)
  view.setUint32(12, segment.index)
  view.setBigUint64(16, BigInt(segment.bytes))
  Hex.writeBytes(files.genesisHash, header, 24)
  header.set(segment.tag, 56)
  return withDigest(header, files.machine.hashes)
}

/** A newer version wrote this; it is left alone. */
export function unknownFormat(file: string, format: number): Failure {
  return new Failure({
    code: 'engine/log_format',
    message: `${file} has format ${format} of the block log, which this version does not know.`,
    values: { file, format },
    hint: 'Start it with the version that wrote it, or a later one.',
  })
}

function wrongGenesis({ path, found, expected }: { path: string; found: Hash.Hash; expected: Hash.Hash }): Failure {
  return new Failure({
    code: 'engine/wrong_genesis',
    message: `The block log in ${path} belongs to the chain with genesis ${found}, not to ${expected}.`,
    values: { file: path, found, expected },
    hint: 'Start with the genesis document this data directory was made with, or use another directory.',
  })
}

/** Writes the close record: the last thing a clean stop does. */
export async function writeCloseRecord(files: LogFiles, close: CloseRecord): Promise<void> {
  const bytes = new Uint8Array(CLOSE_BYTES)
  const view = viewOf(bytes)
  bytes.set(CLOSE_MAGIC)
  view.setUint32(8, FORMAT)
  view.setUint32(12, close.segment)
  view.setBigUint64(16, BigInt(close.offset))
  view.setBigUint64(24, BigInt(close.height))
  Hex.writeBytes(close.block, bytes, 32)
  withDigest(bytes, files.machine.hashes)
  await files.machine.disk.writeFileAtomic({ path: closePath(files), bytes, mode: 0o600 })
}

/**
 * What the previous run left when it stopped cleanly, or undefined when it did not.
 *
 * @throws LogDamaged when it cannot be read: it proves that there was a clean stop, and no longer where.
 */
export async function findCloseRecord(files: LogFiles): Promise<CloseRecord | undefined> {
  const { disk, hashes } = files.machine
  const path = closePath(files)
  if ((await disk.findBytes(path)) === undefined) return undefined
  const bytes = await disk.read(path)
  if (bytes.length !== CLOSE_BYTES || !hasDigest(bytes, hashes) || !startsWith(bytes, CLOSE_MAGIC)) {
    throw new LogDamaged({ height: 0, file: path, offset: 0, problem: 'the close record is not what was written' })
  }
  const view = viewOf(bytes)
  if (view.getUint32(8) !== FORMAT) throw unknownFormat(path, view.getUint32(8))
  return {
    segment: view.getUint32(12),
    offset: Number(view.getBigUint64(16)),
    height: Number(view.getBigUint64(24)),
    block: Hash.fromBytes(bytes, 32),
  }
}

/** Takes the close record away, durably, so that the first write of a new run may follow. */
export async function removeCloseRecord(files: LogFiles): Promise<void> {
  await files.machine.disk.remove(closePath(files))
  await files.machine.disk.syncDirectory(files.directory)
}

/** A file of its own, so that the loss of the log's last sectors cannot take it along. */
export function closePath(files: LogFiles): string {
  return `${files.directory}/closed`
}

/** Fills the last 32 bytes with the SHA-256 of those before. */
function withDigest(bytes: Uint8Array, hashes: Hashes): Uint8Array {
  bytes.set(hashes.sha256(bytes.subarray(0, bytes.length - DIGEST_BYTES)), bytes.length - DIGEST_BYTES)
  return bytes
}

function hasDigest(bytes: Uint8Array, hashes: Hashes): boolean {
  const at = bytes.length - DIGEST_BYTES
  return equal(hashes.sha256(bytes.subarray(0, at)), bytes.subarray(at))
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => byte === bytes[i])
}
