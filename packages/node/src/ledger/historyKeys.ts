// Keys that lead to operations, in sorted runs. A batch becomes one run; runs of a size become a larger one, so there are
// few to search and each key is written a handful of times, always in order. Rows of a table with an index would be
// written to any of its pages: at a million receipts that costs 11 us per payment, and runs cost 2.
//
// A key is 8 bytes of what is looked up (operation id, hash of the nonce's key, address). Whoever asks compares the whole
// value afterwards. Keys of one run lead to sequences that all lie behind those of the run before.
import type { Database, Statement } from '../machine/Machine.ts'

/** What is looked up. */
export const keyKinds = { operation: 0, nonce: 1, account: 2 } as const
export type KeyKind = (typeof keyKinds)[keyof typeof keyKinds]
const kinds = Object.values(keyKinds)

/**
 * In which part an account is found, or as what an operation; it stands in the two last bits of the key, so that each is a
 * list of its own.
 */
export const accountRoles = { payer: 0n, payee: 1n, refunder: 2n, refunded: 3n } as const
export type AccountRole = keyof typeof accountRoles

/** The key of the first 8 bytes at an offset. */
export function keyAt(bytes: Uint8Array, offset = 0): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigInt64(offset)
}

/** The key of an account's address, or an operation's id, in a role. */
export function accountKey(address: Uint8Array, role: AccountRole): bigint {
  return (keyAt(address) & ~3n) | accountRoles[role]
}

/** Whether the bytes stand at the offset: what follows a look-up by key. */
export function hasBytes(bytes: Uint8Array, offset: number, expected: Uint8Array): boolean {
  return expected.every((byte, i) => bytes[offset + i] === byte)
}

/** high half i32 ‖ low half u32 ‖ sequence u48 */
const entryBytes = 14
/** So that a chunk is one page of the database. */
const chunkEntries = 280
/** Bound on the entries of one kind that are sorted at a time: a half key and an index make a number exactly. */
const sortedMax = 2 ** 21
/** Receipts of a merged run: at most three entries of a kind for each. */
const mergedMax = 655_360
/** So many runs of a size become one. */
const fanOut = 8

/** Unsorted entries of one kind, in the order of their sequences. */
export class Keys {
  #high: Int32Array
  #low: Uint32Array
  #sequences: Float64Array
  #size = 0

  constructor(capacity: number) {
    this.#high = new Int32Array(capacity)
    this.#low = new Uint32Array(capacity)
    this.#sequences = new Float64Array(capacity)
  }

  get size(): number {
    return this.#size
  }

  /** Adds the key of two halves. */
  add(high: number, low: number, sequence: number): void {
    if (this.#size === this.#high.length) this.#grow()
    this.#high[this.#size] = high
    this.#low[this.#size] = low
    this.#sequences[this.#size] = sequence
    this.#size += 1
  }

  /** Adds the entries of a chunk. */
  addChunk(entries: Uint8Array): void {
    const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength)
    for (let at = 0; at < entries.length; at += entryBytes)
      this.add(view.getInt32(at), view.getUint32(at + 4), sequenceAt(view, at))
  }

  /** All entries by key, then by sequence. */
  sorted(): Uint8Array {
    const order = this.#order()
    const bytes = new Uint8Array(order.length * entryBytes)
    const view = new DataView(bytes.buffer)
    for (let i = 0, at = 0; i < order.length; i++, at += entryBytes) {
      const from = order[i]!
      const sequence = this.#sequences[from]!
      view.setInt32(at, this.#high[from]!)
      view.setUint32(at + 4, this.#low[from]!)
      view.setUint16(at + 8, Math.floor(sequence / 2 ** 32))
      view.setUint32(at + 10, sequence % 2 ** 32)
    }
    return bytes
  }

  /** Sorts numbers made of the high half and the place, which is many times faster than comparing; what is equal so far is compared. */
  #order(): Uint32Array {
    if (this.#size > sortedMax) throw new Error(`${this.#size} keys are too many for one run.`)
    const numbers = new Float64Array(this.#size)
    for (let i = 0; i < numbers.length; i++) numbers[i] = (this.#high[i]! + 2 ** 31) * sortedMax + i
    numbers.sort()
    const order = new Uint32Array(numbers.length)
    for (let i = 0; i < order.length; i++) {
      const number = numbers[i]!
      order[i] = number - Math.floor(number / sortedMax) * sortedMax
    }
    this.#orderLowHalves(order)
    return order
  }

  #orderLowHalves(order: Uint32Array): void {
    const [high, low] = [this.#high, this.#low]
    for (let from = 0; from < order.length;) {
      let to = from + 1
      let isOrdered = true
      for (; to < order.length && high[order[to]!] === high[order[from]!]; to++)
        isOrdered &&= low[order[to - 1]!]! <= low[order[to]!]!
      if (!isOrdered) order.subarray(from, to).sort((a, b) => low[a]! - low[b]! || a - b)
      from = to
    }
  }

  #grow(): void {
    const capacity = Math.max(1024, this.#size * 2)
    const [high, low, sequences] = [this.#high, this.#low, this.#sequences]
    this.#high = new Int32Array(capacity)
    this.#low = new Uint32Array(capacity)
    this.#sequences = new Float64Array(capacity)
    this.#high.set(high)
    this.#low.set(low)
    this.#sequences.set(sequences)
  }
}

function sequenceAt(view: DataView, at: number): number {
  return view.getUint16(at + 8) * 2 ** 32 + view.getUint32(at + 10)
}

type Run = { readonly number: number; readonly first: number; readonly receipts: number }

/** The keys of one batch, one list for each kind. */
export type BatchKeys = {
  readonly segment: number
  /** The first sequence. */
  readonly first: number
  readonly receipts: number
  readonly keys: { readonly [kind in KeyKind]: Keys }
}

/** Writes the keys of a batch inside a transaction of the caller. */
export function createKeyWriter(database: Database): (batch: BatchKeys) => void {
  const runs = database.prepare('SELECT number, first, receipts FROM runs WHERE segment = ? ORDER BY number')
  const newest = database.prepare('SELECT MAX(number) AS number FROM runs')
  const insertRun = database.prepare('INSERT INTO runs VALUES (?, ?, ?, ?)')
  const insertChunk = database.prepare('INSERT INTO chunks VALUES (NULL, ?, ?, ?, ?, ?)')
  const chunks = database.prepare('SELECT entries FROM chunks WHERE run = ? AND kind = ? ORDER BY id')
  const drop = createRunDropper(database)
  return ({ segment, first, receipts, keys }) => {
    const known = runs
      .all(segment)
      .map((row) => ({ number: Number(row['number']), first: Number(row['first']), receipts: Number(row['receipts']) }))
    const merged = findMerged(known, receipts)
    const number = Number(newest.find()?.['number'] ?? 0) + 1
    const total = merged.reduce((sum, run) => sum + run.receipts, receipts)
    for (const kind of kinds) {
      const all = merged.length === 0 ? keys[kind] : mergeKeys(chunks, { runs: merged, kind, newest: keys[kind] })
      insertSorted(insertChunk, { run: number, kind, entries: all.sorted() })
    }
    for (const run of merged) drop(run.number)
    insertRun.run(number, segment, merged[0]?.first ?? first, total)
  }
}

/** Removes a run inside a transaction of the caller. */
export function createRunDropper(database: Database): (run: number) => void {
  const [dropRun, dropChunks] = ['runs WHERE number = ?', 'chunks WHERE run = ?'].map((what) =>
    database.prepare(`DELETE FROM ${what}`),
  )
  return (run) => {
    dropChunks!.run(run)
    dropRun!.run(run)
  }
}

/** A size up to a factor. */
function sizeClass(receipts: number): number {
  return Math.floor(Math.log2(Math.max(1, receipts)) / Math.log2(fanOut))
}

/** The last runs that become one with a new one: all that are smaller, and so many of its size that there would be too many. */
function findMerged(runs: readonly Run[], receipts: number): readonly Run[] {
  let start = runs.length
  for (let total = receipts; ;) {
    const size = sizeClass(total)
    const before = runs[start - 1]
    const equals = runs.slice(Math.max(0, start - fanOut + 1), start)
    const isFull = equals.length === fanOut - 1 && equals.every((run) => sizeClass(run.receipts) === size)
    const next =
      before !== undefined && sizeClass(before.receipts) < size ? start - 1 : isFull ? start - fanOut + 1 : start
    const sum = runs.slice(next, start).reduce((added, run) => added + run.receipts, total)
    if (next === start || sum > mergedMax) return runs.slice(start)
    start = next
    total = sum
  }
}

function mergeKeys(
  chunks: Statement,
  { runs, kind, newest }: { readonly runs: readonly Run[]; readonly kind: KeyKind; readonly newest: Keys },
): Keys {
  const all = new Keys(newest.size * 2)
  for (const { number } of runs) for (const { entries } of chunks.all(number, kind)) all.addChunk(entries as Uint8Array)
  all.addChunk(newest.sorted())
  return all
}

function insertSorted(
  insert: Statement,
  { run, kind, entries }: { readonly run: number; readonly kind: KeyKind; readonly entries: Uint8Array },
): void {
  const view = new DataView(entries.buffer)
  for (let at = 0; at < entries.length; at += chunkEntries * entryBytes)
    insert.run(
      run,
      kind,
      view.getBigInt64(at),
      sequenceAt(view, at),
      entries.subarray(at, at + chunkEntries * entryBytes),
    )
}

export type Look = {
  readonly kind: KeyKind
  readonly key: bigint
  /** Only what came before this sequence. */
  readonly before: number
}

/** Finds sequences by a key, the newest first. Each step reads at most one chunk. */
export function createKeyFinder(database: Database): (look: Look) => Generator<number, void, undefined> {
  const runs = database.prepare('SELECT number FROM runs WHERE first < ? ORDER BY number DESC')
  const last = database.prepare(
    'SELECT entries FROM chunks WHERE run = ? AND kind = ? AND (key, sequence) <= (?, ?) ORDER BY key DESC, sequence DESC LIMIT 1',
  )
  function* search(run: number, { kind, key, before }: Look): Generator<number, void, undefined> {
    for (let bound = before; ;) {
      const entries = last.find(run, kind, key, bound - 1)?.['entries'] as Uint8Array | undefined
      if (entries === undefined) return
      const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength)
      for (let at = entries.length - entryBytes; at >= 0; at -= entryBytes) {
        const found = view.getBigInt64(at)
        const sequence = sequenceAt(view, at)
        if (found < key) return
        if (found > key || sequence >= bound) continue
        bound = sequence
        yield sequence
      }
    }
  }
  return function* (look) {
    for (const { number } of runs.all(look.before)) yield* search(Number(number), look)
  }
}
