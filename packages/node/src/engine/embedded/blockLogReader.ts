// Reads the block log from its first record to its last, and decides what the end of it means.
//
// One record is in flight at a time, so a crash leaves at most one that is not whole, at the very end. That one was
// never acknowledged and may be cut. Anything else that is not a record, or does not continue the chain, is damage:
// also a bad end after a clean stop, and a bad record with a trace of another one behind it.
import { blockHash } from '@turnpike/chain/wire'
import type { Hash } from '@turnpike/chain/wire'
import {
  decodeRecord,
  decodeRecordHead,
  equal,
  isRecord,
  recordBytesMin,
  recordFormat,
  tagOffset,
  viewOf,
} from './blockLogRecord.ts'
import type { BlockRecord } from './blockLogRecord.ts'
import { closePath, findCloseRecord, loadSegments, segmentHeaderBytes, unknownFormat } from './blockLogSegment.ts'
import type { CloseRecord, LogFiles, Segment } from './blockLogSegment.ts'
import { LogBehindCheckpoint, LogDamaged } from './LogDamaged.ts'

/** How much is read at a time. Requests, such as those for health, are served between two reads. */
const WINDOW_BYTES = 1_048_576

export type ReadOptions = LogFiles & {
  /** Hash of block 0, which the first record names as its predecessor. */
  readonly genesisBlock: Hash.Hash
  /** Told how much has been read, from 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined
  /** Where to begin: behind a block that was found by `findBlock`; at the first record if absent. */
  readonly from?: LogEnd | undefined
  /** The checkpoint that is sound below. */
  readonly checkpoint?: string | undefined
  /** The height of a block that is known to have been durable. */
  readonly durable?: { readonly height: number; readonly file: string } | undefined
}

/** Where a record begins, and the length of all records before it. */
export type LogPosition = { readonly segment: number; readonly offset: number; readonly bytes: number }

/** Where the log ends. */
export type LogEnd = {
  /** Height, time and hash of the last block; height 0 is the genesis. */
  readonly height: number
  readonly time: number
  readonly block: Hash.Hash
  /** Undefined when there is no segment yet. */
  readonly segment: Segment | undefined
  /** The byte after the last record. */
  readonly offset: number
  /** Length of all records. */
  readonly bytes: number
  /** Where the last record begins; undefined when there is none. */
  readonly last: LogPosition | undefined
  /** The record that a crash left unfinished, after `offset`. */
  readonly torn: { readonly bytes: number } | undefined
}

/** A pass over the log. It changes nothing on the disk. */
export type LogReader = {
  /** The blocks in order; ask once. Their operations are views of memory that the reader does not use again. @throws LogDamaged */
  records(): AsyncGenerator<BlockRecord, void, undefined>
  /** All segments, the prepared ones included. */
  readonly segments: readonly Segment[]
  /** Where it ends, once every record was read. */
  end(): LogEnd
}

/**
 * Opens the log for reading.
 *
 * @throws LogDamaged when a file is missing or a header is not what was written.
 * @throws Failure `engine/wrong_genesis` or `engine/log_format`.
 */
export async function readBlockLog(options: ReadOptions): Promise<LogReader> {
  const segments = await loadSegments(options)
  return new Reader({ options, segments, closed: await findCloseRecord(options) })
}

type Parts = {
  readonly options: ReadOptions
  readonly segments: readonly Segment[]
  readonly closed: CloseRecord | undefined
}

class Reader implements LogReader {
  readonly segments: readonly Segment[]
  readonly #options: ReadOptions
  readonly #closed: CloseRecord | undefined
  #window: { readonly segment: Segment; readonly offset: number; readonly bytes: Uint8Array } | undefined
  #end: LogEnd
  #finished = false

  constructor({ options, segments, closed }: Parts) {
    this.segments = segments
    this.#options = options
    this.#closed = closed
    const genesis = { height: 0, time: 0, block: options.genesisBlock }
    const start = { segment: segments[0], offset: segmentHeaderBytes, bytes: 0, last: undefined, torn: undefined }
    this.#end = options.from ?? { ...genesis, ...start }
  }

  async *records(): AsyncGenerator<BlockRecord, void, undefined> {
    const from = this.#end
    for (const segment of this.segments) {
      if (segment.index < (from.segment?.index ?? 0)) continue
      let offset = segment.index === from.segment?.index ? from.offset : segmentHeaderBytes
      for (;;) {
        const bytes = await this.#findRecord(segment, offset)
        if (bytes === undefined) break
        const record = this.#link(segment, offset, bytes)
        offset += bytes.length
        yield record
      }
      if ((await this.#judgeRest(segment, offset)) === 'torn') break
    }
    this.#holdAgainstCloseRecord()
    this.#holdAgainstDurable()
    this.#finished = true
    this.#options.onProgress?.(1)
  }

  end(): LogEnd {
    if (!this.#finished) throw new Error('The block log has an end only when all its records were read.')
    return this.#end
  }

  /** The bytes of the whole record at the offset, or undefined where there is none. */
  async #findRecord(segment: Segment, offset: number): Promise<Uint8Array | undefined> {
    const head = await this.#read(segment, offset, 4)
    if (head.length < 4) return undefined
    const length = viewOf(head).getUint32(0)
    if (length < recordBytesMin || offset + length > segment.bytes) return undefined
    const bytes = await this.#read(segment, offset, length)
    return isRecord(bytes, this.#options.machine.hashes) ? bytes : undefined
  }

  /** Checks that a whole record continues the chain. No crash makes one that does not, so there is nothing to cut here. */
  #link(segment: Segment, offset: number, bytes: Uint8Array): BlockRecord {
    const damaged = (problem: string): LogDamaged => this.#damaged({ file: segment.path, offset, problem })
    const { format, tag } = decodeRecordHead(bytes)
    if (!equal(tag, segment.tag)) throw damaged('a record of another segment lies here')
    if (format !== recordFormat) throw unknownFormat(segment.path, format)
    const record = decodeRecord(bytes)
    if (record === undefined) throw damaged('the content of a record contradicts itself')
    const { height, time, block } = this.#end
    if (record.height !== height + 1) throw damaged(`a record of height ${record.height} follows one of ${height}`)
    if (record.previous !== block)
      throw damaged(`its predecessor is ${record.previous}, but the block before is ${block}`)
    if (record.time < time) throw damaged('its time lies before that of its predecessor')
    const next = { height: record.height, time: record.time, block: hashRecord(this.#options.genesisHash, record) }
    this.#end = {
      ...next,
      segment,
      offset: offset + bytes.length,
      bytes: this.#end.bytes + bytes.length,
      last: { segment: segment.index, offset, bytes: this.#end.bytes },
      torn: undefined,
    }
    return record
  }

  /** What follows the last whole record of a segment: nothing, or one unfinished record at the end of all. */
  async #judgeRest(segment: Segment, offset: number): Promise<'empty' | 'torn'> {
    const rest = await this.#survey(segment, offset)
    if (rest.used === 0) return 'empty'
    const damaged = (problem: string): LogDamaged => this.#damaged({ file: segment.path, offset, problem })
    if (rest.tagAt !== undefined)
      throw damaged(`a record fails its checksum, and another one follows at byte ${rest.tagAt - tagOffset}`)
    for (const later of this.segments.slice(this.segments.indexOf(segment) + 1)) {
      const { used } = await this.#survey(later, segmentHeaderBytes)
      if (used > 0) throw damaged(`a record fails its checksum, and others follow in ${later.path}`)
    }
    if (this.#closed !== undefined) throw damaged('a record fails its checksum, though the log was closed in order')
    this.#end = { ...this.#end, segment, offset, torn: { bytes: rest.used } }
    return 'torn'
  }

  /** How far the bytes from the offset on are in use, and where the segment's tag stands after the one of a record here. */
  async #survey(
    segment: Segment,
    from: number,
  ): Promise<{ readonly used: number; readonly tagAt: number | undefined }> {
    let used = 0
    for (let offset = from; ;) {
      const bytes = await this.#read(segment, offset, WINDOW_BYTES)
      const last = findLastUsed(bytes)
      if (last !== undefined) {
        used = offset + last + 1 - from
        // A record that begins here has its own tag at tagOffset; any other one is the trace of a later record.
        const tagAt = findTag(bytes, { tag: segment.tag, from: Math.max(0, from + tagOffset + 1 - offset) })
        if (tagAt !== undefined) return { used, tagAt: offset + tagAt }
      }
      if (bytes.length < WINDOW_BYTES) return { used, tagAt: undefined }
      offset += bytes.length - segment.tag.length + 1 // A tag across the edge of two windows is seen whole.
    }
  }

  /** Bytes of a segment; fewer than asked for only where the file ends. */
  async #read(segment: Segment, offset: number, length: number): Promise<Uint8Array> {
    const start = offset - (this.#window?.segment === segment ? this.#window.offset : Infinity)
    if (this.#window !== undefined && start >= 0 && start + length <= this.#window.bytes.length) {
      return this.#window.bytes.subarray(start, start + length)
    }
    const { disk } = this.#options.machine
    const bytes = await disk.read(segment.path, { offset, bytes: Math.max(length, WINDOW_BYTES) })
    this.#window = { segment, offset, bytes }
    this.#options.onProgress?.(this.#fractionAt(segment, offset))
    return bytes.subarray(0, length)
  }

  /** After a clean stop the log ends exactly where it says; otherwise something has been lost since. */
  #holdAgainstCloseRecord(): void {
    const closed = this.#closed
    if (closed === undefined) return
    const { height, block, segment, offset } = this.#end
    if (
      closed.height === height &&
      closed.block === block &&
      closed.segment === segment?.index &&
      closed.offset === offset
    )
      return
    const file = segment?.path ?? closePath(this.#options)
    throw this.#damaged({
      file,
      offset,
      problem: `it ends here at height ${height}, but it was closed at height ${closed.height}`,
    })
  }

  /** How much of what is to be read lies before a place. */
  #fractionAt(at: Segment, offset: number): number {
    const { from } = this.#options
    const before = (index: number): number =>
      this.segments.reduce((sum, segment) => sum + (segment.index < index ? segment.bytes : 0), 0)
    const begin = from?.segment === undefined ? 0 : before(from.segment.index) + from.offset
    const whole = before(Infinity) - begin
    return whole <= 0 ? 1 : Math.min(1, (before(at.index) + offset - begin) / whole)
  }

  /** No crash takes a block away that was durable. */
  #holdAgainstDurable(): void {
    const { durable } = this.#options
    if (durable !== undefined && durable.height > this.#end.height)
      throw new LogBehindCheckpoint({ height: this.#end.height, file: durable.file })
  }

  #damaged(where: { readonly file: string; readonly offset: number; readonly problem: string }): LogDamaged {
    const { checkpoint } = this.#options
    return new LogDamaged({ height: this.#end.height + 1, ...where, checkpoint })
  }
}

/**
 * The place behind the record of a block, or undefined where another record lies, or none.
 *
 * @throws LogDamaged when a file is missing or a header is not what was written.
 */
export async function findBlock(
  files: LogFiles,
  { position, height, block }: { readonly position: LogPosition; readonly height: number; readonly block: Hash.Hash },
): Promise<LogEnd | undefined> {
  const { disk, hashes } = files.machine
  const segment = (await loadSegments(files)).find(({ index }) => index === position.segment)
  if (segment === undefined) return undefined
  const { offset } = position
  const head = await disk.read(segment.path, { offset, bytes: 4 })
  const length = head.length < 4 ? 0 : viewOf(head).getUint32(0)
  if (length < recordBytesMin || offset + length > segment.bytes) return undefined
  const bytes = await disk.read(segment.path, { offset, bytes: length })
  if (!isRecord(bytes, hashes)) return undefined
  const { format, tag } = decodeRecordHead(bytes)
  const record = format === recordFormat && equal(tag, segment.tag) ? decodeRecord(bytes) : undefined
  if (record?.height !== height || hashRecord(files.genesisHash, record) !== block) return undefined
  const end = { offset: offset + length, bytes: position.bytes + length, last: position, torn: undefined }
  return { height, time: record.time, block, segment, ...end }
}

/** The hash of the block that a record holds. */
export function hashRecord(genesis: Hash.Hash, { height, time, previous, appHash }: BlockRecord): Hash.Hash {
  return blockHash({ genesis, height, time, previous, appHash })
}

/** Where the last byte lies that is not zero. Whole words first: nearly all of them are zeros, and there may be 64 MiB. */
function findLastUsed(bytes: Uint8Array): number | undefined {
  let last = bytes.length - 1
  if (bytes.byteOffset % 4 === 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
    while (last >= words.length * 4 && bytes[last] === 0) last--
    if (last < words.length * 4) {
      let word = words.length - 1
      while (word >= 0 && words[word] === 0) word--
      last = word * 4 + 3
    }
  }
  while (last >= 0 && bytes[last] === 0) last--
  return last < 0 ? undefined : last
}

function findTag(
  bytes: Uint8Array,
  { tag, from }: { readonly tag: Uint8Array; readonly from: number },
): number | undefined {
  const [first = 0] = tag
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (equal(bytes.subarray(at, at + tag.length), tag)) return at
  }
  return undefined
}
