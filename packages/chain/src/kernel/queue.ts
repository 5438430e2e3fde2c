// Due work: entries ordered by due time, then by the order in which they were put in. Bounded per block by execute.
import { assert } from '../assert.ts'
import { ms, u64 } from '../codec/Codec.ts'
import { undoKind, type Journal } from './journal.ts'
import { RowStore } from './rows.ts'

/** Key of a queue's rows: due time (48 bits), sequence (64 bits). */
const keyBytes = 14

/** Rows keyed by due time and sequence, and a heap over them that is derived: stale entries are dropped when they surface. */
export class QueueStore {
  readonly rows: RowStore
  /** Sequence of the next entry; part of the state. */
  next = 0
  readonly #heap: Heap = { due: [], sequence: [], slot: [] }

  constructor(journal: Journal, valueBytes: number, seed: readonly [number, number]) {
    this.rows = new RowStore(journal, { keyBytes, valueBytes }, seed, (kind, slot) => this.#undone(kind, slot))
  }

  /** Makes an entry; its value is still to be written. */
  push(due: number): number {
    const key = this.rows.key
    key.at = 0
    ms.write(key, due)
    u64.write(key, this.next)
    assert(this.rows.find() < 0, `Queue entry ${this.next} exists already.`)
    const slot = this.rows.insert()
    heapPush(this.#heap, due, this.next, slot)
    this.next++
    return slot
  }

  /** Slot of the first entry that is due at `now`, or -1. */
  due(now: number): number {
    const top = this.#top()
    return top !== undefined && top <= now ? this.#heap.slot[0]! : -1
  }

  /** When the first entry falls due; undefined when the queue is empty. */
  get first(): number | undefined {
    return this.#top()
  }

  /** Removes an entry that `due` returned. */
  remove(slot: number): void {
    this.rows.remove(slot)
  }

  #top(): number | undefined {
    const heap = this.#heap
    while (heap.due.length > 0) {
      const slot = heap.slot[0]!
      if (this.rows.has(slot)) {
        const key = this.rows.readKey(slot)
        if (ms.read(key) === heap.due[0] && u64.read(key) === heap.sequence[0]) return heap.due[0]
      }
      heapPop(heap)
    }
    return undefined
  }

  #undone(kind: number, slot: number): void {
    if (kind === undoKind.insert) this.next--
    if (kind !== undoKind.remove) return
    const key = this.rows.readKey(slot)
    heapPush(this.#heap, ms.read(key), u64.read(key), slot)
  }
}

type Heap = { readonly due: number[]; readonly sequence: number[]; readonly slot: number[] }

function before(heap: Heap, a: number, b: number): boolean {
  const difference = heap.due[a]! - heap.due[b]!
  return difference < 0 || (difference === 0 && heap.sequence[a]! < heap.sequence[b]!)
}

function swap(heap: Heap, a: number, b: number): void {
  for (const column of [heap.due, heap.sequence, heap.slot]) {
    const kept = column[a]!
    column[a] = column[b]!
    column[b] = kept
  }
}

function heapPush(heap: Heap, due: number, sequence: number, slot: number): void {
  heap.due.push(due)
  heap.sequence.push(sequence)
  heap.slot.push(slot)
  for (let at = heap.due.length - 1; at > 0;) {
    const parent = (at - 1) >> 1
    if (!before(heap, at, parent)) return
    swap(heap, at, parent)
    at = parent
  }
}

function heapPop(heap: Heap): void {
  const last = heap.due.length - 1
  swap(heap, 0, last)
  heap.due.pop()
  heap.sequence.pop()
  heap.slot.pop()
  for (let at = 0; ;) {
    const left = at * 2 + 1
    let least = at
    if (left < last && before(heap, left, least)) least = left
    if (left + 1 < last && before(heap, left + 1, least)) least = left + 1
    if (least === at) return
    swap(heap, at, least)
    at = least
  }
}
