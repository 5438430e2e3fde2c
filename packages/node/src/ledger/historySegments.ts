// Segments of history: a range of blocks whose keys and bodies are dropped together, and the leaves with them. Without a
// retention there is no end to how many are kept; sums and the nodes of the tree are kept in any case.
import type { Database } from '../machine/Machine.ts'
import { createRunDropper } from './historyKeys.ts'
import { dayMs } from './historySums.ts'

/** How much of history is kept: at least so many receipts, or so long. */
export type Retention = { readonly receipts: number } | { readonly durationMs: number }

/**
 * What the state may still name is never dropped: the nonces of payments live for little more than an hour, and an
 * identifier stands for its payment for a day.
 */
const keptAtLeastMs = dayMs + 3_600_000
/** Receipts of a segment, unless said otherwise. */
export const segmentReceiptsDefault = 4_194_304
/** A retention is kept to an eighth. */
const segmentsPerRetention = 8

/** The first of what a segment has. */
export type Segment = {
  readonly number: number
  readonly sequence: number
  readonly height: number
  readonly time: number
  /** Bytes of its bodies. */
  bytes: number
}

export type SegmentOptions = {
  readonly segmentReceipts: number
  readonly retention: Retention | undefined
}

/** The segments of a database, the oldest first. */
export class Segments {
  readonly #options: SegmentOptions
  readonly #segments: Segment[]
  readonly #insert
  readonly #setBytes
  readonly #drop: (segment: number) => void

  constructor(database: Database, options: SegmentOptions) {
    this.#options = options
    this.#segments = readSegments(database)
    this.#insert = database.prepare('INSERT INTO segments VALUES (?, ?, ?, ?, ?)')
    this.#setBytes = database.prepare('UPDATE segments SET bytes = ? WHERE number = ?')
    this.#drop = createSegmentDropper(database)
  }

  get oldest(): Segment | undefined {
    return this.#segments[0]
  }

  get newest(): Segment | undefined {
    return this.#segments.at(-1)
  }

  /** The segment that blocks from here on belong to, perhaps a new one. Nothing is written yet. */
  choose(first: Pick<Segment, 'sequence' | 'height' | 'time'>): Segment {
    const last = this.newest
    if (last !== undefined && !this.#isFull(last, first)) return last
    return { ...first, number: (last?.number ?? -1) + 1, bytes: 0 }
  }

  /** Writes that a segment has grown, inside a transaction of the caller. */
  grow(segment: Segment, bytes: number): void {
    const { number, sequence, height, time } = segment
    if (this.#segments.includes(segment)) this.#setBytes.run(bytes, number)
    else {
      this.#insert.run(number, sequence, height, time, bytes)
      this.#segments.push(segment)
    }
    segment.bytes = bytes
  }

  /** Drops what need not be kept any more, inside a transaction of the caller; whether there was anything. */
  drop(next: { readonly sequence: number; readonly time: number }): boolean {
    const before = this.#segments.length
    for (let second = this.#segments[1]; second !== undefined && this.#isPast(second, next); second = this.#segments[1])
      this.#drop(this.#segments.shift()!.number)
    return this.#segments.length < before
  }

  #isFull({ sequence, time }: Segment, now: { readonly sequence: number; readonly time: number }): boolean {
    const { segmentReceipts, retention } = this.#options
    const receipts = now.sequence - sequence
    if (receipts === 0) return false
    if (receipts >= segmentReceipts) return true
    if (retention === undefined) return false
    return 'receipts' in retention
      ? receipts >= retention.receipts / segmentsPerRetention
      : now.time - time >= retention.durationMs / segmentsPerRetention
  }

  /** Whether all that is asked for is kept when history begins with this segment. */
  #isPast(first: Segment, next: { readonly sequence: number; readonly time: number }): boolean {
    const { retention } = this.#options
    if (retention === undefined || next.time - first.time < keptAtLeastMs) return false
    return 'receipts' in retention
      ? next.sequence - first.sequence >= retention.receipts
      : next.time - first.time >= retention.durationMs
  }
}

/** Where history begins. */
export function readSegments(database: Database): Segment[] {
  return database
    .prepare('SELECT number, sequence, height, time, bytes FROM segments ORDER BY number')
    .all()
    .map((row) => ({
      number: Number(row['number']),
      sequence: Number(row['sequence']),
      height: Number(row['height']),
      time: Number(row['time']),
      bytes: Number(row['bytes']),
    }))
}

function createSegmentDropper(database: Database): (segment: number) => void {
  const runs = database.prepare('SELECT number FROM runs WHERE segment = ?')
  const dropRun = createRunDropper(database)
  const dropSegment = database.prepare('DELETE FROM segments WHERE number = ?')
  const dropBlocks = database.prepare(
    'DELETE FROM blocks WHERE height < (SELECT height FROM segments WHERE number = ? + 1)',
  )
  return (segment) => {
    for (const { number } of runs.all(segment)) dropRun(Number(number))
    dropBlocks.run(segment)
    dropSegment.run(segment)
  }
}
