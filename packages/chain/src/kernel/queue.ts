// Due work: entries ordered by due time, then by the order in which they were put in. Bounded per block by execute.
import { assert } from '../assert.ts'
import { ms, u64 } from '../codec/Codec.ts'
import { createReader, put as putBytes } from '../codec/Cursor.ts'
import { sequenceOf, type EntriesImage, type ImageSink } from './image.ts'
import { undoKind, type Journal } from './journal.ts'
import { RowStore } from './rows.ts'

/** Key of a queue's rows: due time (48 bits), sequence (64 bits). */
const keyBytes = 14

/** Rows keyed by due time and sequence, and a heap over them that is derived: it holds exactly the entries that exist. */
export class QueueStore {
  readonly rows: RowStore
  /** Sequence of the next entry; part of the state. */
  next = 0
  readonly #heap: Heap = { slots: [], due: [], sequence: [], place: [] }

  constructor(journal: Journal, valueBytes: number, seed: readonly [number, number]) {
    this.rows = new RowStore(journal, { keyBytes, valueBytes, kind: 'queue' }, seed, (kind, slot) =>
      this.#undone(kind, slot),
    )
  }

  /** Makes an entry; its value is still to be written. */
  push(due: number): number {
    const key = this.rows.key
    key.at = 0
    ms.write(key, due)
    u64.write(key, this.next)
    const slot = this.rows.insert()
    heapPush(this.#heap, { slot, due, sequence: this.next })
    this.next++
    return slot
  }

  /** Slot of the first entry that is due at `now`, or -1. */
  due(now: number): number {
    const first = this.first
    return first !== undefined && first <= now ? this.#heap.slots[0]! : -1
  }

  /** When the first entry falls due; undefined when the queue is empty. */
  get first(): number | undefined {
    const slot = this.#heap.slots[0]
    return slot === undefined ? undefined : this.#heap.due[slot]
  }

  /** Removes an entry. */
  remove(slot: number): void {
    heapRemove(this.#heap, slot)
    this.rows.remove(slot)
  }

  /** What a checkpoint keeps: every entry in the order of its sequence. */
  get image(): EntriesImage {
    const { rows } = this
    const { sequence, slots } = this.#heap
    const sorted = slots.toSorted((a, b) => sequence[a]! - sequence[b]!)
    return {
      size: rows.size,
      next: this.next,
      *entries() {
        for (const slot of sorted) yield rows.entryAt(slot)
      },
    }
  }

  /** Takes such an image in; the store must be new. */
  sink(journal: Journal): ImageSink {
    return {
      begin: ({ next }) => void (this.next = next),
      slots: () => assert(false, 'Entries of a queue have no slots.'),
      free: () => assert(false, 'A queue has no free list.'),
      entry: (key, value) => {
        const writer = this.rows.key
        writer.at = 0
        putBytes(writer, key)
        const slot = this.rows.insert()
        heapPush(this.#heap, { slot, due: ms.read(createReader(key)), sequence: sequenceOf(key) })
        putBytes(this.rows.write(slot), value)
      },
      settle: () => {
        journal.keep()
        journal.next()
      },
    }
  }

  /** Follows an undo at once: entries left behind by refused operations would pile up until their time has come. */
  #undone(kind: number, slot: number): void {
    if (kind === undoKind.insert) {
      this.next--
      heapRemove(this.#heap, slot)
    } else if (kind === undoKind.remove) {
      const key = this.rows.readKey(slot)
      const due = ms.read(key)
      heapPush(this.#heap, { slot, due, sequence: u64.read(key) })
    }
  }
}

/** Slots in heap order; and by slot, when it falls due, its sequence, and its place in the heap. */
type Heap = { readonly slots: number[]; readonly due: number[]; readonly sequence: number[]; readonly place: number[] }

type HeapEntry = { readonly slot: number; readonly due: number; readonly sequence: number }

function before(heap: Heap, a: number, b: number): boolean {
  const difference = heap.due[a]! - heap.due[b]!
  return difference < 0 || (difference === 0 && heap.sequence[a]! < heap.sequence[b]!)
}

function put(heap: Heap, at: number, slot: number): void {
  heap.slots[at] = slot
  heap.place[slot] = at
}

function heapPush(heap: Heap, { slot, due, sequence }: HeapEntry): void {
  heap.due[slot] = due
  heap.sequence[slot] = sequence
  put(heap, heap.slots.length, slot)
  rise(heap, slot)
}

function heapRemove(heap: Heap, slot: number): void {
  const at = heap.place[slot]!
  const last = heap.slots.pop()!
  if (last === slot) return
  put(heap, at, last)
  rise(heap, last)
  sink(heap, last)
}

function rise(heap: Heap, slot: number): void {
  let at = heap.place[slot]!
  while (at > 0) {
    const parent = heap.slots[(at - 1) >> 1]!
    if (!before(heap, slot, parent)) break
    put(heap, at, parent)
    at = (at - 1) >> 1
  }
  put(heap, at, slot)
}

function sink(heap: Heap, slot: number): void {
  let at = heap.place[slot]!
  for (let child = at * 2 + 1; child < heap.slots.length; child = at * 2 + 1) {
    const other = heap.slots[child + 1]
    if (other !== undefined && before(heap, other, heap.slots[child]!)) child++
    if (!before(heap, heap.slots[child]!, slot)) break
    put(heap, at, heap.slots[child]!)
    at = child
  }
  put(heap, at, slot)
}
