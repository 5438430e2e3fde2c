// Fuzzing of parsers: inputs are changed at random from a corpus, and whatever leads to an outcome that was not seen yet joins it.
// The corpus lies in vectors/fuzz, a file for each parser; every run tries it again, and `npm run fuzz` adds to it.

/** A parser under fuzz. */
export type ParserFuzz = {
  /** Names the file of its corpus. */
  readonly name: string
  /** Inputs that are known to be good. */
  readonly seeds: readonly Uint8Array[]
  /** Pieces that its inputs are made of, put in at random. */
  readonly pieces?: readonly Uint8Array[]
  /** What comes of an input, in a few words that tell kinds apart and not inputs. Throws where the parser breaks its promise. */
  readonly judge: (input: Uint8Array) => string
}

type Built = {
  readonly URL: new (path: string, from: string) => object
  readonly process: {
    readonly env: { readonly [name: string]: string | undefined }
    getBuiltinModule(name: 'node:fs'): {
      existsSync(path: object): boolean
      readFileSync(path: object, encoding: 'utf8'): string
      writeFileSync(path: object, text: string): void
    }
  }
}
// The chain knows no machine, and its types name none: only here, for tests, it is asked for.
const { process, URL } = globalThis as unknown as Built
const here = (import.meta as unknown as { readonly url: string }).url
const files = process.getBuiltinModule('node:fs')

/** How many inputs a parser gets in every run of the tests. */
const runsDefault = 2_000
/** The most inputs of one corpus: a message that quotes its input would fill any. */
const corpusMax = 64
const inputMax = 4_096
const changesMax = 4

function fileOf(name: string): object {
  return new URL(`../../../vectors/fuzz/${name}.json`, here)
}

/** Inputs as they lie in the file: text where it is one byte for one character and printable, else 0x and hexadecimal digits. */
function readCorpus(name: string): readonly Uint8Array[] {
  if (!files.existsSync(fileOf(name))) return []
  const entries = JSON.parse(files.readFileSync(fileOf(name), 'utf8')) as readonly string[]
  return entries.map((entry) =>
    entry.startsWith('0x')
      ? Uint8Array.from(entry.slice(2).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
      : Uint8Array.from(entry, (letter) => letter.charCodeAt(0)),
  )
}

function entryOf(input: Uint8Array): string {
  const isText = input.every((byte) => byte >= 32 && byte < 127) && !(input[0] === 48 && input[1] === 120)
  if (isText) return String.fromCharCode(...input)
  return `0x${Array.from(input, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

function writeCorpus(name: string, inputs: readonly Uint8Array[]): void {
  if (process.env['FUZZ_RUNS'] === undefined) return
  files.writeFileSync(fileOf(name), `${JSON.stringify(inputs.map(entryOf).toSorted(), undefined, 1)}\n`)
}

/** Numbers from a seed (xorshift). */
function createChance(seed: number): (below: number) => number {
  let state = seed | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

type Chance = ReturnType<typeof createChance>

function put(
  input: readonly number[],
  { at, remove, add }: { at: number; remove: number; add: readonly number[] },
): number[] {
  return [...input.slice(0, at), ...add, ...input.slice(at + remove)]
}

function change(
  input: Uint8Array,
  { chance, pool, pieces }: { chance: Chance; pool: readonly Uint8Array[]; pieces: readonly Uint8Array[] },
): Uint8Array {
  let bytes = [...input]
  for (let left = 1 + chance(changesMax); left > 0; left--) {
    const at = chance(bytes.length + 1)
    const kind = chance(pieces.length > 0 ? 7 : 6)
    const other = pool[chance(pool.length)]!
    const from = chance(other.length + 1)
    if (kind === 0) bytes = put(bytes, { at, remove: 1, add: [chance(256)] })
    else if (kind === 1) bytes = put(bytes, { at, remove: 1, add: [(bytes[at] ?? 0) ^ (1 << chance(8))] })
    else if (kind === 2) bytes = put(bytes, { at, remove: chance(20), add: [] })
    else if (kind === 3) bytes = put(bytes, { at, remove: 0, add: bytes.slice(at, at + chance(40)) })
    else if (kind === 4)
      bytes = put(bytes, { at, remove: chance(20), add: Array.from(other.subarray(from, from + chance(40))) })
    else if (kind === 5) bytes = put(bytes, { at, remove: 1, add: [[0, 1, 127, 128, 254, 255][chance(6)]!] })
    else bytes = put(bytes, { at, remove: chance(3), add: [...pieces[chance(pieces.length)]!] })
  }
  return Uint8Array.from(bytes.slice(0, inputMax))
}

/**
 * Tries the corpus and then as many changed inputs as FUZZ_RUNS says; gives the outcomes that were met.
 *
 * @throws Error with the input when the parser breaks its promise; by `npm run fuzz` it is in the corpus then.
 */
export function fuzzParser({ name, seeds, pieces = [], judge }: ParserFuzz): ReadonlySet<string> {
  const corpus = [...readCorpus(name)]
  const pool = [...seeds, ...corpus]
  const seen = new Set<string>()
  const seed = Number(process.env['FUZZ_SEED'] ?? 1 + Math.floor(Math.random() * 2_147_483_646))
  const tryOne = (input: Uint8Array): string => {
    try {
      return judge(input)
    } catch (cause) {
      writeCorpus(name, [...corpus, input])
      throw new Error(`${name} breaks its promise on ${entryOf(input)} (seed ${seed})`, { cause })
    }
  }
  for (const input of pool) seen.add(tryOne(input))
  const chance = createChance(seed)
  const known = corpus.length
  for (let left = Number(process.env['FUZZ_RUNS'] ?? runsDefault); left > 0; left--) {
    const input = change(pool[chance(pool.length)]!, { chance, pool, pieces })
    const outcome = tryOne(input)
    if (seen.has(outcome)) continue
    seen.add(outcome)
    if (corpus.length >= corpusMax) continue
    corpus.push(input)
    pool.push(input)
  }
  if (corpus.length > known) writeCorpus(name, corpus)
  return seen
}
