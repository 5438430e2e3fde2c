// A store, its mirror and a store loaded from the mirror's image: whatever happens in the blocks, the three stay equal in
// every byte of the image, and they go on equally, slot by slot and entry by entry.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as codec from '../codec/Codec.ts'
import { Malformed } from '../codec/Cursor.ts'
import * as Hex from '../codec/Hex.ts'
import type { Context } from './context.ts'
import { createMirror } from './mirror.ts'
import { Store } from './store.ts'
import { queue, records, rows } from './table.ts'

// Odd widths, so that padding words are part of the game.
const numbers = rows(
  'numbers',
  0x7f01,
  codec.record({ a: codec.u8, b: codec.u16 }),
  codec.record({ of: codec.u64, tag: codec.u8 }),
)
const places = rows('places', 0x7f02, codec.u32, codec.u8)
const texts = records('texts', 0x7f03, codec.text(8), codec.text(32))
const counts = records('counts', 0x7f04, codec.u32, codec.u8)
const due = queue('due', 0x7f05, codec.record({ note: codec.u32, flag: codec.flag }))
const tables = [numbers, places, texts, counts, due]
const firstMs = 1_800_000_000_000

type Command = {
  readonly do: 'put' | 'remove' | 'place' | 'unplace' | 'text' | 'untext' | 'count' | 'push' | 'take'
  readonly key: number
  readonly value: number
}
/** The operations of a block; those that are taken back leave nothing. */
type Block = readonly { readonly commands: readonly Command[]; readonly isUndone: boolean }[]

const commands = fc.record({
  do: fc.constantFrom<Command['do'][]>(
    'put',
    'put',
    'remove',
    'remove',
    'place',
    'unplace',
    'text',
    'untext',
    'count',
    'push',
    'push',
    'take',
    'take',
  ),
  key: fc.nat(9),
  value: fc.nat(255),
})
const operations = fc.record({ commands: fc.array(commands, { maxLength: 5 }), isUndone: fc.boolean() })
const blocks: fc.Arbitrary<readonly Block[]> = fc.array(fc.array(operations, { maxLength: 8 }), { maxLength: 24 })

function contextOf(store: Store): Context {
  return { chainId: 1, height: 1, time: firstMs, store, sequence: 0, emit: () => {}, verify: () => undefined }
}

function apply(context: Context, { do: what, key, value }: Command): void {
  const place = { a: key % 3, b: 65_535 - key }
  if (what === 'put') numbers.put(context, place, { of: value * 2 ** 40, tag: value })
  else if (what === 'remove') numbers.remove(context, place)
  else if (what === 'place') places.put(context, key, value)
  else if (what === 'unplace') places.remove(context, key)
  else if (what === 'text') texts.put(context, `k${key}`, 'x'.repeat(value % 33))
  else if (what === 'untext') texts.remove(context, `k${key}`)
  else if (what === 'count') counts.put(context, key, value)
  else if (what === 'push') due.push(context, firstMs + (value % 7), { note: value, flag: value % 2 === 1 })
  else due.take({ ...context, time: firstMs + (value % 7) })
}

/** Runs a block and answers its write set. */
function run(store: Store, block: Block): Uint8Array {
  const context = contextOf(store)
  for (const operation of block) {
    const mark = store.mark()
    for (const command of operation.commands) apply(context, command)
    if (operation.isUndone) store.revert(mark)
  }
  const writes = store.writes().slice()
  store.next()
  store.keep()
  return writes
}

const textOf = (image: Iterable<Uint8Array>): readonly string[] => [...image].map(Hex.fromBytes)

function load(image: Iterable<Uint8Array>, seed: readonly [number, number]): Store {
  const store = new Store(tables, seed)
  const reader = store.load()
  for (const piece of image) reader.take(piece)
  reader.finish()
  return store
}

test('T148 a mirror that knows only write sets holds what the store holds, and so does a store loaded from it', () => {
  fc.assert(
    fc.property(blocks, blocks, blocks, (before, between, after) => {
      const store = new Store(tables, [1, 2])
      for (const block of before) run(store, block)
      const mirror = createMirror(tables)
      const reader = mirror.load()
      for (const piece of store.image()) reader.take(piece)
      reader.finish()
      for (const block of between) {
        mirror.apply(run(store, block))
        expect(textOf(mirror.image())).toEqual(textOf(store.image()))
      }
      const loaded = load(mirror.image(), [3, 4])
      expect(textOf(loaded.image())).toEqual(textOf(store.image()))
      expect(loaded.firstDue).toBe(store.firstDue)
      for (const block of after) expect(Hex.fromBytes(run(loaded, block))).toBe(Hex.fromBytes(run(store, block)))
      expect(textOf(loaded.image())).toEqual(textOf(store.image()))
    }),
  )
})

test('T148 a large state goes through its image whole', () => {
  const store = new Store(tables, [1, 2])
  const context = contextOf(store)
  for (let key = 0; key < 40_000; key++) places.put(context, key, key % 256)
  for (let key = 0; key < 90_000; key++) due.push(context, firstMs + (key % 7), { note: key, flag: false })
  store.next()
  for (let key = 0; key < 40_000; key += 3) places.remove(context, key)
  for (let i = 0; i < 30_000; i++) due.take({ ...context, time: firstMs + 3 })
  store.next()
  store.keep()
  const mirror = createMirror(tables)
  const reader = mirror.load()
  for (const piece of store.image()) reader.take(piece)
  reader.finish()
  expect(textOf(mirror.image())).toEqual(textOf(store.image()))
  expect(textOf(load(store.image(), [5, 6]).image())).toEqual(textOf(store.image()))
})

test('T148 an image with a piece missing, twice, cut or of other tables is not taken', () => {
  const store = new Store(tables, [1, 2])
  const context = contextOf(store)
  for (let key = 0; key < 9; key++) places.put(context, key, key)
  texts.put(context, 'k', 'text')
  due.push(context, firstMs, { note: 1, flag: true })
  store.next()
  places.remove(context, 4)
  store.next()
  const pieces = [...store.image()]
  for (let at = 0; at < pieces.length; at++) {
    expect(() => load(pieces.toSpliced(at, 1), [1, 2])).toThrow(Malformed)
    expect(() => load(pieces.with(at, pieces[at]!.subarray(0, -1)), [1, 2])).toThrow(Malformed)
  }
  const others = new Store(tables.toReversed(), [1, 2])
  expect(() => pieces.forEach((piece, i, all) => (i === 0 ? others.load().take(all[0]!) : undefined))).toThrow(
    Malformed,
  )
})
