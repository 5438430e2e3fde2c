// Few entries of variable width: canonical bytes with a decoded cache that may be dropped at any time.
import { assert } from '../assert.ts'
import type { Codec } from '../codec/Codec.ts'
import { decode, encode } from '../codec/Codec.ts'
import { fromBytes } from '../codec/Hex.ts'
import type { EntriesImage, ImageSink } from './image.ts'
import type { Journal, Undoable } from './journal.ts'

type Entry = {
  readonly key: Uint8Array
  bytes: Uint8Array | undefined
  decoded: unknown
  stamp: number
  readonly index: number
}

export class RecordStore implements Undoable {
  readonly #journal: Journal
  readonly #table: number
  readonly #entries: Entry[] = []
  readonly #byKey = new Map<string, Entry>()

  constructor(journal: Journal) {
    this.#journal = journal
    this.#table = journal.tables.push(this) - 1
  }

  /** The value under a key (its canonical bytes as hex text, for records keyed by an address that is the address itself). */
  find<V>(key: string, codec: Codec<V>): V | undefined {
    const entry = this.#byKey.get(key)
    if (entry?.bytes === undefined) return undefined
    entry.decoded ??= decode(codec, entry.bytes)
    return entry.decoded as V
  }

  put<V>(key: string, keyBytes: Uint8Array, codec: Codec<V>, value: V): void {
    const entry = this.#byKey.get(key) ?? this.#create(key, keyBytes)
    this.#change(entry, encode(codec, value))
  }

  remove(key: string): void {
    const entry = this.#byKey.get(key)
    if (entry?.bytes !== undefined) this.#change(entry, undefined)
  }

  /** Key and value bytes of the entry at a place; value absent when removed. */
  entry(index: number): { readonly key: Uint8Array; readonly bytes: Uint8Array | undefined } {
    return this.#entries[index]!
  }

  /** Every present entry, in the order of creation: for invariants and checkpoints only. */
  *entries<V>(codec: Codec<V>): Iterable<readonly [key: Uint8Array, value: V]> {
    for (const entry of this.#entries) if (entry.bytes !== undefined) yield [entry.key, decode(codec, entry.bytes)]
  }

  /** What a checkpoint keeps: what is present, in ascending order of its keys. */
  get image(): EntriesImage {
    const present: { readonly at: string; readonly key: Uint8Array; readonly value: Uint8Array }[] = []
    for (const { key, bytes: value } of this.#entries)
      if (value !== undefined) present.push({ at: recordKey(key), key, value })
    present.sort((a, b) => (a.at < b.at ? -1 : 1))
    return { size: present.length, next: 0, entries: () => present }
  }

  /** Takes such an image in; the store must be new. `textOf` gives the text under which a key is filed. */
  sink(textOf: (key: Uint8Array) => string): ImageSink {
    return {
      begin: () => assert(this.#entries.length === 0, 'A table is loaded into a new store.'),
      slots: () => assert(false, 'Records have no slots.'),
      free: () => assert(false, 'Records have no free list.'),
      entry: (key, value) => {
        const text = textOf(key)
        assert(!this.#byKey.has(text), `The record ${text} is there twice.`)
        this.#change(this.#create(text, key), value)
      },
      settle: () => {
        this.#journal.keep()
        this.#journal.next()
      },
    }
  }

  undo(): void {
    throw new Error('Records are restored by the journal itself.')
  }

  next(): void {}

  untouch(index: number): void {
    this.#entries[index]!.stamp = 0
  }

  #create(key: string, keyBytes: Uint8Array): Entry {
    const entry: Entry = { key: keyBytes, bytes: undefined, decoded: undefined, stamp: 0, index: this.#entries.length }
    this.#entries.push(entry)
    this.#byKey.set(key, entry)
    this.#journal.saveRecord(() => {
      this.#entries.pop()
      this.#byKey.delete(key)
    })
    return entry
  }

  #change(entry: Entry, bytes: Uint8Array | undefined): void {
    const { bytes: oldBytes, decoded: oldDecoded } = entry
    this.#journal.saveRecord(() => {
      entry.bytes = oldBytes
      entry.decoded = oldDecoded
    })
    entry.bytes = bytes
    entry.decoded = undefined
    if (entry.stamp === this.#journal.serial) return
    entry.stamp = this.#journal.serial
    this.#journal.touch(this.#table, entry.index)
  }
}

/** The text under which a record is filed: the hex of its key. */
export function recordKey(keyBytes: Uint8Array): string {
  return fromBytes(keyBytes)
}
