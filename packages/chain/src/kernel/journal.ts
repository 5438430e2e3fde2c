// The journal of a store: what to put back when an operation is refused, and which entries the block touched, in order of first touch.

/** A point to which a store can return. */
export type Mark = { readonly undo: number; readonly records: number; readonly touched: number }

/** What an undo entry takes back. */
export const undoKind = { write: 0, insert: 1, remove: 2, record: 3 } as const

/** Something that can take back one of its own entries. */
export type Undoable = {
  undo(kind: number, slot: number, words: Uint32Array, at: number, count: number): void
  untouch(slot: number): void
  /** The block has ended; what it touched is still listed. */
  next(): void
}

/** Words of undo data and the touched list, both outside the heap and reused from block to block. */
export class Journal {
  readonly tables: Undoable[] = []
  /** Distinguishes blocks: an entry whose stamp is the serial was touched in this block already. */
  serial = 1
  touched = new Uint32Array(4096)
  touchedCount = 0
  #undo = new Uint32Array(16_384)
  #undoLength = 0
  #records: (() => void)[] = []

  mark(): Mark {
    return { undo: this.#undoLength, records: this.#records.length, touched: this.touchedCount }
  }

  /** Notes the first touch of an entry in this block. */
  touch(table: number, slot: number): void {
    const at = this.touchedCount * 2
    if (at === this.touched.length) this.touched = grown(this.touched)
    this.touched[at] = table
    this.touched[at + 1] = slot
    this.touchedCount++
  }

  /** Keeps `count` words of `source`, to be handed back on revert. */
  save(table: number, kind: number, slot: number, source: Uint32Array, at: number, count: number): void {
    const length = this.#undoLength
    while (length + count + 3 > this.#undo.length) this.#undo = grown(this.#undo)
    const undo = this.#undo
    for (let i = 0; i < count; i++) undo[length + i] = source[at + i]!
    undo[length + count] = count
    undo[length + count + 1] = slot
    undo[length + count + 2] = table * 4 + kind
    this.#undoLength = length + count + 3
  }

  /** Keeps the way back of a variable-width record. */
  saveRecord(restore: () => void): void {
    this.#records.push(restore)
    this.save(0, undoKind.record, 0, this.touched, 0, 0)
  }

  /** Takes back everything since the mark, newest first, and forgets what was first touched since. */
  revert(mark: Mark): void {
    // First, while the entries are still where they were touched: undo may take a record's place away.
    while (this.touchedCount > mark.touched) {
      this.touchedCount--
      this.tables[this.touched[this.touchedCount * 2]!]!.untouch(this.touched[this.touchedCount * 2 + 1]!)
    }
    const undo = this.#undo
    let length = this.#undoLength
    while (length > mark.undo) {
      const tag = undo[length - 1]!
      const slot = undo[length - 2]!
      const count = undo[length - 3]!
      length -= 3 + count
      const kind = tag & 3
      if (kind === undoKind.record) this.#records.pop()!()
      else this.tables[tag >> 2]!.undo(kind, slot, undo, length, count)
    }
    this.#undoLength = length
  }

  /** Forgets the way back: the block is durable or committed. */
  keep(): void {
    this.#undoLength = 0
    this.#records = []
  }

  /** Starts the touched list of the next block. */
  next(): void {
    for (const table of this.tables) table.next()
    this.touchedCount = 0
    this.serial++
  }
}

function grown(words: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(words.length * 2)
  larger.set(words)
  return larger
}
