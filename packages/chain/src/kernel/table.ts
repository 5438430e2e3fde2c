// How a module declares what it keeps: typed handles over the store. Each finds its entries in the store of the view it is given.
import type { Some } from '../codec/Codec.ts'
import { assert } from '../assert.ts'
import { decode, encode, type Codec } from '../codec/Codec.ts'
import { createReader, type Reader } from '../codec/Cursor.ts'
import type { Context, View } from './context.ts'
import { recordKey } from './recordStore.ts'
import type { RowStore } from './rows.ts'

/** What the store has to know of a table. Number = module number × 256 + the table's number in its state.ts, never reused. */
export type Table = {
  readonly name: string
  readonly number: number
  readonly kind: 'rows' | 'records' | 'queue'
  readonly keyBytes: number
  readonly valueBytes: number
  /** Of records: the text under which an entry is filed, from the bytes of its key. */
  readonly textOf?: (keyBytes: Uint8Array) => string
}

/** Fixed-width rows. A slot is a row's dense id, valid until the row is removed. */
export type Rows<K, V> = Table & {
  find(view: View, key: K): V | undefined
  /** @throws AssertionError when there is no such row. */
  get(view: View, key: K): V
  /** Inserts or replaces; returns the slot. */
  put(context: Context, key: K, value: V): number
  remove(context: Context, key: K): void
  /** Slot of a key, or -1. */
  slotOf(view: View, key: K): number
  at(view: View, slot: number): V
  keyAt(view: View, slot: number): K
  /** A reader at the value in a slot, for who needs its first fields alone. */
  readerAt(view: View, slot: number): Reader
  /** The same at the key. */
  keyReaderAt(view: View, slot: number): Reader
  putAt(context: Context, slot: number, value: V): void
  removeAt(context: Context, slot: number): void
  count(view: View): number
  /** Every row, for invariants and checkpoints only: a rule that scans is refused by the tidy test. */
  entries(view: View): Iterable<readonly [key: K, value: V, slot: number]>
}

/** Few entries of variable width. */
export type Records<K, V> = Table & {
  find(view: View, key: K): V | undefined
  get(view: View, key: K): V
  put(context: Context, key: K, value: V): void
  remove(context: Context, key: K): void
  /** For invariants and checkpoints only. */
  entries(view: View): Iterable<readonly [key: K, value: V]>
}

/** Entries that fall due at a time. */
export type Queue<T> = Table & {
  push(context: Context, due: number, entry: T): void
  /** Takes the first entry that is due at the block's time, or nothing. */
  take(context: Context): T | undefined
  count(view: View): number
  entries(view: View): Iterable<T>
}

function fixedSize(name: string, codec: Codec<Some>): number {
  assert(codec.size !== undefined, `Table ${name} needs codecs of fixed width.`)
  return codec.size
}

/** Whether two keys are equal: words and numbers themselves, records field by field. */
function sameKeys(key: Codec<Some>): (a: unknown, b: unknown) => boolean {
  const { same } = key
  if (same !== undefined) return (a, b) => a === b || (a !== undefined && same(a, b))
  if (key.shape.is !== 'record') return (a, b) => a === b
  const names = Object.keys(key.shape.of)
  return (a, b) => {
    if (a === b) return true
    if (a === undefined) return false
    for (const name of names) if ((a as Fields)[name] !== (b as Fields)[name]) return false
    return true
  }
}

type Fields = { readonly [name: string]: unknown }

/** Finds the slot of a key that was not looked up lately, or -1. */
function createFinder<K>(key: Codec<K>): (store: RowStore, of: K) => number {
  return (store, of) => {
    store.key.at = 0
    key.write(store.key, of)
    store.encoded = of
    return store.find()
  }
}

/** Declares a table of fixed-width rows. */
export function rows<K, V>(name: string, number: number, key: Codec<K>, value: Codec<V>): Rows<K, V> {
  const keyBytes = fixedSize(name, key)
  const valueBytes = fixedSize(name, value)
  const isSame = sameKeys(key)
  const find = createFinder(key)
  const lookUp = (store: RowStore, of: K): number => {
    const recent = store.recall(of, isSame)
    if (recent !== undefined) return recent
    const slot = find(store, of)
    store.remember(of, slot)
    return slot
  }
  const insert = (store: RowStore, of: K): number => {
    // Told from memory that there is no such row, the store still has to be given the key.
    if (store.encoded !== of) find(store, of)
    return store.insert()
  }
  const write = (store: RowStore, slot: number, of: V): void => {
    const writer = store.write(slot)
    const end = writer.at + valueBytes
    value.write(writer, of)
    assert(writer.at === end, `Table ${name} wrote past its row.`)
  }
  return {
    name,
    number,
    kind: 'rows',
    keyBytes,
    valueBytes,
    find(view, of) {
      const store = view.store.rows(number)
      const slot = lookUp(store, of)
      return slot < 0 ? undefined : value.read(store.read(slot))
    },
    get(view, of) {
      const store = view.store.rows(number)
      const slot = lookUp(store, of)
      assert(slot >= 0, `Table ${name} has no row for the key.`)
      return value.read(store.read(slot))
    },
    put(context, of, to) {
      const store = context.store.rows(number)
      const found = lookUp(store, of)
      const slot = found < 0 ? insert(store, of) : found
      write(store, slot, to)
      return slot
    },
    remove(context, of) {
      const store = context.store.rows(number)
      const slot = lookUp(store, of)
      if (slot >= 0) store.remove(slot)
    },
    slotOf: (view, of) => lookUp(view.store.rows(number), of),
    at: (view, slot) => value.read(view.store.rows(number).read(slot)),
    keyAt: (view, slot) => key.read(view.store.rows(number).readKey(slot)),
    readerAt: (view, slot) => view.store.rows(number).read(slot),
    keyReaderAt: (view, slot) => view.store.rows(number).readKey(slot),
    putAt: (context, slot, to) => write(context.store.rows(number), slot, to),
    removeAt: (context, slot) => context.store.rows(number).remove(slot),
    count: (view) => view.store.rows(number).size,
    *entries(view) {
      const store = view.store.rows(number)
      for (let slot = 0; slot < store.used; slot++)
        if (store.has(slot)) yield [key.read(store.readKey(slot)), value.read(store.read(slot)), slot]
    },
  }
}

/** Declares a table of variable-width records. */
export function records<K, V>(name: string, number: number, key: Codec<K>, value: Codec<V>): Records<K, V> {
  // Words are their own text and so are numbers; anything else is filed by its bytes.
  const textOf = (of: K): string =>
    typeof of === 'string' ? of : typeof of === 'number' ? String(of) : recordKey(encode(key, of))
  return {
    name,
    number,
    kind: 'records',
    keyBytes: 0,
    valueBytes: 0,
    textOf: (bytes) => textOf(decode(key, bytes)),
    find: (view, of) => view.store.records(number).find(textOf(of), value),
    get(view, of) {
      const found = view.store.records(number).find(textOf(of), value)
      assert(found !== undefined, `Table ${name} has no record for the key.`)
      return found
    },
    put: (context, of, to) => context.store.records(number).put(textOf(of), encode(key, of), value, to),
    remove: (context, of) => context.store.records(number).remove(textOf(of)),
    *entries(view) {
      for (const [keyBytes, of] of view.store.records(number).entries(value))
        yield [key.read(createReader(keyBytes)), of]
    },
  }
}

/** Declares a queue of due work. */
export function queue<T>(name: string, number: number, entry: Codec<T>): Queue<T> {
  const valueBytes = fixedSize(name, entry)
  return {
    name,
    number,
    kind: 'queue',
    keyBytes: 14,
    valueBytes,
    push(context, due, of) {
      const store = context.store.queue(number)
      entry.write(store.rows.write(store.push(due)), of)
    },
    take(context) {
      const store = context.store.queue(number)
      const slot = store.due(context.time)
      if (slot < 0) return undefined
      const of = entry.read(store.rows.read(slot))
      store.remove(slot)
      return of
    },
    count: (view) => view.store.queue(number).rows.size,
    *entries(view) {
      const { rows: store } = view.store.queue(number)
      for (let slot = 0; slot < store.used; slot++) if (store.has(slot)) yield entry.read(store.read(slot))
    },
  }
}
