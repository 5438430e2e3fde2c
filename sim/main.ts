// `npm run sim`: simulates, says what was reached and what never was, and at the first finding how to repeat it.
//   -- [--seed N] [--blocks N] [--runs N]        the core alone: blocks of people's operations, judged one by one;
//                                                with --seconds N no seed is begun after so long
//   -- --node [--seed N] [--acts N] [--runs N]   a whole node among faults
//   -- --node [--seed N] --crash N|all           a short story, in which the node dies at that step, or once at each
import { parseArgs } from 'node:util'
import { installHashes } from '@turnpike/chain/wire'
import { printCoverage, type Coverage } from './coverage.ts'
import { hashes } from './machine/machine.ts'
import { simulateDeath, simulateNode } from './node/simulateNode.ts'
import { simulate, simulateSeeds } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    blocks: { type: 'string', default: '2000' },
    runs: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '1000000' },
    node: { type: 'boolean', default: false },
    acts: { type: 'string', default: '300' },
    crash: { type: 'string' },
  },
})

function whole(name: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 32) return value
  console.error(`--${name} must be a whole number from 0 to 4294967295, not ${text}.`)
  process.exit(2)
}

const first = whole('seed', values.seed ?? String(Date.now() % 2 ** 32))
const runs = whole('runs', values.runs)
const coverage: Coverage = new Map()
const since = (started: number): number => performance.now() - started

function runCore(seed: number): void {
  const blocks = whole('blocks', values.blocks)
  const started = performance.now()
  const { operations, coverage: reached, appHash } = simulate({ seed, blocks })
  for (const [name, count] of reached) coverage.set(name, (coverage.get(name) ?? 0) + count)
  const rate = Math.round((blocks * 1_000) / since(started))
  console.log(`seed ${seed}: ${blocks} blocks, ${operations} operations, ${rate} blocks/s, ${appHash}`)
}

/** Many seeds, without the stacks of what goes wrong. */
function runSeeds(): void {
  const blocks = whole('blocks', values.blocks)
  const started = performance.now()
  const withinMs = 1_000 * whole('seconds', values.seconds)
  const done = simulateSeeds({ seed: first, blocks, runs, withinMs, now: () => performance.now() })
  for (const [name, count] of done.coverage) coverage.set(name, count)
  const total = done.runs * blocks
  const rate = Math.round((total * 1_000) / since(started))
  console.log(`seeds ${first} to ${first + done.runs - 1}: ${total} blocks, ${rate} blocks/s`)
}

async function runNode(seed: number): Promise<void> {
  const started = performance.now()
  const { blocks, steps, lives } = await simulateNode({ seed, acts: whole('acts', values.acts), coverage })
  const time = Math.round(since(started))
  console.log(`seed ${seed}: ${blocks} blocks, ${steps} steps, ${lives} lives, ${time} ms`)
}

/** The story once without a death, to count its steps, and then once for each of them. */
async function sweep(seed: number): Promise<void> {
  const { told } = await simulateDeath({ seed, acts: 0, crashAt: Infinity, coverage })
  for (let crashAt = 1; crashAt <= told; crashAt++) await simulateDeath({ seed, acts: 0, crashAt, coverage })
  console.log(`seed ${seed}: died at each of ${told} steps`)
}

try {
  installHashes(hashes)
  if (!values.node && runs > 1) runSeeds()
  else
    for (let seed = first; seed < first + runs; seed++) {
      if (!values.node) runCore(seed)
      else if (values.crash === 'all') await sweep(seed)
      else if (values.crash === undefined) await runNode(seed)
      else await simulateDeath({ seed, acts: 0, crashAt: whole('crash', values.crash), coverage })
    }
  printCoverage(coverage, values.node ? 'node' : 'core', console.log)
} catch (error) {
  console.error(
    error instanceof Error ? `${error.message}${error.cause instanceof Error ? `\n${error.cause.stack}` : ''}` : error,
  )
  process.exit(1)
}
