// The simulator in continuous integration: a few seeds that stay, one that is new each time, and that a seed is the whole of a run.
import { describe, expect, it } from 'vitest'
import { simulate } from './simulate.ts'

const blocks = Number(process.env['SIM_BLOCKS'] ?? 1_500)
const fresh = Number(process.env['SIM_SEED'] ?? Date.now() % 2 ** 32)

describe('a simulated chain', () => {
  it.each([1, 2, 3, fresh])('keeps every promise for seed %i', { timeout: 120_000 }, (seed) => {
    const { operations, coverage } = simulate({ seed, blocks })
    expect(operations).toBeGreaterThan(blocks)
    expect([...coverage.keys()].filter((name) => name.endsWith(': receipt')).length).toBeGreaterThan(4)
  })

  it('is the same for the same seed, block by block', () => {
    const run = (): readonly string[] => {
      const hashes: string[] = []
      simulate({ seed: 7, blocks: 150, onBlock: (appHash) => void hashes.push(appHash) })
      return hashes
    }
    expect(run()).toEqual(run())
  })
})
