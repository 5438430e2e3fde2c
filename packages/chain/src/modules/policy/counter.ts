// The row in which counters lie: five side by side, so that a payment under a whole default policy reads, keeps for undo and commits
// one row instead of five. A counter is read and written in place, since most payments touch most of a policy's counters.
import { assert } from '../../assert.ts'
import * as codec from '../../codec/Codec.ts'
import { readUnits, writeUnits, type Codec } from '../../codec/Codec.ts'
import { reserve, take } from '../../codec/Cursor.ts'
import type { Units } from '../../codec/Units.ts'

/**
 * What one cap has counted. `bucket` is the index of the newest bucket with payments, `newest` what is in it, `oldest` the index of the
 * oldest bucket in `used`; buckets older than the newest have rows in `slots`, each naming the next.
 */
export type Counter = {
  readonly bucket: number
  readonly oldest: number
  readonly used: Units
  readonly usedCount: number
  readonly held: Units
  readonly heldCount: number
  readonly newest: Units
  readonly newestCount: number
}

/** Counters of one row. */
export const countersPerPage = 5

/** bucket 6 ‖ bucket - oldest 1 ‖ heldCount 1 ‖ usedCount 6 ‖ newestCount 6 ‖ used 16 ‖ held 16 ‖ newest 16. */
export const counterBytes = 68

/** A counter that has counted nothing: zero bytes. */
export const freshCounter: Counter = {
  bucket: 0,
  oldest: 0,
  used: 0n,
  usedCount: 0,
  held: 0n,
  heldCount: 0,
  newest: 0n,
  newestCount: 0,
}

function readU48(view: DataView, at: number): number {
  return view.getUint16(at) * 0x1_0000_0000 + view.getUint32(at + 2)
}

function writeU48(view: DataView, at: number, value: number): void {
  view.setUint16(at, Math.floor(value / 0x1_0000_0000))
  view.setUint32(at + 2, value % 0x1_0000_0000)
}

/** The counter that lies at `at`. */
export function readCounter(view: DataView, at: number): Counter {
  const bucket = readU48(view, at)
  const heldCount = view.getUint8(at + 7)
  return {
    bucket,
    oldest: bucket - view.getUint8(at + 6),
    used: readUnits(view, at + 20),
    usedCount: readU48(view, at + 8),
    held: heldCount === 0 ? 0n : readUnits(view, at + 36),
    heldCount,
    newest: readUnits(view, at + 52),
    newestCount: readU48(view, at + 14),
  }
}

/** Writes a counter at `at`. */
export function writeCounter(view: DataView, at: number, counter: Counter): void {
  writeU48(view, at, counter.bucket)
  view.setUint8(at + 6, counter.bucket - counter.oldest)
  view.setUint8(at + 7, counter.heldCount)
  writeU48(view, at + 8, counter.usedCount)
  writeU48(view, at + 14, counter.newestCount)
  writeUnits(view, at + 20, counter.used)
  writeUnits(view, at + 36, counter.held)
  writeUnits(view, at + 52, counter.newest)
}

/** Where a counter lies. */
type Spot = { readonly data: DataView; readonly at: number }

/** Adds to the newest bucket of the counter that lies there: the one write of most payments, so it touches four fields only. */
export function addToNewest(
  { data, at }: Spot,
  { used, usedCount, newest, newestCount }: Counter,
  { amount, count }: { readonly amount: Units; readonly count: number },
): void {
  writeU48(data, at + 8, usedCount + count)
  writeU48(data, at + 14, newestCount + count)
  writeUnits(data, at + 20, used + amount)
  writeUnits(data, at + 52, newest + amount)
}

const pageBytes = counterBytes * countersPerPage

const fields: Codec<Counter> = codec.record({
  bucket: codec.ms,
  oldest: codec.ms,
  used: codec.units,
  usedCount: codec.ms,
  held: codec.units,
  heldCount: codec.u8,
  newest: codec.units,
  newestCount: codec.ms,
})

/** The value of a row: its counters in their places. */
export const pageCodec: Codec<readonly Counter[]> = {
  ...codec.list(fields, countersPerPage),
  size: pageBytes,
  max: pageBytes,
  write(writer, page) {
    assert(page.length === countersPerPage, `A page has ${countersPerPage} counters, not ${page.length}.`)
    reserve(writer, pageBytes)
    for (const [i, counter] of page.entries()) writeCounter(writer.view, writer.at + i * counterBytes, counter)
    writer.at += pageBytes
  },
  read(reader) {
    const at = take(reader, pageBytes)
    return Array.from({ length: countersPerPage }, (_, i) => readCounter(reader.view, at + i * counterBytes))
  },
}

/** A row of counters that have counted nothing. */
export const freshPage: readonly Counter[] = Array.from({ length: countersPerPage }, () => freshCounter)
