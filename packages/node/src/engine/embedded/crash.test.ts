// The engine on a disk that dies: at every call that changes something, those of checkpoints included, with the last write torn in
// every way a seed picks. What was acknowledged is there after the restart, once; what was not may be there or not, but never in part.
import { findNonce } from '@turnpike/chain'
import { person } from '@turnpike/chain/testing'
import type { Address, Op } from '@turnpike/chain/wire'
import { expect, it } from 'vitest'
import { app, authorize, drip, genesisAt, signersOf, signingFor } from '../../../testing/givenNode.ts'
import { createManualClock } from '../../../testing/manualClock.ts'
import { createMemoryDisk } from '../../../testing/memoryDisk.ts'
import type { Death, MemoryDisk } from '../../../testing/memoryDisk.ts'
import { createNearThreads } from '../../../testing/nearThreads.ts'
import { createMachine } from '../../machine/createMachine.ts'
import type { Engine } from '../Engine.ts'
import { openEmbeddedEngine } from './openEmbeddedEngine.ts'

const begin = 1_800_000_000_000
const genesis = genesisAt(begin)
const clock = createManualClock(begin + 1_000)
const signing = signingFor(genesis, () => clock.now())
const machine = await createMachine({ level: 'error' })
const [alice, bob] = [person('alice'), person('bob')]
const given = 1_000_000n
/** The first funds; the others are paid in waves that share blocks. */
const ops: readonly Op[] = [
  drip(signing, alice, given),
  ...Array.from({ length: 17 }, (_, i) => authorize(signing, { from: alice, to: bob, amount: BigInt(i + 1) })),
]
/** Who signed each, by the reference verifier, which takes its time. */
const signers = new Map(ops.map((op) => [op, signersOf(op)]))
const waves = [ops.slice(0, 1), ops.slice(1, 2), ops.slice(2, 9), ops.slice(9, 11), ops.slice(11)]

function open(disk: MemoryDisk): Promise<Engine> {
  const threads = createNearThreads({ ...machine, clock, disk })
  const parts = { ...machine, clock, disk, threads }
  return openEmbeddedEngine({
    app,
    genesis,
    home: '/home',
    machine: parts,
    segmentBytes: 65_536,
    checkpointBytes: 2_500,
    redoBytes: 1_500,
    onFatal: () => undefined,
  })
}

/** Lets everything that can still happen on a dead disk happen. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await machine.clock.turn()
}

/** Runs the scenario until it is over or the disk dies; answers what was acknowledged by then. */
async function run(disk: MemoryDisk): Promise<ReadonlyMap<Op, number>> {
  const acknowledged = new Map<Op, number>()
  const story = async (): Promise<void> => {
    const engine = await open(disk)
    for (const wave of waves) {
      await Promise.all(
        wave.map(async (op) => {
          const receipt = await engine.submit(op, signers.get(op)!)
          if ('sequence' in receipt) acknowledged.set(op, receipt.sequence)
        }),
      )
      await settle() // What goes on beside the blocks has its turn, too.
    }
    await engine.close()
  }
  await Promise.race([story(), died(disk)])
  return acknowledged
}

async function died(disk: MemoryDisk): Promise<void> {
  while (!disk.isDead()) await machine.clock.turn()
  await settle()
}

function available(engine: Engine, account: Address.Address, asset: string): bigint {
  const answer = engine.app.queries.get('bank/balance')!.run(engine.view(), { account, asset }) as {
    readonly available: string
  }
  return BigInt(answer.available)
}

/** Restarts on what survived, holds it against what was acknowledged, and hands everything in again. */
async function judge(disk: MemoryDisk, acknowledged: ReadonlyMap<Op, number>): Promise<void> {
  const engine = await open(createMemoryDisk(disk.files))
  expect(engine.state.head.receipts.size).toBeGreaterThanOrEqual(acknowledged.size)
  for (const [op, sequence] of acknowledged)
    expect(await engine.submit(op, signers.get(op)!)).toEqual({ repeats: sequence })
  for (const op of ops) await engine.submit(op, signers.get(op)!)
  const paid = ops.slice(1).reduce((sum, op) => sum + (op.message['value'] as bigint), 0n)
  const asset = ops[0]!.message['asset'] as string
  expect(available(engine, alice.address, asset)).toBe(given - paid)
  expect(engine.state.head.receipts.size).toBe(ops.length)
  for (const op of ops.slice(1)) {
    const key = { address: alice.address, asset: op.message['asset'] as Address.Address, nonce: op.message['nonce'] }
    expect(findNonce(engine.view(), key)?.state).toBe('settled')
  }
  await engine.close()
}

/** Pseudo-random bits of a seed: which sectors of the last write arrive. */
function tear(seed: number): (sector: number) => boolean {
  return (sector) => ((Math.imul(sector + 1, 0x9e37_79b1) ^ Math.imul(seed, 0x85eb_ca6b)) >>> 13) % 2 === 0
}

it(
  'T148 T161 dies at every call of the disk, in several ways, and comes back with what it said',
  { timeout: 120_000 },
  async () => {
    const calm = createMemoryDisk(new Map())
    expect((await run(calm)).size).toBe(ops.length)
    expect([...calm.files.keys()].filter((path) => /checkpoint-[0-9]+$/.test(path)).length).toBe(2)
    const calls = calm.calls()
    expect(calls).toBeGreaterThan(8)
    const deaths = Array.from({ length: calls }, (_, i) => i + 1).flatMap((atCall): readonly Death[] => [
      { atCall, arrives: () => false },
      { atCall, arrives: () => true },
      ...[1, 2].map((seed) => ({ atCall, arrives: tear(seed * 1_000 + atCall) })),
    ])
    for (const death of deaths) {
      const disk = createMemoryDisk(new Map(), death)
      await judge(disk, await run(disk))
    }
  },
)
