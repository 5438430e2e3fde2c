// One seeded source of chance for a whole run, split by name, so that a new actor does not change what the others do.
import { Hash } from '@turnpike/chain/wire'

/** Seeded chance. */
export type Random = {
  /** A whole number from 0 to `below` - 1. */
  int(below: number): number
  /** True in so many of a hundred cases. */
  percent(chance: number): boolean
  /** One of the list. */
  pick<T>(list: readonly T[]): T
  /** A number whose length in bits is even more likely to be small than large: 0 to 2^bits - 1. */
  units(bits: number): bigint
  bytes(length: number): Uint8Array
  hash(): Hash.Hash
  /** Another source, decided by this one's seed and the name alone. */
  split(name: string): Random
}

/** The 32-bit FNV-1a hash of a text, begun with a number. */
function mix(from: number, text: string): number {
  let hash = (from ^ 0x811c9dc5) >>> 0
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  return hash
}

/** sfc32 by Chris Doty-Humphrey: small, fast, passes PractRand; four words of state from a seed and a name. */
function createWords(seed: number, name: string): () => number {
  let a = mix(seed, `${name}/a`)
  let b = mix(seed, `${name}/b`)
  let c = mix(seed, `${name}/c`)
  let counter = 1
  const next = (): number => {
    const word = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + word) | 0
    return word >>> 0
  }
  for (let i = 0; i < 15; i++) next()
  return next
}

/** The source of a seed; `name` tells it from others of the same seed. */
export function createRandom(seed: number, name = 'root'): Random {
  const next = createWords(seed, name)
  const int = (below: number): number => Math.floor((next() / 2 ** 32) * below)
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => next() & 255)
  return {
    int,
    percent: (chance) => int(100) < chance,
    pick: <T>(list: readonly T[]): T => {
      if (list.length === 0) throw new Error('Nothing to pick from.')
      return list[int(list.length)] as T
    },
    units(bits) {
      let value = 0n
      for (let i = int(bits + 1); i > 0; i--) value = value * 2n + BigInt(next() & 1)
      return value
    },
    bytes,
    hash: () => Hash.fromBytes(bytes(32)),
    split: (child) => createRandom(seed, `${name}/${child}`),
  }
}
