// The block log: the truth of the embedded engine. One checksummed, chained record per block, one durable write each,
// into segments whose zeros already lie on the disk, so that no write has to allocate anything.
import type { Hash } from '@turnpike/chain/wire'
import { Failure } from '../../machine/Failure.ts'
import type { DurableFile, Machine } from '../../machine/Machine.ts'
import { encodeRecord, getRecordBytes } from './blockLogRecord.ts'
import type { BlockRecord } from './blockLogRecord.ts'
import { hashRecord, readBlockLog } from './blockLogReader.ts'
import type { LogEnd, LogPosition, LogReader, ReadOptions } from './blockLogReader.ts'
import { createSegment, removeCloseRecord, segmentHeaderBytes, writeCloseRecord } from './blockLogSegment.ts'
import type { Segment } from './blockLogSegment.ts'

export type { BlockRecord, LoggedOp } from './blockLogRecord.ts'

/** Size of a new segment unless said otherwise. */
export const segmentBytesDefault = 67_108_864
const ZEROS_BYTES = 1_048_576

export type BlockLogOptions = Omit<ReadOptions, 'machine'> & {
  readonly machine: Pick<Machine, 'disk' | 'hashes' | 'random' | 'clock' | 'logger'>
  /** For small disks and tests; `segmentBytesDefault` if absent. Segments that exist keep their size. */
  readonly segmentBytes?: number | undefined
  /** Whether the disk has room for so many bytes, so that a segment may be made before it is needed. */
  readonly hasRoom?: ((bytes: number) => Promise<boolean>) | undefined
}

export type BlockLogStatus = {
  /** Height of the last durable block. */
  readonly height: number
  readonly time: number
  /** Hash of the last durable block: the `previous` of the next one. */
  readonly block: Hash.Hash
  /** Length of all records. */
  readonly bytes: number
  /** Where the last record begins; undefined when there is none. */
  readonly last: LogPosition | undefined
  readonly segments: number
  /** What a crash left unfinished and this start cut off, kept in a file. */
  readonly cut: { readonly height: number; readonly bytes: number; readonly file: string } | undefined
}

/** The log of a running node. */
export type BlockLog = {
  /**
   * All blocks in order. Read them to the end, once, before the first append: that is when an unfinished last record
   * is cut off and the log becomes writable.
   *
   * @throws LogDamaged when the log is not what was written. Nothing on the disk is changed then.
   */
  records(): AsyncGenerator<BlockRecord, void, undefined>
  /**
   * Adds the next block, which is durable when this resolves. One at a time.
   *
   * @throws Failure `engine/log_write_failed`: whether the block is in the log is unknown until the next start, so
   * the process must end without answering anybody.
   */
  append(record: BlockRecord): Promise<void>
  status(): BlockLogStatus
  /** Ends the log in order: after that, whatever is missing at its end counts as damage. */
  close(): Promise<void>
}

/**
 * Opens the log in a directory, creating both if they are missing. Hold the lock of the data directory.
 *
 * @throws LogDamaged when a file is missing or a header is not what was written.
 * @throws Failure `engine/wrong_genesis` or `engine/log_format`.
 */
export async function openBlockLog(options: BlockLogOptions): Promise<BlockLog> {
  const { disk } = options.machine
  await disk.createDirectory(options.directory)
  for (const name of await disk.list(options.directory)) {
    if (name.endsWith('.tmp')) await disk.remove(`${options.directory}/${name}`) // Left by a crash before its rename.
  }
  return new OpenLog(options, await readBlockLog(options))
}

type State = 'reading' | 'open' | 'failed' | 'closed'

class OpenLog implements BlockLog {
  readonly #options: BlockLogOptions
  readonly #reader: LogReader
  readonly #segments: Segment[]
  #state: State = 'reading'
  #file: DurableFile | undefined
  #segment: Segment | undefined
  #offset = 0
  /** The close record of the previous run stays true until the first write. */
  #mayBeClosed = true
  #last: { readonly height: number; readonly time: number; readonly block: Hash.Hash }
  #bytes = 0
  #lastAt: LogPosition | undefined
  #cut: BlockLogStatus['cut']
  #writing: Promise<void> | undefined
  #preparing: Promise<void> | undefined

  constructor(options: BlockLogOptions, reader: LogReader) {
    this.#options = options
    this.#reader = reader
    this.#segments = [...reader.segments]
    this.#last = { height: 0, time: 0, block: options.genesisBlock }
  }

  async *records(): AsyncGenerator<BlockRecord, void, undefined> {
    if (this.#state !== 'reading')
      throw new Error('The records of the block log are read once, before the first append.')
    yield* this.#reader.records()
    await this.#becomeWritable(this.#reader.end())
  }

  append(record: BlockRecord): Promise<void> {
    if (this.#state !== 'open') return Promise.reject(new Error(`The block log takes no block: it is ${this.#state}.`))
    if (this.#writing !== undefined) return Promise.reject(new Error('The block log writes one block at a time.'))
    const problem = this.#findProblem(record)
    if (problem !== undefined)
      return Promise.reject(new Error(`Block ${record.height} does not belong here: ${problem}.`))
    this.#writing = this.#write(record).finally(() => (this.#writing = undefined))
    return this.#writing
  }

  status(): BlockLogStatus {
    return { ...this.#last, bytes: this.#bytes, last: this.#lastAt, segments: this.#segments.length, cut: this.#cut }
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return
    await this.#writing?.catch(() => undefined) // Whoever appended has been told.
    await this.#preparing
    const inOrder = this.#state === 'open'
    this.#state = 'closed'
    await this.#file?.close()
    if (!inOrder || this.#segment === undefined) return
    const { height, block } = this.#last
    await writeCloseRecord(this.#options, { segment: this.#segment.index, offset: this.#offset, height, block })
  }

  /** What makes a record one that must not be written; only a mistake of ours can. */
  #findProblem(record: BlockRecord): string | undefined {
    const { height, time, block } = this.#last
    const bytes = getRecordBytes(record)
    if (record.height !== height + 1) return `the last height is ${height}`
    if (record.previous !== block) return `its predecessor is ${record.previous}, but the last block is ${block}`
    if (record.time < time) return 'its time lies before that of its predecessor'
    if (bytes > this.#segmentBytes - segmentHeaderBytes) return `its ${bytes} bytes do not fit into a segment`
    return undefined
  }

  async #write(record: BlockRecord): Promise<void> {
    const { machine, genesisHash } = this.#options
    try {
      if (this.#mayBeClosed) await removeCloseRecord(this.#options)
      this.#mayBeClosed = false
      const { file, segment } = await this.#makeRoom(getRecordBytes(record))
      const bytes = encodeRecord(record, { tag: segment.tag, hashes: machine.hashes })
      await file.write(bytes, this.#offset)
      this.#lastAt = { segment: segment.index, offset: this.#offset, bytes: this.#bytes }
      this.#offset += bytes.length
      this.#bytes += bytes.length
      this.#last = { height: record.height, time: record.time, block: hashRecord(genesisHash, record) }
      if (this.#offset > segment.bytes / 2) this.#prepareNext()
    } catch (error) {
      // After a failed sync the system may drop what was not written and report success next time: never try again.
      this.#state = 'failed'
      throw writeFailed({ record, file: this.#segment?.path ?? this.#options.directory, cause: error })
    }
  }

  /** The open segment if so many bytes still fit in, else the next one: a record never spans two. */
  async #makeRoom(bytes: number): Promise<{ readonly file: DurableFile; readonly segment: Segment }> {
    while (this.#file === undefined || this.#segment === undefined || this.#offset + bytes > this.#segment.bytes) {
      await this.#preparing
      const next = this.#segments.find(({ index }) => index > (this.#segment?.index ?? 0)) ?? (await this.#addSegment())
      await this.#file?.close()
      this.#file = await this.#options.machine.disk.open(next.path)
      this.#segment = next
      this.#offset = segmentHeaderBytes
    }
    return { file: this.#file, segment: this.#segment }
  }

  /** Creates the next segment while the current one is still half empty. If that fails, it is tried again when needed. */
  #prepareNext(): void {
    if (this.#preparing !== undefined || this.#segments.at(-1) !== this.#segment) return
    this.#preparing = this.#prepare().then(
      () => (this.#preparing = undefined),
      (error: unknown) => {
        this.#preparing = undefined
        this.#options.machine.logger.warn('The next segment of the block log could not be prepared.', { error })
      },
    )
  }

  async #prepare(): Promise<void> {
    if ((await this.#options.hasRoom?.(this.#segmentBytes)) !== false) await this.#addSegment()
  }

  async #addSegment(): Promise<Segment> {
    const index = (this.#segments.at(-1)?.index ?? 0) + 1
    const segment = await createSegment({ ...this.#options, index, bytes: this.#segmentBytes })
    this.#segments.push(segment)
    return segment
  }

  async #becomeWritable(end: LogEnd): Promise<void> {
    const { disk } = this.#options.machine
    const segment = end.segment ?? (await this.#addSegment())
    const file = await disk.open(segment.path)
    this.#file = file
    this.#segment = segment
    this.#offset = end.offset
    this.#bytes = end.bytes
    this.#lastAt = end.last
    this.#last = { height: end.height, time: end.time, block: end.block }
    if (end.torn !== undefined) await this.#cutOff({ ...end, file, segment, bytes: end.torn.bytes })
    const present = (await disk.findBytes(segment.path)) ?? 0
    if (present < segment.bytes) await fill(file, { from: Math.max(present, end.offset), to: segment.bytes })
    this.#state = 'open'
  }

  /** Keeps the bytes of the unfinished record in a file of their own, then makes their place zeros again. */
  async #cutOff(torn: {
    readonly file: DurableFile
    readonly segment: Segment
    readonly offset: number
    readonly bytes: number
    readonly height: number
  }): Promise<void> {
    const { machine, directory } = this.#options
    const height = torn.height + 1
    const bytes = await machine.disk.read(torn.segment.path, { offset: torn.offset, bytes: torn.bytes })
    const file = `${directory}/torn-${height}-${machine.clock.now()}.bytes`
    await machine.disk.writeFileAtomic({ path: file, bytes, mode: 0o600 })
    await fill(torn.file, { from: torn.offset, to: torn.offset + torn.bytes })
    this.#cut = { height, bytes: bytes.length, file }
    machine.logger.warn(
      'The last block was not finished when the node ended; its record was cut off and kept.',
      this.#cut,
    )
  }

  get #segmentBytes(): number {
    return this.#options.segmentBytes ?? segmentBytesDefault
  }
}

async function fill(file: DurableFile, { from, to }: { readonly from: number; readonly to: number }): Promise<void> {
  const zeros = new Uint8Array(ZEROS_BYTES)
  for (let offset = from; offset < to; offset += zeros.length) await file.write(zeros.subarray(0, to - offset), offset)
}

function writeFailed({
  record,
  file,
  cause,
}: {
  readonly record: BlockRecord
  readonly file: string
  readonly cause: unknown
}): Failure {
  return new Failure({
    code: 'engine/log_write_failed',
    message: `Block ${record.height} could not be written to ${file}: ${cause instanceof Error ? cause.message : String(cause)}.`,
    values: { height: record.height, file },
    hint: 'The process ends so that nothing is acknowledged that may be lost. Look at the disk (space, health) and start again.',
    cause,
  })
}
