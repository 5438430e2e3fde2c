// `npm run sim -- [--seed N] [--blocks N] [--runs N]`: simulates, says what was reached, and at the first finding how to repeat it.
import { parseArgs } from 'node:util'
import { simulate, type Coverage } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    blocks: { type: 'string', default: '2000' },
    runs: { type: 'string', default: '1' },
  },
})

function whole(name: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 32) return value
  console.error(`--${name} must be a whole number from 0 to 4294967295, not ${text}.`)
  process.exit(2)
}

function printCoverage(coverage: Coverage): void {
  for (const [name, count] of [...coverage].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`${String(count).padStart(9)}  ${name}`)
}

const first = whole('seed', values.seed ?? String(Date.now() % 2 ** 32))
const blocks = whole('blocks', values.blocks)
const runs = whole('runs', values.runs)
const total: Coverage = new Map()
try {
  for (let seed = first; seed < first + runs; seed++) {
    const started = performance.now()
    const { operations, coverage, appHash } = simulate({ seed, blocks })
    for (const [name, count] of coverage) total.set(name, (total.get(name) ?? 0) + count)
    const perSecond = Math.round((blocks * 1_000) / (performance.now() - started))
    console.log(`seed ${seed}: ${blocks} blocks, ${operations} operations, ${perSecond} blocks/s, ${appHash}`)
  }
  printCoverage(total)
} catch (error) {
  console.error(
    error instanceof Error ? `${error.message}${error.cause instanceof Error ? `\n${error.cause.stack}` : ''}` : error,
  )
  process.exit(1)
}
