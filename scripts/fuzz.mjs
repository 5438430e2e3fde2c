// `npm run fuzz -- [--runs N] [--inputs N] [--seed N] [FILE ...]`: every fuzz file, N runs for each property (or TURNPIKE_FUZZ_RUNS).
// With --inputs only those of parsers with a corpus, and N inputs shared out among these. What is found joins vectors/fuzz. Files run
// side by side, on the cores there are.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runProgram } from './launcher/program.mjs'

const DEFAULT_RUNS = process.env['TURNPIKE_FUZZ_RUNS'] ?? '10000'
/** Each is a parser with a corpus. */
const parserCall = /\bfuzz(?:Json)?Parser\(\{/g

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: DEFAULT_RUNS }, inputs: { type: 'string' }, seed: { type: 'string' } },
})

/** @returns {readonly string[]} the files to run */
const shareInputs = (/** @type {string} */ inputs) => {
  const parsers = globSync('{packages,test}/**/*.fuzz.ts', { cwd: root, exclude: ['**/node_modules/**'] })
    .filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)))
    .map((file) => ({ file, count: readFileSync(join(root, file), 'utf8').match(parserCall)?.length ?? 0 }))
    .filter(({ count }) => count > 0)
  const all = parsers.reduce((sum, { count }) => sum + count, 0)
  const share = Math.ceil(Number(inputs) / all)
  console.error(`${all} parsers, ${share} inputs for each`)
  process.env['FUZZ_INPUTS'] = String(share)
  return parsers.map(({ file }) => file)
}

process.env['FUZZ_RUNS'] = values.runs
if (values.seed !== undefined) process.env['FUZZ_SEED'] = values.seed
const files = values.inputs === undefined ? positionals : shareInputs(values.inputs)
process.exitCode = await runProgram({ root, name: 'vitest', args: ['run', ...files] })
