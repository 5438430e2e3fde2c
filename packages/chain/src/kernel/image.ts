// The state as pieces of bytes, and back: what a checkpoint holds. A store and a mirror of it, which knows only the
// write sets, give the same pieces: rows in their slots, the free list, records by key, queues by sequence.
//
// All integers are big-endian. A piece is one of
//   1 table:   table u16 ‖ kind u8 ‖ key bytes u16 ‖ value bytes u32 ‖ entries u64 ‖ used u64 (of a queue: the next sequence) ‖ free u32
//   2 slots:   table u16 ‖ first slot u32 ‖ count u32 ‖ a bit for each slot, whether it holds a row ‖ rows, padded to words; zeros where there is none
//   3 free:    table u16 ‖ count u32 ‖ slots u32, the next one to be used last
//   4 entries: table u16 ‖ count u32 ‖ count × { key length u16 ‖ key ‖ value length u32 ‖ value }
import { createReader, createWriter, finish, Malformed, put, reserve, take } from '../codec/Cursor.ts'
import type { Reader, Writer } from '../codec/Cursor.ts'
import type { Table } from './table.ts'

const pieceKind = { table: 1, slots: 2, free: 3, entries: 4 } as const
const tableKinds = ['rows', 'records', 'queue'] as const

/** Rows of a chunk, in memory; a run of slots in a piece divides it. */
export const chunkBits = 14
export const chunkRows: number = 1 << chunkBits
const runSlots = 4_096
const freeMax = 65_536
const entriesBytes = 1_048_576

/** What the store has to know to read a table back. */
export type ImageTable = Pick<Table, 'number' | 'kind' | 'keyBytes' | 'valueBytes'>

/** Rows as they lie in memory. */
export type RowsImage = {
  readonly used: number
  readonly size: number
  readonly free: readonly number[]
  /** The bytes of a chunk, every row padded to words, and a byte for each slot, 1 where there is a row. */
  chunk(index: number): { readonly bytes: Uint8Array; readonly live: Uint8Array }
}

/** Keys and values as the write set has them; records in ascending order of their keys, entries of queues of their sequence. */
export type EntriesImage = {
  readonly size: number
  /** Sequence of the next entry of a queue; 0 for records. */
  readonly next: number
  entries(): Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>
}

export type TableImage =
  | { readonly table: ImageTable & { readonly kind: 'rows' }; readonly image: RowsImage }
  | { readonly table: ImageTable & { readonly kind: 'records' | 'queue' }; readonly image: EntriesImage }

/** The bytes of a row in memory: key and value, each padded to words. */
export function strideOf({ keyBytes, valueBytes }: Pick<Table, 'keyBytes' | 'valueBytes'>): number {
  return (Math.ceil(keyBytes / 4) + Math.ceil(valueBytes / 4)) * 4
}

/** The sequence in the key of a queue's entry, which begins at `at`: due time (48 bits), sequence (64 bits). */
export function sequenceOf(key: Uint8Array, at = 0): number {
  let sequence = 0
  for (let i = at + 6; i < at + 14; i++) sequence = sequence * 256 + key[i]!
  return sequence
}

/** The pieces of a whole state, each in memory of its own. */
export function* encodeImage(images: Iterable<TableImage>): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  for (const { table, image } of images) {
    yield encodeTable(table, image)
    if ('chunk' in image) yield* encodeRows(table, image)
    else yield* encodeEntries(table.number, image)
  }
}

function encodeTable(table: ImageTable, image: RowsImage | EntriesImage): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(30)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, pieceKind.table)
  view.setUint16(1, table.number)
  view.setUint8(3, tableKinds.indexOf(table.kind))
  view.setUint16(4, table.keyBytes)
  view.setUint32(6, table.valueBytes)
  view.setBigUint64(10, BigInt(image.size))
  view.setBigUint64(18, BigInt('chunk' in image ? image.used : image.next))
  view.setUint32(26, 'chunk' in image ? image.free.length : 0)
  return bytes
}

function* encodeRows(table: ImageTable, image: RowsImage): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const stride = strideOf(table)
  for (let first = 0; first < image.used; first += runSlots) {
    const count = Math.min(runSlots, image.used - first)
    const bits = Math.ceil(count / 8)
    const bytes = new Uint8Array(11 + bits + count * stride)
    const view = new DataView(bytes.buffer)
    view.setUint8(0, pieceKind.slots)
    view.setUint16(1, table.number)
    view.setUint32(3, first)
    view.setUint32(7, count)
    const chunk = image.chunk(first >> chunkBits)
    const from = first & (chunkRows - 1)
    bytes.set(chunk.bytes.subarray(from * stride, (from + count) * stride), 11 + bits)
    for (let i = 0; i < count; i++) {
      if (chunk.live[from + i] === 1) bytes[11 + (i >> 3)]! |= 1 << (i & 7)
      else bytes.fill(0, 11 + bits + i * stride, 11 + bits + (i + 1) * stride)
    }
    yield bytes
  }
  for (let first = 0; first < image.free.length; first += freeMax) {
    const slots = image.free.slice(first, first + freeMax)
    const bytes = new Uint8Array(7 + slots.length * 4)
    const view = new DataView(bytes.buffer)
    view.setUint8(0, pieceKind.free)
    view.setUint16(1, table.number)
    view.setUint32(3, slots.length)
    for (const [i, slot] of slots.entries()) view.setUint32(7 + i * 4, slot)
    yield bytes
  }
}

function* encodeEntries(number: number, image: EntriesImage): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  let writer = beginEntries(number)
  let count = 0
  for (const { key, value } of image.entries()) {
    putEntry(writer, key, value)
    count++
    if (writer.at < entriesBytes) continue
    yield endEntries(writer, count)
    writer = beginEntries(number)
    count = 0
  }
  if (count > 0) yield endEntries(writer, count)
}

function beginEntries(number: number): Writer {
  const writer = createWriter(65_536)
  writer.view.setUint8(0, pieceKind.entries)
  writer.view.setUint16(1, number)
  writer.at = 7
  return writer
}

function putEntry(writer: Writer, key: Uint8Array, value: Uint8Array): void {
  reserve(writer, 6 + key.length + value.length)
  writer.view.setUint16(writer.at, key.length)
  writer.at += 2
  put(writer, key)
  writer.view.setUint32(writer.at, value.length)
  writer.at += 4
  put(writer, value)
}

function endEntries(writer: Writer, count: number): Uint8Array<ArrayBuffer> {
  writer.view.setUint32(3, count)
  const bytes = new Uint8Array(writer.at)
  bytes.set(writer.bytes.subarray(0, writer.at))
  return bytes
}

/** Where the pieces of one table go. */
export type ImageSink = {
  /** Begins with an empty table. */
  begin(header: { readonly used: number; readonly next: number }): void
  /** A run of slots: their rows padded to words, and whether there is one. */
  slots(run: {
    readonly first: number
    readonly count: number
    readonly bytes: Uint8Array
    readonly isLive: (i: number) => boolean
  }): void
  free(slot: number): void
  entry(key: Uint8Array, value: Uint8Array): void
  /** Ends a piece, so that nothing piles up. */
  settle(): void
}

/** Reads an image piece by piece. */
export type ImageReader = {
  /** @throws Malformed for a piece that does not belong here. */
  take(piece: Uint8Array): void
  /** @throws Malformed when something is missing. */
  finish(): void
}

type SunkTable = ImageTable & { readonly sink: ImageSink }
type Seen = {
  readonly table: SunkTable
  readonly size: number
  readonly used: number
  readonly free: number
  entries: number
  slots: number
  freed: number
}

/** A reader for the image of exactly these tables, in their order. */
export function createImageReader(tables: readonly SunkTable[]): ImageReader {
  let at = 0
  let seen: Seen | undefined
  return {
    take(piece) {
      const reader = createReader(piece)
      const kind = u8(reader)
      const number = u16(reader)
      if (kind === pieceKind.table) {
        if (seen !== undefined) holdComplete(seen)
        seen = readTable(reader, number, tables[at++])
      } else {
        if (seen?.table.number !== number)
          throw new Malformed('image', `a piece of table ${number} stands outside of it`)
        if (kind === pieceKind.slots) readSlots(reader, seen)
        else if (kind === pieceKind.free) readFree(reader, seen)
        else if (kind === pieceKind.entries) readEntries(reader, seen)
        else throw new Malformed('image', `${kind} is no kind of piece`)
        seen.table.sink.settle()
      }
      finish(reader)
    },
    finish() {
      if (seen !== undefined) holdComplete(seen)
      if (at !== tables.length) throw new Malformed('image', `it has ${at} tables of ${tables.length}`)
    },
  }
}

function holdComplete({ table, size, used, free, entries, slots, freed }: Seen): void {
  const isWhole = table.kind === 'rows' ? slots === used && freed === free && entries + freed === used : true
  if (entries !== size || !isWhole) throw new Malformed('image', `table ${table.number} is not whole`)
}

function readTable(reader: Reader, number: number, table: SunkTable | undefined): Seen {
  const kind = tableKinds[u8(reader)]
  const [keyBytes, valueBytes] = [u16(reader), u32(reader)]
  const [size, used, free] = [u64(reader), u64(reader), u32(reader)]
  const isSame =
    table?.number === number && table.kind === kind && table.keyBytes === keyBytes && table.valueBytes === valueBytes
  if (!isSame) throw new Malformed('image', `table ${number} is not one that this version keeps`)
  table.sink.begin({ used: kind === 'rows' ? used : 0, next: kind === 'queue' ? used : 0 })
  return { table, size, used, free, entries: 0, slots: 0, freed: 0 }
}

function readSlots(reader: Reader, seen: Seen): void {
  const [first, count] = [u32(reader), u32(reader)]
  if (
    seen.table.kind !== 'rows' ||
    first !== seen.slots ||
    count > runSlots ||
    first % runSlots !== 0 ||
    first + count > seen.used
  )
    throw new Malformed('image', `slots ${first} to ${first + count} do not follow slot ${seen.slots}`)
  const bits = take(reader, Math.ceil(count / 8))
  const rows = take(reader, count * strideOf(seen.table))
  const isLive = (i: number): boolean => (reader.bytes[bits + (i >> 3)]! & (1 << (i & 7))) !== 0
  seen.table.sink.slots({ first, count, bytes: reader.bytes.subarray(rows, reader.at), isLive })
  for (let i = 0; i < count; i++) if (isLive(i)) seen.entries++
  seen.slots += count
}

function readFree(reader: Reader, seen: Seen): void {
  const count = u32(reader)
  for (let i = 0; i < count; i++) {
    const slot = u32(reader)
    if (seen.table.kind !== 'rows' || slot >= seen.used) throw new Malformed('image', `slot ${slot} is not free`)
    seen.table.sink.free(slot)
  }
  seen.freed += count
}

function readEntries(reader: Reader, seen: Seen): void {
  const count = u32(reader)
  for (let i = 0; i < count; i++) {
    const key = bytesOf(reader, u16(reader))
    const value = bytesOf(reader, u32(reader))
    const { kind, keyBytes, valueBytes, sink } = seen.table
    if (kind === 'rows' || (kind === 'queue' && (key.length !== keyBytes || value.length !== valueBytes)))
      throw new Malformed('image', `table ${seen.table.number} has no such entries`)
    sink.entry(key, value)
  }
  seen.entries += count
}

function bytesOf(reader: Reader, count: number): Uint8Array {
  const at = take(reader, count)
  return reader.bytes.slice(at, at + count)
}

function u8(reader: Reader): number {
  return reader.view.getUint8(take(reader, 1))
}

function u16(reader: Reader): number {
  return reader.view.getUint16(take(reader, 2))
}

function u32(reader: Reader): number {
  return reader.view.getUint32(take(reader, 4))
}

function u64(reader: Reader): number {
  const value = Number(reader.view.getBigUint64(take(reader, 8)))
  if (!Number.isSafeInteger(value)) throw new Malformed('image', 'a count is too large')
  return value
}
