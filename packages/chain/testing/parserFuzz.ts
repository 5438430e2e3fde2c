// Fuzzing of parsers: inputs are changed at random from a corpus, and whatever leads to an outcome that was not seen yet joins it.
// The corpus lies in vectors/fuzz, a file for each parser; every run tries it again, and `npm run fuzz` adds to it.
import * as Text from '../src/codec/Text.ts'
import { asked, entryOf, readCorpus, takeTurns, tell, writeCorpus } from './fuzzCorpus.ts'

/** A class of errors that a parser may throw. */
export type ErrorClass = abstract new (...given: never[]) => Error

/** A parser under fuzz. */
export type ParserFuzz = {
  /** Names the file of its corpus. */
  readonly name: string
  /** Inputs that are known to be good. */
  readonly seeds: readonly Uint8Array[]
  /** Pieces that its inputs are made of, put in at random. */
  readonly pieces?: readonly Uint8Array[]
  /** What the parser may throw; anything else breaks its promise. */
  readonly errors?: readonly ErrorClass[]
  /** So many inputs of another parser take as long as one of this; it gets that much fewer. */
  readonly cost?: number
  /** What comes of an input, in a few words that tell kinds apart and not inputs. Throws where the parser breaks its promise. */
  readonly judge: (input: Uint8Array) => string | Promise<string>
}

/** The same of a parser that reads JSON; a text that is none never reaches it. */
export type JsonFuzz = Omit<ParserFuzz, 'seeds' | 'pieces' | 'judge'> & {
  readonly seeds: readonly unknown[]
  readonly judge: (json: unknown) => string | Promise<string>
}

/** How many inputs a parser gets in every run of the tests. */
const runsDefault = 1_000
/** The most inputs of one corpus: a message that quotes its input would fill any. */
const corpusMax = 64
const inputMax = 4_096
const changesMax = 4
const messageMax = 40
const turnAfter = 5_000
const tellings = 10

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

/** A message without what differs from input to input. */
function kindOf({ message }: Error): string {
  return message
    .replaceAll(/"[^]*"/g, '""')
    .replaceAll(/\d+/g, 'N')
    .slice(0, messageMax)
}

/**
 * Tries the corpus and then as many changed inputs as FUZZ_RUNS says; gives the outcomes that were met.
 *
 * @throws Error with the input when the parser breaks its promise; by `npm run fuzz` it is in the corpus then.
 */
export async function fuzzParser({
  name,
  seeds,
  pieces = [],
  errors = [],
  cost = 1,
  judge,
}: ParserFuzz): Promise<ReadonlySet<string>> {
  const corpus = [...readCorpus(name)]
  const pool = [...seeds, ...corpus]
  const seen = new Set<string>()
  const seed = Number(asked.seed ?? 1 + Math.floor(Math.random() * 2_147_483_646))
  const tryOne = async (input: Uint8Array): Promise<string> => {
    try {
      return await judge(input)
    } catch (cause) {
      const typed = errors.find((each): boolean => cause instanceof each)
      if (typed !== undefined) return kindOf(cause as Error)
      writeCorpus(name, [...corpus, input])
      throw new Error(`${name} breaks its promise on ${entryOf(input)} (seed ${seed})`, { cause })
    }
  }
  for (const input of pool) seen.add(await tryOne(input))
  const chance = createChance(seed)
  const known = corpus.length
  const runs = Math.ceil(Number(asked.runs ?? runsDefault) / cost)
  for (let run = 1; run <= runs; run++) {
    const input = change(pool[chance(pool.length)]!, { chance, pool, pieces })
    const outcome = await tryOne(input)
    if ((run * cost) % turnAfter < cost) await takeTurns()
    if (run % Math.ceil(runs / tellings) === 0 || run === runs)
      tell(`${name}: ${run} of ${runs} inputs, ${seen.size} outcomes`)
    if (seen.has(outcome)) continue
    seen.add(outcome)
    if (corpus.length >= corpusMax) continue
    corpus.push(input)
    pool.push(input)
  }
  if (corpus.length > known) writeCorpus(name, corpus)
  return seen
}

const jsonPieces = ['{', '}', '"', ',', ':', '[', ']', '"__proto__":', '0', '1', '-', '1e99', '"\\ud800"', 'null']
  .concat(['true', '"x"', '""', '{}', '[]', '"0x00"', '"-1"', '"01"', '"constructor":'])
  .map(Text.toBytes)

/** The same over JSON. @throws as `fuzzParser` does */
export async function fuzzJsonParser({ seeds, judge, ...rest }: JsonFuzz): Promise<ReadonlySet<string>> {
  return fuzzParser({
    ...rest,
    seeds: seeds.map((seed) => Text.toBytes(JSON.stringify(seed))),
    pieces: jsonPieces,
    judge(input) {
      let json: unknown
      try {
        json = JSON.parse(Text.decode(input) ?? '')
      } catch {
        return 'no JSON'
      }
      return judge(json)
    },
  })
}
