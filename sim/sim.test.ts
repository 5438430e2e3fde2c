// The simulator of the core in continuous integration: two seeds that stay, as many fresh ones as there is time for, and that a seed
// is the whole of a run.
import { installHashes } from '@turnpike/chain/wire'
import { beforeAll, describe, expect, it } from 'vitest'
import { neverReached } from './coverage.ts'
import { hashes } from './machine/machine.ts'
import { simulate, simulateSeeds } from './simulate.ts'

/** Blocks of a fresh seed. */
const blocks = 250
/** CI takes what fits; by hand `SIM_RUNS=4000 SIM_SECONDS=9999` makes a million blocks. */
const runs = Number(process.env['SIM_RUNS'] ?? 100_000)
const withinMs = 1_000 * Number(process.env['SIM_SECONDS'] ?? 35)
const fresh = Number(process.env['SIM_SEED'] ?? Date.now() % 2 ** 31)
const timeout = 7_200_000

beforeAll(() => installHashes(hashes))

describe('a simulated chain', () => {
  it.each([1, 2])('keeps every promise for seed %i, for long', { timeout }, (seed) => {
    const { operations } = simulate({ seed, blocks: 1_000 })
    expect(operations).toBeGreaterThan(1_000)
  })

  it(`keeps every promise for seeds from ${fresh} on`, { timeout }, () => {
    const begun = performance.now()
    const done = simulateSeeds({ seed: fresh, blocks, runs, withinMs, now: () => performance.now() })
    const seconds = (performance.now() - begun) / 1_000
    const total = done.runs * blocks
    process.stdout.write(
      `${total} blocks of ${done.runs} seeds from ${fresh}, ${Math.round(total / seconds)} a second\n`,
    )
    expect(done.runs).toBeGreaterThan(0)
    // With fewer seeds a message may have had no chance.
    if (done.runs > 100)
      expect(neverReached(done.coverage, 'core').filter((name) => name.endsWith(': receipt'))).toEqual([])
  })

  it('is the same for the same seed, block by block', () => {
    const run = (): readonly string[] => {
      const hashesOfBlocks: string[] = []
      simulate({ seed: 7, blocks: 150, onBlock: (appHash) => void hashesOfBlocks.push(appHash) })
      return hashesOfBlocks
    }
    expect(run()).toEqual(run())
  })
})
