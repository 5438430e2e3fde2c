// How tests run, for `npm test` and `npm run fuzz` alike: from source, on at most the machine's cores,
// with a plain closing line. FUZZ_RUNS set means: only the fuzz files, that many runs for each property.
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { ClosingLine } from './scripts/reporter.ts'

const SOURCE_CONDITION = '@turnpike/source'
const MAX_WORKERS = 4
const TEST_TIMEOUT_MS = 120_000
const FUZZ_TIMEOUT_MS = 3_600_000

const isFuzzing = process.env['FUZZ_RUNS'] !== undefined
const folders = '{packages,test,sim,bench,scripts,examples}'

// The programs and workers that tests start read our packages from source as the tests do.
if (!process.env['NODE_OPTIONS']?.includes(SOURCE_CONDITION)) {
  process.env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} --conditions=${SOURCE_CONDITION}`.trim()
}

export default defineConfig({
  ssr: { resolve: { conditions: [SOURCE_CONDITION, 'module', 'node', 'development|production'] } },
  test: {
    include: isFuzzing
      ? [`${folders}/**/*.fuzz.ts`]
      : [`${folders}/**/*.test.ts`, `${folders}/**/*.test.tsx`, `${folders}/**/*.fuzz.ts`],
    exclude: ['**/node_modules/**', '**/dist/**', '.turnpike/**'],
    setupFiles: ['scripts/stopWithRunner.ts', ...(isFuzzing ? ['scripts/fuzzBudget.ts'] : [])],
    reporters: ['default', new ClosingLine()],
    maxWorkers: Math.min(MAX_WORKERS, availableParallelism()),
    testTimeout: isFuzzing ? FUZZ_TIMEOUT_MS : TEST_TIMEOUT_MS,
    hookTimeout: TEST_TIMEOUT_MS,
  },
})
