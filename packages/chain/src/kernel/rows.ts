// Fixed-width rows outside the JavaScript heap. A row's slot is its dense id; freed slots are reused last in, first out,
// from the next block on.
import { assert } from '../assert.ts'
import { createReader, createWriter, reserve, type Reader, type Writer } from '../codec/Cursor.ts'
import { chunkBits, chunkRows, type ImageSink, type RowsImage } from './image.ts'
import { undoKind, type Journal, type Undoable } from './journal.ts'
import { hashWords, RowIndex } from './rowIndex.ts'

const chunkMask = chunkRows - 1
/** Keys whose slots are kept at hand: one operation asks for the same few rows again and again. */
const recentMax = 4

type Chunk = {
  readonly words: Uint32Array
  readonly live: Uint8Array
  readonly stamps: Uint32Array
  readonly writer: Writer
  readonly reader: Reader
}

/** A row's place in the write set is its slot. The entries of a queue are told apart by their keys instead, and never looked up by them: they have no index. */
type RowLayout = { readonly keyBytes: number; readonly valueBytes: number; readonly kind: 'rows' | 'queue' }

export class RowStore implements Undoable {
  readonly keyBytes: number
  readonly valueBytes: number
  /** The key to look for is written here, by the codec of the table. */
  readonly key: Writer
  /** Which key stands in `key`. */
  encoded: unknown
  /** Rows that exist. */
  size = 0
  readonly #journal: Journal
  readonly #table: number
  readonly #seed: readonly [number, number]
  readonly #keyWords: number
  readonly #valueWords: number
  readonly #strideWords: number
  readonly #keyWordView: Uint32Array
  readonly #chunks: Chunk[] = []
  readonly #free: number[] = []
  /**
   * Joins the free list at the end of the block, in the order of first touch: so whoever has the write sets has the free
   * list, and no slot is used twice in a block, where the write set would lose what came first.
   */
  readonly #freed: number[] = []
  readonly #index: RowIndex | undefined
  readonly #recentKeys: unknown[] = Array.from({ length: recentMax })
  readonly #recentSlots: number[] = Array.from({ length: recentMax }, () => -1)
  #recentNext = 0
  #used = 0
  #hash = 0
  readonly #same: (slot: number) => boolean
  readonly #undone: ((kind: number, slot: number) => void) | undefined

  constructor(
    journal: Journal,
    layout: RowLayout,
    seed: readonly [number, number],
    undone?: (kind: number, slot: number) => void,
  ) {
    this.keyBytes = layout.keyBytes
    this.valueBytes = layout.valueBytes
    this.#keyWords = Math.ceil(layout.keyBytes / 4)
    this.#valueWords = Math.ceil(layout.valueBytes / 4)
    this.#strideWords = this.#keyWords + this.#valueWords
    this.key = createWriter(this.#keyWords * 4)
    this.#keyWordView = new Uint32Array(this.key.bytes.buffer)
    this.#journal = journal
    this.#table = journal.tables.push(this) - 1
    this.#seed = seed
    this.#same = (slot) => this.#sameKey(slot)
    this.#undone = undone
    this.#index = layout.kind === 'rows' ? new RowIndex() : undefined
  }

  /** The slot of a key that was looked up lately, or -1 where there was none; undefined: it has to be encoded and found. */
  recall(key: unknown, isSame: (a: unknown, b: unknown) => boolean): number | undefined {
    for (let i = 0; i < recentMax; i++) if (isSame(this.#recentKeys[i], key)) return this.#recentSlots[i]
    return undefined
  }

  /** Keeps what was found for a key, in place of the oldest; forgotten as soon as a row comes or goes. */
  remember(key: unknown, slot: number): void {
    this.#recentKeys[this.#recentNext] = key
    this.#recentSlots[this.#recentNext] = slot
    this.#recentNext = (this.#recentNext + 1) % recentMax
  }

  /** The slot of the key in `key`, or -1. */
  find(): number {
    this.#hash = hashWords(this.#keyWordView, this.#keyWords, this.#seed[0], this.#seed[1])
    return this.#index!.find(this.#hash, this.#same)
  }

  /** Makes a row for the key in `key`, which the last `find` did not find; its value is still to be written, by `write`. */
  insert(): number {
    const reused = this.#free.pop()
    const slot = reused ?? this.#used++
    if (slot >> chunkBits === this.#chunks.length) this.#chunks.push(this.#createChunk())
    const chunk = this.#chunks[slot >> chunkBits]!
    const at = (slot & chunkMask) * this.#strideWords
    // A fresh slot saves nothing, a reused one what it held: undo tells the two apart, since the free list is state.
    this.#journal.save(
      this.#table,
      undoKind.insert,
      slot,
      chunk.words,
      at,
      reused === undefined ? 0 : this.#strideWords,
    )
    for (let i = 0; i < this.#keyWords; i++) chunk.words[at + i] = this.#keyWordView[i]!
    chunk.words.fill(0, at + this.#keyWords, at + this.#strideWords)
    chunk.live[slot & chunkMask] = 1
    this.#index?.add(this.#hash, slot)
    this.size++
    this.#forget()
    this.#touch(chunk, slot)
    return slot
  }

  /** A writer at the value of a row that exists; its old value is kept for revert. */
  write(slot: number): Writer {
    const chunk = this.#chunks[slot >> chunkBits]!
    const at = (slot & chunkMask) * this.#strideWords + this.#keyWords
    this.#journal.save(this.#table, undoKind.write, slot, chunk.words, at, this.#valueWords)
    this.#touch(chunk, slot)
    chunk.writer.at = at * 4
    return chunk.writer
  }

  /** A reader at the value of a row. */
  read(slot: number): Reader {
    const reader = this.#chunks[slot >> chunkBits]!.reader
    reader.at = ((slot & chunkMask) * this.#strideWords + this.#keyWords) * 4
    return reader
  }

  /** A reader at the key of a row. */
  readKey(slot: number): Reader {
    const reader = this.#chunks[slot >> chunkBits]!.reader
    reader.at = (slot & chunkMask) * this.#strideWords * 4
    return reader
  }

  /** Appends `present ‖ key length ‖ key ‖ value length ‖ value` of a slot, as the write set has it (shapes 5). */
  writeTo(writer: Writer, slot: number): void {
    const { live, reader: chunk } = this.#chunks[slot >> chunkBits]!
    const isPresent = live[slot & chunkMask] === 1
    const valueBytes = isPresent ? this.valueBytes : 0
    reserve(writer, 7 + this.keyBytes + valueBytes)
    const from = (slot & chunkMask) * this.#strideWords * 4
    const { view } = writer
    view.setUint8(writer.at, isPresent ? 1 : 0)
    view.setUint16(writer.at + 1, this.keyBytes)
    writer.at += 3
    copy(chunk.view, from, writer, this.keyBytes)
    view.setUint32(writer.at, valueBytes)
    writer.at += 4
    copy(chunk.view, from + this.#keyWords * 4, writer, valueBytes)
  }

  /** Whether the slot holds a row. */
  has(slot: number): boolean {
    return slot < this.#used && this.#chunks[slot >> chunkBits]!.live[slot & chunkMask] === 1
  }

  /** Frees the slot of a row that exists. */
  remove(slot: number): void {
    assert(this.has(slot), `Slot ${slot} to remove holds no row.`)
    const chunk = this.#chunks[slot >> chunkBits]!
    this.#journal.save(this.#table, undoKind.remove, slot, chunk.words, 0, 0)
    this.#index?.remove(this.#hashOf(slot), slot)
    chunk.live[slot & chunkMask] = 0
    this.#freed.push(slot)
    this.size--
    this.#forget()
    this.#touch(chunk, slot)
  }

  /** Slots ever used: every row's slot is below. */
  get used(): number {
    return this.#used
  }

  undo(kind: number, slot: number, words: Uint32Array, from: number, count: number): void {
    const chunk = this.#chunks[slot >> chunkBits]!
    const at = (slot & chunkMask) * this.#strideWords
    if (kind === undoKind.write) {
      for (let i = 0; i < this.#valueWords; i++) chunk.words[at + this.#keyWords + i] = words[from + i]!
    } else if (kind === undoKind.insert) {
      this.#index?.remove(this.#hashOf(slot), slot)
      for (let i = 0; i < count; i++) chunk.words[at + i] = words[from + i]!
      chunk.live[slot & chunkMask] = 0
      if (count === 0) this.#used--
      else this.#free.push(slot)
      this.size--
    } else {
      const freed = this.#freed.pop()
      assert(freed === slot, `Undo of a removal found slot ${freed} on the free list, not ${slot}.`)
      chunk.live[slot & chunkMask] = 1
      this.#index?.add(this.#hashOf(slot), slot)
      this.size++
    }
    if (kind !== undoKind.write) this.#forget()
    this.#undone?.(kind, slot)
  }

  next(): void {
    const { touched, touchedCount } = this.#journal
    if (this.#freed.length === 1) this.#free.push(this.#freed[0]!)
    else if (this.#freed.length > 1) {
      for (let i = 0; i < touchedCount; i++) {
        const slot = touched[i * 2 + 1]!
        if (touched[i * 2] === this.#table && !this.has(slot)) this.#free.push(slot)
      }
    }
    this.#freed.length = 0
  }

  /** What a checkpoint keeps, as it lies here. */
  get image(): RowsImage {
    const chunk = (index: number): ReturnType<RowsImage['chunk']> => {
      const { writer, live } = this.#chunks[index]!
      return { bytes: writer.bytes, live }
    }
    return { used: this.#used, size: this.size, free: this.#free, chunk }
  }

  /** Key and value of a row, as they lie here. */
  entryAt(slot: number): { readonly key: Uint8Array; readonly value: Uint8Array } {
    const { bytes } = this.#chunks[slot >> chunkBits]!.writer
    const at = (slot & chunkMask) * this.#strideWords * 4
    const valueAt = at + this.#keyWords * 4
    return { key: bytes.subarray(at, at + this.keyBytes), value: bytes.subarray(valueAt, valueAt + this.valueBytes) }
  }

  /** Takes such an image in; the store must be new. */
  get sink(): ImageSink {
    return {
      begin: ({ used }) => {
        assert(this.#used === 0, 'A table is loaded into a new store.')
        this.#used = used
      },
      slots: ({ first, count, bytes, isLive }) => {
        // Room is taken for what is there, and not for what was said of it.
        while (this.#chunks.length << chunkBits < first + count) this.#chunks.push(this.#createChunk())
        const { writer, live } = this.#chunks[first >> chunkBits]!
        writer.bytes.set(bytes, (first & chunkMask) * this.#strideWords * 4)
        for (let i = 0; i < count; i++) {
          if (!isLive(i)) continue
          live[(first & chunkMask) + i] = 1
          this.#index?.add(this.#hashOf(first + i), first + i)
          this.size++
        }
      },
      free: (slot) => void this.#free.push(slot),
      entry: () => assert(false, 'Rows have slots.'),
      settle: () => undefined,
    }
  }

  untouch(slot: number): void {
    this.#chunks[slot >> chunkBits]!.stamps[slot & chunkMask] = 0
  }

  #forget(): void {
    this.#recentKeys.fill(undefined)
  }

  #touch(chunk: Chunk, slot: number): void {
    if (chunk.stamps[slot & chunkMask] === this.#journal.serial) return
    chunk.stamps[slot & chunkMask] = this.#journal.serial
    this.#journal.touch(this.#table, slot)
  }

  #sameKey(slot: number): boolean {
    const words = this.#chunks[slot >> chunkBits]!.words
    const at = (slot & chunkMask) * this.#strideWords
    for (let i = 0; i < this.#keyWords; i++) if (words[at + i] !== this.#keyWordView[i]) return false
    return true
  }

  #hashOf(slot: number): number {
    const at = (slot & chunkMask) * this.#strideWords
    return hashWords(
      this.#chunks[slot >> chunkBits]!.words.subarray(at, at + this.#keyWords),
      this.#keyWords,
      this.#seed[0],
      this.#seed[1],
    )
  }

  #createChunk(): Chunk {
    const bytes = new Uint8Array(chunkRows * this.#strideWords * 4)
    const reader = createReader(bytes)
    return {
      words: new Uint32Array(bytes.buffer),
      live: new Uint8Array(chunkRows),
      stamps: new Uint32Array(chunkRows),
      writer: { bytes, view: reader.view, at: 0 },
      reader,
    }
  }
}

/** Appends bytes, by words while there are whole ones. There is room for them. */
function copy(source: DataView, from: number, writer: Writer, count: number): void {
  const { view, at } = writer
  let done = 0
  for (; done + 4 <= count; done += 4) view.setUint32(at + done, source.getUint32(from + done))
  for (; done < count; done++) view.setUint8(at + done, source.getUint8(from + done))
  writer.at = at + count
}
