// Finds a row's slot by its key: an open-addressing index of 256 sub-tables, so that none grows with a long pause.
// Seeded per process against chosen keys; the seed and the order of probing are never visible outside.

const subTables = 256

/** HalfSipHash-1-3 over words: a keyed hash whose collisions can't be chosen without the seed. */
export function hashWords(words: Uint32Array, count: number, seed0: number, seed1: number): number {
  let v0 = seed0
  let v1 = seed1
  let v2 = 0x6c796765 ^ seed0
  let v3 = 0x74656462 ^ seed1
  for (let i = 0; i <= count + 3; i++) {
    const word = i < count ? words[i]! : i === count ? count << 26 : 0
    if (i === count + 1) v2 ^= 0xff
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
  }
  return (v1 ^ v3) >>> 0
}

/** Places of two words, slot + 1 (0: free) and hash: side by side, so that a look at a place waits for memory once. */
type SubTable = { places: Uint32Array; mask: number; used: number }

export class RowIndex {
  readonly #tables: SubTable[] = Array.from({ length: subTables }, () => createSubTable(16))

  /** The slot whose hash is `hash` and for which `same` holds, or -1. */
  find(hash: number, same: (slot: number) => boolean): number {
    const { places, mask } = this.#tables[hash >>> 24]!
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const entry = places[at * 2]!
      if (entry === 0) return -1
      if (places[at * 2 + 1] === hash && same(entry - 1)) return entry - 1
    }
  }

  /** Adds a slot that is known to be absent. */
  add(hash: number, slot: number): void {
    let table = this.#tables[hash >>> 24]!
    if ((table.used + 1) * 4 > (table.mask + 1) * 3) table = this.#grow(hash >>> 24)
    put(table, hash, slot + 1)
    table.used++
  }

  /** Removes a slot that is known to be present, by backward shift: no tombstones. */
  remove(hash: number, slot: number): void {
    const table = this.#tables[hash >>> 24]!
    const { places, mask } = table
    let hole = hash & mask
    while (places[hole * 2] !== slot + 1) hole = (hole + 1) & mask
    for (let at = (hole + 1) & mask; places[at * 2] !== 0; at = (at + 1) & mask) {
      const home = places[at * 2 + 1]! & mask
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      places[hole * 2] = places[at * 2]!
      places[hole * 2 + 1] = places[at * 2 + 1]!
      hole = at
    }
    places[hole * 2] = 0
    table.used--
  }

  #grow(index: number): SubTable {
    const old = this.#tables[index]!
    const table = createSubTable((old.mask + 1) * 2)
    table.used = old.used
    for (let at = 0; at <= old.mask; at++)
      if (old.places[at * 2] !== 0) put(table, old.places[at * 2 + 1]!, old.places[at * 2]!)
    this.#tables[index] = table
    return table
  }
}

function createSubTable(size: number): SubTable {
  return { places: new Uint32Array(size * 2), mask: size - 1, used: 0 }
}

function put({ places, mask }: SubTable, hash: number, entry: number): void {
  let at = hash & mask
  while (places[at * 2] !== 0) at = (at + 1) & mask
  places[at * 2] = entry
  places[at * 2 + 1] = hash
}
