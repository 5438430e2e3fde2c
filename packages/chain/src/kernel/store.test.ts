// The store at sizes that random histories do not reach, and mistakes that were found in it.
import { expect, test } from 'vitest'
import * as codec from '../codec/Codec.ts'
import type { Context } from './context.ts'
import { Store } from './store.ts'
import { queue, records, rows } from './table.ts'

const numbers = rows('numbers', 0x7f01, codec.u32, codec.units)
const texts = records('texts', 0x7f02, codec.text(8), codec.text(32))
const due = queue('due', 0x7f03, codec.u32)

function given(): Context {
  const store = new Store([numbers, texts, due], [0xdead_beef, 7])
  return { chainId: 1, height: 1, time: 1_000, store, sequence: 0, emit: () => {}, verify: () => undefined }
}

test('rows are found across chunks and growing indexes, before and after removals', () => {
  const context = given()
  const count = 40_000
  for (let key = 0; key < count; key++) expect(numbers.put(context, key, BigInt(key) << 64n)).toBe(key)
  for (let key = 0; key < count; key += 3) numbers.remove(context, key)
  for (let key = 0; key < count; key++) {
    expect(numbers.find(context, key)).toBe(key % 3 === 0 ? undefined : BigInt(key) << 64n)
  }
  expect(numbers.count(context)).toBe(count - Math.ceil(count / 3))
})

test('freed slots are used again from the next block on, last in first out, and fresh ones when none is left', () => {
  const context = given()
  for (const key of [10, 11, 12, 13]) numbers.put(context, key, 1n)
  context.store.next()
  for (const key of [11, 13, 10]) numbers.remove(context, key)
  expect(numbers.put(context, 19, 2n)).toBe(4)
  context.store.next()
  expect([20, 21, 22, 23].map((key) => numbers.put(context, key, 2n))).toEqual([0, 3, 1, 5])
})

test('freed slots join the free list in the order of first touch, whatever was removed first', () => {
  const context = given()
  for (const key of [10, 11, 12]) numbers.put(context, key, 1n)
  context.store.next()
  numbers.put(context, 12, 2n)
  for (const key of [10, 11, 12]) numbers.remove(context, key)
  context.store.next()
  expect([20, 21, 22].map((key) => numbers.put(context, key, 2n))).toEqual([1, 0, 2])
})

test('a reused slot shows nothing of its last row', () => {
  const context = given()
  numbers.put(context, 1, 2n ** 128n - 1n)
  numbers.remove(context, 1)
  const mark = context.store.mark()
  numbers.put(context, 2, 5n)
  expect(numbers.find(context, 2)).toBe(5n)
  context.store.revert(mark)
  numbers.put(context, 1, 7n)
  expect(numbers.find(context, 1)).toBe(7n)
  expect(numbers.find(context, 2)).toBeUndefined()
})

test('a record that first came in a refused operation is forgotten whole', () => {
  const context = given()
  const mark = context.store.mark()
  texts.put(context, 'new', 'text')
  context.store.revert(mark)
  expect(texts.find(context, 'new')).toBeUndefined()
  expect(context.store.touched).toBe(false)
  expect(context.store.writes()).toEqual(new Uint8Array(0))
})

test('T162 refused operations leave nothing behind in a queue, however far away their entries are due', () => {
  const context = given()
  due.push(context, 5_000, 1)
  for (let i = 0; i < 1_000; i++) {
    const mark = context.store.mark()
    due.push(context, 4_000_000 + i, i)
    context.store.revert(mark)
  }
  expect(context.store.firstDue).toBe(5_000)
  expect(due.take({ ...context, time: 10_000_000 })).toBe(1)
  expect(due.take({ ...context, time: 10_000_000 })).toBeUndefined()
  expect(context.store.firstDue).toBeUndefined()
})

test('a queue entry that goes and one that comes in one block are both in its write set', () => {
  const context = given()
  due.push(context, 900, 1)
  context.store.next()
  const before = context.store.writes().length
  expect(due.take(context)).toBe(1)
  const gone = context.store.writes().length - before
  due.push(context, 950, 2)
  const both = context.store.writes().length
  expect(gone).toBe(2 + 4 + 1 + 2 + 14 + 4)
  expect(both - gone).toBe(2 + 4 + 1 + 2 + 14 + 4 + 4)
})

test('an entry that is put back by undo is taken in its old place', () => {
  const context = given()
  for (const [at, note] of [
    [500, 1],
    [500, 2],
    [400, 3],
  ] as const)
    due.push(context, at, note)
  const mark = context.store.mark()
  expect([due.take(context), due.take(context)]).toEqual([3, 1])
  context.store.revert(mark)
  due.push(context, 500, 4)
  expect([due.take(context), due.take(context), due.take(context), due.take(context)]).toEqual([3, 1, 2, 4])
})
