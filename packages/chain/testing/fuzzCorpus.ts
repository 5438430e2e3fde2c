// The corpus of a parser under fuzz: inputs that led to an outcome of their own, in a file of vectors/fuzz.

type Built = {
  readonly URL: new (path: string, from: string) => object
  readonly process: {
    readonly env: { readonly [name: string]: string | undefined }
    getBuiltinModule(name: 'node:fs'): {
      existsSync(path: object): boolean
      readFileSync(path: object, encoding: 'utf8'): string
      writeFileSync(path: object, text: string): void
      writeSync(file: number, text: string): void
    }
    getBuiltinModule(name: 'node:timers/promises'): { setImmediate(this: void): Promise<void> }
  }
}
// The chain knows no machine, and its types name none: only here, for tests, it is asked for.
const { process, URL } = globalThis as unknown as Built
const here = (import.meta as unknown as { readonly url: string }).url
const files = process.getBuiltinModule('node:fs')
const standardError = 2

/** What `npm run fuzz` asks for; absent in every other run of the tests. */
export const asked = {
  runs: process.env['FUZZ_INPUTS'] ?? process.env['FUZZ_RUNS'],
  seed: process.env['FUZZ_SEED'],
}

/** Lets what waits go on: a runner whose tests answer to nothing for a minute gives them up. */
export const takeTurns = process.getBuiltinModule('node:timers/promises').setImmediate

/** Says how far a long run is. */
export function tell(line: string): void {
  if (asked.runs !== undefined) files.writeSync(standardError, `${line}\n`)
}

function fileOf(name: string): object {
  return new URL(`../../../vectors/fuzz/${name}.json`, here)
}

/** The inputs of a file: text where it is one byte for one character and printable, else 0x and hexadecimal digits. */
export function readCorpus(name: string): readonly Uint8Array[] {
  if (!files.existsSync(fileOf(name))) return []
  const entries = JSON.parse(files.readFileSync(fileOf(name), 'utf8')) as readonly string[]
  return entries.map((entry) =>
    entry.startsWith('0x')
      ? Uint8Array.from(entry.slice(2).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
      : Uint8Array.from(entry, (letter) => letter.charCodeAt(0)),
  )
}

/** An input as it stands in a file. */
export function entryOf(input: Uint8Array): string {
  const isText = input.every((byte) => byte >= 32 && byte < 127) && !(input[0] === 48 && input[1] === 120)
  if (isText) return String.fromCharCode(...input)
  return `0x${Array.from(input, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/** Keeps inputs for all later runs; `npm run fuzz` alone does it. */
export function writeCorpus(name: string, inputs: readonly Uint8Array[]): void {
  if (asked.runs === undefined) return
  files.writeFileSync(fileOf(name), `${JSON.stringify(inputs.map(entryOf).toSorted(), undefined, 1)}\n`)
}
