// `npm run fuzz -- [--runs N] [--seed N] [FILE ...]`: every fuzz file, N runs for each property (or TURNPIKE_FUZZ_RUNS). What is found
// joins vectors/fuzz.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runProgram } from './launcher/program.mjs'

const DEFAULT_RUNS = process.env['TURNPIKE_FUZZ_RUNS'] ?? '10000'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: DEFAULT_RUNS }, seed: { type: 'string' } },
})

process.env['FUZZ_RUNS'] = values.runs
if (values.seed !== undefined) process.env['FUZZ_SEED'] = values.seed
process.exitCode = await runProgram({ root, name: 'vitest', args: ['run', ...positionals] })
