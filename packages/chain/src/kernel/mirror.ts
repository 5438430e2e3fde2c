// A mirror of a store: holds what the store holds, knowing nothing but the image it began with and the write set of each
// block since. It looks nothing up and judges nothing, so another thread keeps it and writes checkpoints from it while
// the store goes on (decisions 5).
import { assert } from '../assert.ts'
import { createReader, take } from '../codec/Cursor.ts'
import { fromBytes } from '../codec/Hex.ts'
import { chunkBits, chunkRows, createImageReader, encodeImage, sequenceOf, strideOf } from './image.ts'
import type { ImageReader, ImageSink, ImageTable, TableImage } from './image.ts'
import type { WriteSet } from './store.ts'

const chunkMask = chunkRows - 1
/** Sequences of a queue are given out in order and mostly leave in order: their slots are found by windows of so many. */
const windowBits = 12
const windowSlots = 1 << windowBits

export type Mirror = {
  /** Takes an image in, piece by piece. */
  load(): ImageReader
  /** Follows the store over one block. */
  apply(writes: WriteSet): void
  /** The image of the store after the last block. */
  image(): Generator<Uint8Array<ArrayBuffer>, void, undefined>
}

/** Where an entry lies in the bytes of a write set: key, then value. There are millions at a start, so one is used for all. */
type Entry = {
  bytes: Uint8Array
  slot: number
  key: number
  keyEnd: number
  value: number
  end: number
  /** Whether there is a value; or else it is gone. */
  isPresent: boolean
}

type MirrorTable = {
  readonly sink: ImageSink
  image(): TableImage
  /** One entry of a write set. */
  put(entry: Entry): void
  /** The block has ended. */
  next(): void
}

/** A mirror of a store with these tables, which is empty at first. */
export function createMirror(tables: readonly ImageTable[]): Mirror {
  const mirrors = tables.map((table) => ({ ...table, mirror: createTable(table) }))
  const byNumber = new Map(mirrors.map(({ number, mirror }) => [number, mirror]))
  const entry = entryOf(new Uint8Array(0), new Uint8Array(0))
  return {
    load: () => createImageReader(mirrors.map(({ mirror, ...table }) => ({ ...table, sink: mirror.sink }))),
    apply(writes) {
      const reader = createReader(writes)
      const { view } = reader
      entry.bytes = writes
      while (reader.at < reader.end) {
        const at = take(reader, 9)
        const mirror = byNumber.get(view.getUint16(at))
        assert(mirror !== undefined, `A write set names table ${view.getUint16(at)}, which there is not.`)
        entry.slot = view.getUint32(at + 2)
        entry.isPresent = view.getUint8(at + 6) === 1
        entry.key = take(reader, view.getUint16(at + 7))
        entry.keyEnd = take(reader, 4)
        entry.value = take(reader, view.getUint32(entry.keyEnd))
        entry.end = reader.at
        mirror.put(entry)
      }
      for (const { mirror } of mirrors) mirror.next()
    },
    image: () => encodeImage(mirrors.map(({ mirror }) => mirror.image())),
  }
}

/** An entry of its own, with a value. */
function entryOf(key: Uint8Array, value: Uint8Array): Entry {
  const bytes = new Uint8Array(key.length + value.length)
  bytes.set(key)
  bytes.set(value, key.length)
  return { bytes, slot: 0, key: 0, keyEnd: key.length, value: key.length, end: bytes.length, isPresent: true }
}

function createTable(table: ImageTable): MirrorTable {
  if (table.kind === 'rows') return new MirrorRows({ ...table, kind: 'rows' })
  return table.kind === 'queue'
    ? new MirrorQueue({ ...table, kind: 'queue' })
    : new MirrorRecords({ ...table, kind: 'records' })
}

type Chunk = { readonly bytes: Uint8Array; readonly live: Uint8Array }

/** Rows of fixed width by slot. */
class Slots {
  readonly keyBytes: number
  readonly stride: number
  readonly #valueAt: number
  readonly #chunks: Chunk[] = []
  used = 0
  size = 0

  constructor(table: ImageTable) {
    this.keyBytes = table.keyBytes
    this.stride = strideOf(table)
    this.#valueAt = Math.ceil(table.keyBytes / 4) * 4
  }

  chunk(index: number): Chunk {
    return this.#chunks[index]!
  }

  has(slot: number): boolean {
    return slot < this.used && this.#chunks[slot >> chunkBits]!.live[slot & chunkMask] === 1
  }

  /** Makes room for slots below `used`. */
  grow(used: number): void {
    this.used = Math.max(this.used, used)
    while (this.#chunks.length << chunkBits < this.used)
      this.#chunks.push({ bytes: new Uint8Array(chunkRows * this.stride), live: new Uint8Array(chunkRows) })
  }

  /** Byte by byte: a row is short, and a view of it takes longer than its copy. A row that is there keeps its key. */
  put(slot: number, { bytes: from, key, keyEnd, value, end }: Entry): void {
    const { bytes, live } = this.#chunks[slot >> chunkBits]!
    const at = (slot & chunkMask) * this.stride
    const valueAt = at + this.#valueAt
    for (let i = value; i < end; i++) bytes[valueAt + i - value] = from[i]!
    if (live[slot & chunkMask] === 1) return
    for (let i = key; i < keyEnd; i++) bytes[at + i - key] = from[i]!
    this.size++
    live[slot & chunkMask] = 1
  }

  clear(slot: number): void {
    const { bytes, live } = this.#chunks[slot >> chunkBits]!
    const at = (slot & chunkMask) * this.stride
    bytes.fill(0, at, at + this.stride)
    this.size -= live[slot & chunkMask]!
    live[slot & chunkMask] = 0
  }

  /** Key and value of a slot. */
  read(slot: number, valueBytes: number): { readonly key: Uint8Array; readonly value: Uint8Array } {
    const { bytes } = this.#chunks[slot >> chunkBits]!
    const at = (slot & chunkMask) * this.stride
    const valueAt = at + this.#valueAt
    return { key: bytes.subarray(at, at + this.keyBytes), value: bytes.subarray(valueAt, valueAt + valueBytes) }
  }
}

class MirrorRows implements MirrorTable {
  readonly #table: ImageTable & { readonly kind: 'rows' }
  #slots: Slots
  #free: number[] = []
  readonly #freed: number[] = []
  readonly sink: ImageSink

  constructor(table: ImageTable & { readonly kind: 'rows' }) {
    this.#table = table
    this.#slots = new Slots(table)
    this.sink = {
      begin: () => {
        this.#slots = new Slots(table)
        this.#free = []
      },
      slots: ({ first, count, bytes, isLive }) => {
        this.#slots.grow(first + count)
        const chunk = this.#slots.chunk(first >> chunkBits)
        chunk.bytes.set(bytes, (first & chunkMask) * this.#slots.stride)
        for (let i = 0; i < count; i++) if (isLive(i)) chunk.live[(first & chunkMask) + i] = 1
        for (let i = 0; i < count; i++) if (isLive(i)) this.#slots.size++
      },
      free: (slot) => void this.#free.push(slot),
      entry: () => assert(false, 'Rows have slots.'),
      settle: () => undefined,
    }
  }

  image(): TableImage {
    const { used, size } = this.#slots
    return {
      table: this.#table,
      image: { used, size, free: this.#free, chunk: (index) => this.#slots.chunk(index) },
    }
  }

  /** Slots are taken off the free list in the order of first touch, and freed ones join it at the end of the block. */
  put(entry: Entry): void {
    const { slot } = entry
    if (slot >= this.#slots.used) this.#slots.grow(slot + 1)
    else if (!this.#slots.has(slot)) assert(this.#free.pop() === slot, `Slot ${slot} was used out of turn.`)
    if (entry.isPresent) return this.#slots.put(slot, entry)
    this.#slots.clear(slot)
    this.#freed.push(slot)
  }

  next(): void {
    for (const slot of this.#freed) this.#free.push(slot)
    this.#freed.length = 0
  }
}

/** Entries are told apart by their sequence; where one lies is the mirror's own affair. */
class MirrorQueue implements MirrorTable {
  readonly #table: ImageTable & { readonly kind: 'queue' }
  #slots: Slots
  #free: number[] = []
  /** By the sequence without its low bits: slot + 1 of each, and how many there are. */
  #windows = new Map<number, { readonly slots: Uint32Array; size: number }>()
  #next = 0
  readonly sink: ImageSink

  constructor(table: ImageTable & { readonly kind: 'queue' }) {
    this.#table = table
    this.#slots = new Slots(table)
    this.sink = {
      begin: ({ next }) => {
        this.#slots = new Slots(table)
        this.#free = []
        this.#windows = new Map()
        this.#next = next
      },
      slots: () => assert(false, 'Entries of a queue have no slots.'),
      free: () => assert(false, 'A queue has no free list.'),
      entry: (key, value) => this.put(entryOf(key, value)),
      settle: () => undefined,
    }
  }

  image(): TableImage {
    return {
      table: this.#table,
      image: { size: this.#slots.size, next: this.#next, entries: () => this.#entries() },
    }
  }

  put(entry: Entry): void {
    const sequence = sequenceOf(entry.bytes, entry.key)
    this.#next = Math.max(this.#next, sequence + 1)
    const number = Math.floor(sequence / windowSlots)
    const window = this.#windows.get(number) ?? { slots: new Uint32Array(windowSlots), size: 0 }
    const found = window.slots[sequence % windowSlots]!
    if (entry.isPresent) {
      assert(found === 0 || this.#slots.has(found - 1), `Entry ${sequence} lies nowhere.`)
      const slot = found > 0 ? found - 1 : (this.#free.pop() ?? this.#slots.used)
      this.#slots.grow(slot + 1)
      this.#slots.put(slot, entry)
      if (found > 0) return
      window.slots[sequence % windowSlots] = slot + 1
      window.size++
      this.#windows.set(number, window)
    } else if (found > 0) {
      // An entry that came and went in one block was never here.
      this.#slots.clear(found - 1)
      this.#free.push(found - 1)
      window.slots[sequence % windowSlots] = 0
      if (--window.size === 0) this.#windows.delete(number)
    }
  }

  next(): void {}

  *#entries(): Generator<{ readonly key: Uint8Array; readonly value: Uint8Array }, void, undefined> {
    const numbers = [...this.#windows.keys()].toSorted((a, b) => a - b)
    for (const number of numbers)
      for (const found of this.#windows.get(number)!.slots)
        if (found > 0) yield this.#slots.read(found - 1, this.#table.valueBytes)
  }
}

class MirrorRecords implements MirrorTable {
  readonly #table: ImageTable & { readonly kind: 'records' }
  readonly #entries = new Map<string, { readonly key: Uint8Array; readonly value: Uint8Array }>()
  readonly sink: ImageSink

  constructor(table: ImageTable & { readonly kind: 'records' }) {
    this.#table = table
    this.sink = {
      begin: () => this.#entries.clear(),
      slots: () => assert(false, 'Records have no slots.'),
      free: () => assert(false, 'Records have no free list.'),
      entry: (key, value) => this.put(entryOf(key, value)),
      settle: () => undefined,
    }
  }

  image(): TableImage {
    const sorted = [...this.#entries.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry)
    return { table: this.#table, image: { size: sorted.length, next: 0, entries: () => sorted } }
  }

  put({ bytes, key: at, keyEnd, value, end, isPresent }: Entry): void {
    const key = bytes.slice(at, keyEnd)
    if (isPresent) this.#entries.set(fromBytes(key), { key, value: bytes.slice(value, end) })
    else this.#entries.delete(fromBytes(key))
  }

  next(): void {}
}
