// The whole state: rows, records and due queues; synchronous, with undo and the block's write set.
import { u16, u32, u8 } from '../codec/Codec.ts'
import { createWriter, put, type Writer } from '../codec/Cursor.ts'
import { createImageReader, encodeImage, strideOf, type ImageReader, type TableImage } from './image.ts'
import { Journal, type Mark } from './journal.ts'
import { QueueStore } from './queue.ts'
import { RecordStore } from './recordStore.ts'
import { RowStore } from './rows.ts'
import type { Table } from './table.ts'

/** Canonical bytes of every entry that a block touched, in order of first touch (shapes 5). */
export type WriteSet = Uint8Array

/** A seed of two words, drawn at random by each process: it keeps chosen keys from colliding. */
export type Seed = readonly [number, number]

const noSlot = 0xffff_ffff

export class Store {
  readonly #journal = new Journal()
  readonly #rows: (RowStore | undefined)[] = []
  readonly #queues: (QueueStore | undefined)[] = []
  readonly #records: (RecordStore | undefined)[] = []
  /** Per place in the journal. */
  readonly #order: Table[] = []

  constructor(tables: readonly Table[], seed: Seed) {
    for (const table of tables) {
      if (table.kind === 'rows')
        this.#rows[table.number] = new RowStore(this.#journal, { ...table, kind: 'rows' }, seed)
      else if (table.kind === 'queue')
        this.#queues[table.number] = new QueueStore(this.#journal, table.valueBytes, seed)
      else this.#records[table.number] = new RecordStore(this.#journal)
      this.#order.push(table)
    }
  }

  rows(number: number): RowStore {
    return this.#rows[number]!
  }

  queue(number: number): QueueStore {
    return this.#queues[number]!
  }

  records(number: number): RecordStore {
    return this.#records[number]!
  }

  mark(): Mark {
    return this.#journal.mark()
  }

  /** Takes back everything since the mark, the write set's entries included. */
  revert(mark: Mark): void {
    this.#journal.revert(mark)
  }

  /** Forgets the undo of the block: it is durable or committed. */
  keep(): void {
    this.#journal.keep()
  }

  /** Whether anything was touched since the last block. */
  get touched(): boolean {
    return this.#journal.touchedCount > 0
  }

  /** The entries touched by this block as they are at its end. The bytes are good until the next call. */
  writes(): WriteSet {
    const journal = this.#journal
    writer.at = 0
    for (let i = 0; i < journal.touchedCount; i++)
      this.#writeEntry(journal.touched[i * 2]!, journal.touched[i * 2 + 1]!)
    return writer.bytes.subarray(0, writer.at)
  }

  /** Ends the block's write set: the next touch belongs to the next block. */
  next(): void {
    this.#journal.next()
  }

  /** When the first entry of any queue falls due. */
  get firstDue(): number | undefined {
    let first: number | undefined
    for (const queue of this.#queues)
      if (queue?.first !== undefined && (first === undefined || queue.first < first)) first = queue.first
    return first
  }

  /** How many bytes its rows take, those that are free included. */
  get bytes(): number {
    let bytes = 0
    for (const table of this.#order) if (table.kind !== 'records') bytes += strideOf(table) * this.#rowsOf(table).used
    return bytes
  }

  /** The whole state in pieces, as a checkpoint holds it; between two blocks. */
  image(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    return encodeImage(this.#order.map((table) => this.#imageOf(table)))
  }

  /** Takes an image in, piece by piece; the store must be new. */
  load(): ImageReader {
    return createImageReader(
      this.#order.map((table) => {
        const { number, kind } = table
        if (kind === 'rows') return { ...table, sink: this.rows(number).sink }
        if (kind === 'queue') return { ...table, sink: this.queue(number).sink(this.#journal) }
        return { ...table, sink: this.records(number).sink(table.textOf!) }
      }),
    )
  }

  #imageOf({ kind, ...table }: Table): TableImage {
    if (kind === 'rows') return { table: { ...table, kind }, image: this.rows(table.number).image }
    const { image } = kind === 'queue' ? this.queue(table.number) : this.records(table.number)
    return { table: { ...table, kind }, image }
  }

  #rowsOf({ kind, number }: Table): RowStore {
    return kind === 'rows' ? this.rows(number) : this.queue(number).rows
  }

  #writeEntry(place: number, slot: number): void {
    const { number, kind } = this.#order[place]!
    u16.write(writer, number)
    u32.write(writer, kind === 'rows' ? slot : noSlot)
    if (kind === 'records') writeRecord(writer, this.records(number).entry(slot))
    else this.#rowsOf(this.#order[place]!).writeTo(writer, slot)
  }
}

const writer = createWriter(65_536)

function writeRecord(
  to: Writer,
  { key, bytes }: { readonly key: Uint8Array; readonly bytes: Uint8Array | undefined },
): void {
  u8.write(to, bytes === undefined ? 0 : 1)
  u16.write(to, key.length)
  put(to, key)
  u32.write(to, bytes?.length ?? 0)
  if (bytes !== undefined) put(to, bytes)
}
