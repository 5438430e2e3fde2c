// The simulator of the core in continuous integration: two seeds that stay, as many fresh ones as there is time for, and that a seed
// is the whole of a run.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { installHashes } from '@turnpike/chain/wire'
import { beforeAll, describe, expect, it } from 'vitest'
import { hashes } from './machine/machine.ts'
import { simulate } from './simulate.ts'

/** Blocks of a fresh seed. */
const blocks = 250
/** CI takes a hundred thousand blocks, or what fits; by hand `SIM_RUNS=4000 SIM_SECONDS=9999` makes a million. */
const runs = Number(process.env['SIM_RUNS'] ?? 400)
const seconds = Number(process.env['SIM_SECONDS'] ?? 180)
const program = fileURLToPath(new URL('main.ts', import.meta.url))
const fresh = Number(process.env['SIM_SEED'] ?? Date.now() % 2 ** 31)
const timeout = 7_200_000

beforeAll(() => installHashes(hashes))

describe('a simulated chain', () => {
  it.each([1, 2])('keeps every promise for seed %i, for long', { timeout }, (seed) => {
    const { operations } = simulate({ seed, blocks: 600 })
    expect(operations).toBeGreaterThan(600)
  })

  // In a process of its own: there the modules run as they are, several times as fast as in the runner.
  it(`keeps every promise for seeds from ${fresh} on`, { timeout }, async () => {
    const arguments_ = ['--seed', fresh, '--blocks', blocks, '--runs', runs, '--seconds', seconds].map(String)
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...arguments_])
    const [, total = '0'] = /: ([0-9]+) blocks, [0-9]+ blocks\/s/.exec(stdout) ?? []
    process.stdout.write(`${stdout.split('\n')[0]}\n`)
    expect(Number(total)).toBeGreaterThan(0)
    // With few seeds a rare message may have had no chance.
    if (Number(total) > 100 * blocks) expect(stdout).not.toMatch(/never .*: receipt/)
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
