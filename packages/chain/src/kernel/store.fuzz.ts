// The store against plain Maps: random puts, removals, pushes, takes, marks, reverts and blocks. And two stores, one of which also
// suffers operations that are taken back: slots, write sets and everything that can be read must stay equal.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as codec from '../codec/Codec.ts'
import type { Codec } from '../codec/Codec.ts'
import * as Hex from '../codec/Hex.ts'
import type { Context } from './context.ts'
import { Store } from './store.ts'
import { queue, records, rows } from './table.ts'

// Odd widths, so that padding words are part of the game.
const keyCodec = codec.record({ a: codec.u8, b: codec.u16 })
const valueCodec = codec.record({ amount: codec.units, tag: codec.u8 })
const entryCodec = codec.record({ note: codec.u32, flag: codec.flag })
const numbers = rows('numbers', 0x7f01, keyCodec, valueCodec)
const texts = records('texts', 0x7f02, codec.text(8), codec.text(32))
const due = queue('due', 0x7f03, entryCodec)
const tables = [numbers, texts, due]
const firstMs = 1_800_000_000_000

type Value = { readonly amount: bigint; readonly tag: number }
type Command =
  | { readonly do: 'put'; readonly key: number; readonly value: Value }
  | { readonly do: 'remove' | 'removeAt' | 'removeText'; readonly key: number }
  | { readonly do: 'putText'; readonly key: number; readonly text: string }
  | { readonly do: 'push'; readonly delayMs: number; readonly note: number }
  | { readonly do: 'take'; readonly afterMs: number }
  | { readonly do: 'mark' | 'revert' | 'block' }

const small = fc.nat(11)
const puts = fc.record({
  do: fc.constant('put' as const),
  key: small,
  value: fc.record({ amount: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), tag: fc.nat(255) }),
})
const removals = fc.record({ do: fc.constantFrom('remove' as const, 'removeAt' as const), key: small })
const textPuts = fc.record({ do: fc.constant('putText' as const), key: small, text: fc.string({ maxLength: 8 }) })
const textRemovals = fc.record({ do: fc.constant('removeText' as const), key: small })
const pushes = fc.record({ do: fc.constant('push' as const), delayMs: fc.nat(6), note: fc.nat(2 ** 32 - 1) })
const takes = fc.record({ do: fc.constant('take' as const), afterMs: fc.nat(6) })
const writes = fc.oneof(puts, puts, removals, textPuts, textRemovals, pushes, pushes, takes, takes)
const moves = fc.record({ do: fc.constantFrom('mark' as const, 'mark' as const, 'revert' as const) })
const ends = fc.record({ do: fc.constant('block' as const) })
const histories: fc.Arbitrary<readonly Command[]> = fc.array(
  fc.oneof({ arbitrary: writes, weight: 12 }, { arbitrary: moves, weight: 4 }, { arbitrary: ends, weight: 1 }),
  { maxLength: 150 },
)

const keyOf = (key: number): { readonly a: number; readonly b: number } => ({ a: key % 3, b: 65_535 - key })
const textKeyOf = (key: number): string => `k${key}`

function contextOf(seed: readonly [number, number]): Context {
  const store = new Store(tables, seed)
  return { chainId: 1, height: 1, time: firstMs, store, sequence: 0, emit: () => {}, verify: () => undefined }
}

/** Slots as the store gives them out: freed ones last in, first out, from the next block on. */
type Slots = { used: number; free: number[] }
type Queued = { readonly due: number; readonly sequence: number; readonly note: number; readonly slot: number }
type Row = { readonly slot: number; readonly value: Value }

/** The same contents in plain Maps, copied whole at each mark. */
type Plain = {
  rows: Map<number, Row>
  rowSlots: Slots
  texts: Map<number, string>
  queued: Queued[]
  queueSlots: Slots
  next: number
  /** What this block touched, in order of first touch: the table, and what tells its entries apart. */
  touched: readonly string[]
  /** Key of the last row or entry in each slot. */
  rowKeys: Map<number, number>
  queueKeys: Map<number, Queued>
}

function createPlain(): Plain {
  const slots = (): Slots => ({ used: 0, free: [] })
  return {
    rows: new Map(),
    rowSlots: slots(),
    texts: new Map(),
    queued: [],
    queueSlots: slots(),
    next: 0,
    touched: [],
    rowKeys: new Map(),
    queueKeys: new Map(),
  }
}

function takeSlot(slots: Slots): number {
  return slots.free.pop() ?? slots.used++
}

function touch(plain: Plain, entry: string): void {
  if (!plain.touched.includes(entry)) plain.touched = [...plain.touched, entry]
}

function firstDue(plain: Plain): Queued | undefined {
  return plain.queued.toSorted((a, b) => a.due - b.due || a.sequence - b.sequence)[0]
}

function applyPlain(plain: Plain, command: Command): void {
  if (command.do === 'put') {
    const slot = plain.rows.get(command.key)?.slot ?? takeSlot(plain.rowSlots)
    plain.rows.set(command.key, { slot, value: command.value })
    plain.rowKeys.set(slot, command.key)
    touch(plain, `rows ${slot}`)
  } else if (command.do === 'remove' || command.do === 'removeAt') {
    const row = plain.rows.get(command.key)
    if (row === undefined) return
    plain.rows.delete(command.key)
    touch(plain, `rows ${row.slot}`)
  } else if (command.do === 'putText') {
    plain.texts.set(command.key, command.text)
    touch(plain, `text ${command.key}`)
  } else if (command.do === 'removeText') {
    if (plain.texts.delete(command.key)) touch(plain, `text ${command.key}`)
  } else if (command.do === 'push') {
    const { delayMs, note } = command
    const entry = { due: firstMs + delayMs, sequence: plain.next++, note, slot: takeSlot(plain.queueSlots) }
    plain.queued.push(entry)
    plain.queueKeys.set(entry.slot, entry)
    touch(plain, `due ${entry.slot}`)
  } else if (command.do === 'take') {
    const first = firstDue(plain)
    if (first === undefined || first.due > firstMs + command.afterMs) return
    plain.queued = plain.queued.filter((entry) => entry !== first)
    touch(plain, `due ${first.slot}`)
  }
}

/** What was freed joins the free list in the order of first touch. */
function endPlain(plain: Plain): void {
  const rowSlots = new Set([...plain.rows.values()].map(({ slot }) => slot))
  const queueSlots = new Set(plain.queued.map(({ slot }) => slot))
  for (const entry of plain.touched) {
    const [table, at] = [entry.split(' ')[0], Number(entry.split(' ')[1])]
    if (table === 'rows' && !rowSlots.has(at)) plain.rowSlots.free.push(at)
    if (table === 'due' && !queueSlots.has(at)) plain.queueSlots.free.push(at)
  }
  plain.touched = []
}

function apply(context: Context, command: Command): void {
  if (command.do === 'put') numbers.put(context, keyOf(command.key), command.value)
  else if (command.do === 'remove') numbers.remove(context, keyOf(command.key))
  else if (command.do === 'removeAt') {
    const slot = numbers.slotOf(context, keyOf(command.key))
    if (slot >= 0) numbers.removeAt(context, slot)
  } else if (command.do === 'putText') texts.put(context, textKeyOf(command.key), command.text)
  else if (command.do === 'removeText') texts.remove(context, textKeyOf(command.key))
  else if (command.do === 'push')
    due.push(context, firstMs + command.delayMs, { note: command.note, flag: command.note % 2 === 1 })
  else if (command.do === 'take') due.take({ ...context, time: firstMs + command.afterMs })
}

const hex = (bytes: Uint8Array): string => Hex.fromBytes(bytes).slice(2)
const fixedHex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

/** One entry of a write set, spelled out as in the description of the format. */
function entryHex(table: number, slot: number, key: string, value: string | undefined): string {
  const size = value === undefined ? 0 : value.length / 2
  const present = value === undefined ? '00' : '01'
  return `${fixedHex(table, 4)}${fixedHex(slot, 8)}${present}${fixedHex(key.length / 2, 4)}${key}${fixedHex(size, 8)}${value ?? ''}`
}

function plainWrites(plain: Plain): string {
  const encoded = <T>(of: Codec<T>, value: T): string => hex(codec.encode(of, value))
  return plain.touched
    .map((name) => {
      const [table, at] = [name.split(' ')[0], Number(name.split(' ')[1])]
      if (table === 'text') {
        const text = plain.texts.get(at)
        const key = encoded(codec.text(8), textKeyOf(at))
        return entryHex(texts.number, 0xffff_ffff, key, text === undefined ? undefined : encoded(codec.text(32), text))
      }
      if (table === 'rows') {
        const key = plain.rowKeys.get(at)!
        const row = plain.rows.get(key)
        const value = row?.slot === at ? encoded(valueCodec, row.value) : undefined
        return entryHex(numbers.number, at, encoded(keyCodec, keyOf(key)), value)
      }
      const entry = plain.queueKeys.get(at)!
      const key = fixedHex(entry.due, 12) + fixedHex(entry.sequence, 16)
      const value = encoded(entryCodec, { note: entry.note, flag: entry.note % 2 === 1 })
      return entryHex(due.number, 0xffff_ffff, key, plain.queued.includes(entry) ? value : undefined)
    })
    .join('')
}

function expectSame(context: Context, plain: Plain): void {
  for (let key = 0; key < 12; key++) {
    const row = plain.rows.get(key)
    expect(numbers.find(context, keyOf(key))).toEqual(row?.value)
    expect(numbers.slotOf(context, keyOf(key))).toBe(row?.slot ?? -1)
    expect(texts.find(context, textKeyOf(key))).toBe(plain.texts.get(key))
  }
  expect(numbers.count(context)).toBe(plain.rows.size)
  expect([...numbers.entries(context)].map(([, value, slot]) => ({ slot, value }))).toEqual(
    [...plain.rows.values()].toSorted((a, b) => a.slot - b.slot),
  )
  expect([...texts.entries(context)].map(([, text]) => text).toSorted()).toEqual([...plain.texts.values()].toSorted())
  expect(due.count(context)).toBe(plain.queued.length)
  expect(context.store.firstDue).toBe(firstDue(plain)?.due)
  expect(context.store.touched).toBe(plain.touched.length > 0)
  expect(hex(context.store.writes())).toBe(plainWrites(plain))
}

/** Everything that is due comes in the order of due times, then of pushes. */
function expectOrder(context: Context, plain: Plain): void {
  const mark = context.store.mark()
  const expected = plain.queued.toSorted((a, b) => a.due - b.due || a.sequence - b.sequence).map(({ note }) => note)
  const taken: number[] = []
  for (let entry = due.take({ ...context, time: firstMs + 6 }); entry !== undefined;) {
    taken.push(entry.note)
    entry = due.take({ ...context, time: firstMs + 6 })
  }
  expect(taken).toEqual(expected)
  context.store.revert(mark)
}

test('T148 the store behaves as plain Maps, whatever is marked and taken back', () => {
  fc.assert(
    fc.property(histories, fc.nat(), fc.nat(), (history, seed0, seed1) => {
      const context = contextOf([seed0, seed1])
      let plain = createPlain()
      let marks: { readonly mark: ReturnType<Store['mark']>; readonly plain: Plain }[] = []
      for (const command of history) {
        if (command.do === 'mark') marks.push({ mark: context.store.mark(), plain: structuredClone(plain) })
        else if (command.do === 'revert') {
          const last = marks.pop()
          if (last === undefined) continue
          context.store.revert(last.mark)
          plain = last.plain
        } else if (command.do === 'block') {
          marks = []
          context.store.keep()
          context.store.next()
          endPlain(plain)
        } else {
          apply(context, command)
          applyPlain(plain, command)
        }
        expectSame(context, plain)
      }
      expectOrder(context, plain)
      expectSame(context, plain)
    }),
  )
})

test('T148 operations that are taken back leave no trace in slots, order or write sets', () => {
  const noise = fc.array(writes, { maxLength: 20 })
  const steps = fc.array(fc.record({ kept: writes, undone: noise, isEnd: fc.nat(9) }), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (history) => {
      const calm = contextOf([1, 2])
      const troubled = contextOf([3, 4])
      for (const { kept, undone, isEnd } of history) {
        const mark = troubled.store.mark()
        for (const command of undone) apply(troubled, command)
        troubled.store.revert(mark)
        apply(troubled, kept)
        apply(calm, kept)
        expect(hex(troubled.store.writes())).toBe(hex(calm.store.writes()))
        expect([...numbers.entries(troubled)]).toEqual([...numbers.entries(calm)])
        expect([...due.entries(troubled)]).toEqual([...due.entries(calm)])
        expect(troubled.store.firstDue).toBe(calm.store.firstDue)
        if (isEnd > 0) continue
        for (const { store } of [calm, troubled]) {
          store.keep()
          store.next()
        }
      }
    }),
  )
})
