// The simulator of the whole node in continuous integration: fresh seeds among faults, a death at every step of a short story, and the
// seeds that once found something.
import { describe, expect, it } from 'vitest'
import type { Coverage } from './coverage.ts'
import type { NodeRunOptions } from './node/run.ts'
import { simulateDeath, simulateLimit, simulateNode } from './node/simulateNode.ts'

/** CI takes few; by hand `SIM_NODE_RUNS=200 SIM_CRASH_EVERY=1` takes all. */
const runs = Number(process.env['SIM_NODE_RUNS'] ?? 6)
const every = Number(process.env['SIM_CRASH_EVERY'] ?? 5)
const fresh = Number(process.env['SIM_SEED'] ?? Date.now() % 2 ** 31)
const timeout = 3_600_000

describe('a whole node on a simulated machine', () => {
  it.each(Array.from({ length: runs }, (_, i) => fresh + i))(
    'T148 T161 keeps what it said and goes on, for seed %i',
    { timeout },
    async (seed) => {
      const coverage: Coverage = new Map()
      const { blocks } = await simulateNode({ seed, acts: 300, coverage })
      expect(blocks).toBeGreaterThan(0)
    },
  )

  it.each([
    [2, 'a payment verified on a chain whose holds end sooner than the seller waits'],
    [3, 'a verify that no chain with short holds allowed'],
    [7, 'a write of history that fails while nobody waits for it'],
  ])('stays well with seed %i: %s', { timeout }, async (seed) => {
    const coverage: Coverage = new Map()
    await simulateNode({ seed, acts: 300, coverage })
    expect([...coverage.keys()].some((name) => name.startsWith('fault: '))).toBe(true)
  })

  it('is the same for the same seed, step by step', { timeout }, async () => {
    const steps = async (): Promise<readonly string[]> => {
      const labels: string[] = []
      await simulateNode({ seed: 11, acts: 120, coverage: new Map(), onStep: (label) => void labels.push(label) })
      return labels
    }
    const first = await steps()
    expect(first.length).toBeGreaterThan(300)
    expect(await steps()).toEqual(first)
  })
})

describe('the audit', () => {
  /** Tries seeds until one of them finds something. */
  async function findWith(options: Pick<NodeRunOptions, 'flaw' | 'faults'>): Promise<string> {
    for (let seed = 1; seed <= 20; seed++) {
      const found = await simulateNode({ seed, acts: 100, coverage: new Map(), ...options }).catch(
        ({ message }: Error) => message,
      )
      if (typeof found === 'string') return found
    }
    return 'nothing'
  }

  it.each([
    ['zeros never arrive', 'the power fails, and the node is stopped as soon as it is back', /LogDamaged/],
    ['writes are told too early', 'the power fails under a block', /the log does not hold it|the log had/],
  ] as const)('T148 T161 notices a disk on which %s, when %s', { timeout }, async (flaw, fault, finding) => {
    expect(await findWith({ flaw, faults: [fault] })).toMatch(finding)
  })
})

describe('one payment, one delivery', () => {
  it('T25 also for a payer at the limit of his holds, over a restart', { timeout }, async () => {
    expect(await simulateLimit({ seed: 1, acts: 0, crashAt: Infinity, coverage: new Map() })).toBe(1)
  })
})

describe('a short story', () => {
  it('T25 T148 T161 ends well wherever the node dies in it', { timeout }, async () => {
    const coverage: Coverage = new Map()
    const { told } = await simulateDeath({ seed: fresh, acts: 0, crashAt: Infinity, coverage })
    expect(told).toBeGreaterThan(100)
    // Another residue each day, so that a few runs of CI have died at every step.
    for (let crashAt = 1 + (fresh % every); crashAt <= told; crashAt += every) {
      const { lives } = await simulateDeath({ seed: fresh, acts: 0, crashAt, coverage })
      expect(lives).toBeGreaterThan(1)
    }
  })
})
