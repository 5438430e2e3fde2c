// A disk that fills up: the node turns read-only before it is full and goes on by itself when there is room again. A disk
// that is truly full ends it in order, and the next start comes up read-only.
import { person } from '@turnpike/chain/testing'
import { describe, expect, it } from 'vitest'
import { app, charge, drip, genesisAt, hold, signersOf, signingFor } from '../../../testing/givenNode.ts'
import { createManualClock } from '../../../testing/manualClock.ts'
import { createMemoryDisk } from '../../../testing/memoryDisk.ts'
import { createNearThreads } from '../../../testing/nearThreads.ts'
import { createMachine } from '../../machine/createMachine.ts'
import type { Disk } from '../../machine/Machine.ts'
import type { Engine } from '../Engine.ts'
import { openEmbeddedEngine } from './openEmbeddedEngine.ts'

const begin = 1_800_000_000_000
const genesis = genesisAt(begin)
const real = await createMachine({ level: 'error' })
const clock = createManualClock(begin + 1_000)
const signing = signingFor(genesis, () => clock.now())
const [alice, bob] = [person('alice'), person('bob')]
const pollMs = 3_000
const threshold = 1_000_000

/** What a disk says that it has left, and whether nothing fits on it all the same. */
type Room = { free: number; isFull?: boolean }

function diskWith(room: Room, disk: Disk = createMemoryDisk(new Map())): Disk {
  return {
    ...disk,
    getFreeBytes: async () => room.free,
    async createFilled(options) {
      if (room.isFull === true) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
      await disk.createFilled(options)
    },
  }
}

const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined }

function open(disk: Disk, onFatal: (error: unknown) => void = raise): Promise<Engine> {
  const machine = { ...real, clock, disk, threads: createNearThreads({ ...real, clock, disk }), logger: quiet }
  return openEmbeddedEngine({
    app,
    genesis,
    home: '/home',
    machine,
    segmentBytes: 65_536,
    freeBytesMin: threshold,
    onFatal,
  })
}

function raise(error: unknown): never {
  throw error
}

const submit = (engine: Engine, op: ReturnType<typeof charge>): ReturnType<Engine['submit']> =>
  engine.submit(op, signersOf(op))
const pay = (): ReturnType<typeof charge> => charge(signing, { from: alice, to: bob, amount: 1n })

async function look(): Promise<void> {
  clock.move(pollMs)
  for (let i = 0; i < 5; i++) await real.clock.turn()
}

describe('a disk that is nearly full', () => {
  it('T161 makes the node read-only with a clear error, and nothing else; room makes it go on by itself', async () => {
    const room: Room = { free: threshold }
    const engine = await open(diskWith(room))
    await submit(engine, drip(signing, alice))
    expect(engine.status().readOnly).toBeUndefined()
    room.free = threshold - 1
    await look()
    const { height } = engine.status()
    expect(engine.status().readOnly).toContain(`${threshold - 1} bytes are free`)
    await expect(submit(engine, pay())).rejects.toMatchObject({ code: 'node/read_only', retry: 'later' })
    expect(engine.status()).toMatchObject({ state: 'running', height, waiting: 0 })
    await engine.durable()
    expect(engine.view().height).toBe(height)
    room.free = threshold
    await look()
    expect(await submit(engine, pay())).toMatchObject({ height: height + 1 })
    await engine.close()
  })

  it('T161 a start comes up read-only, and what fell due meanwhile is done when there is room', async () => {
    const room: Room = { free: 2 * threshold }
    const disk = createMemoryDisk(new Map())
    const before = await open(diskWith(room, disk))
    await submit(before, drip(signing, alice))
    await submit(before, hold(signing, { from: alice, to: bob, amount: 5n, holdMs: 1_000 }))
    await before.close()
    room.free = 0
    const engine = await open(diskWith(room, disk))
    const { height } = engine.status()
    await expect(submit(engine, pay())).rejects.toMatchObject({ code: 'node/read_only' })
    await look()
    expect(engine.status().height).toBe(height)
    room.free = 2 * threshold
    await look()
    await engine.durable()
    expect(engine.status().height).toBe(height + 1)
    await engine.close()
  })

  it('T161 makes no segment before it is needed', async () => {
    const room: Room = { free: threshold + 65_535 }
    const disk = createMemoryDisk(new Map())
    const engine = await open(diskWith(room, disk))
    const segments = (): number => [...disk.files.keys()].filter((path) => path.endsWith('.log')).length
    await submit(engine, drip(signing, alice))
    while (engine.state.head.receipts.size < 80) await submit(engine, pay())
    expect(segments()).toBe(1)
    room.free = threshold + 65_536
    await submit(engine, pay())
    await look()
    expect(segments()).toBe(2)
    await engine.close()
  })
})

describe('a disk that is full', () => {
  it('T161 ends the node without an answer, and the next start has all that was acknowledged and is read-only', async () => {
    const room: Room = { free: 2 * threshold }
    const disk = createMemoryDisk(new Map())
    const fatal: unknown[] = []
    const engine = await open(diskWith(room, disk), (error) => void fatal.push(error))
    await submit(engine, drip(signing, alice))
    // Somebody else fills it between two looks, or a quota is at its end.
    room.isFull = true
    let acknowledged = 1
    while (fatal.length === 0) {
      const outcome = await submit(engine, pay()).catch((error: unknown) => error)
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'engine/stopped' })
      else acknowledged++
    }
    expect(fatal).toMatchObject([{ code: 'engine/log_write_failed' }])
    await expect(submit(engine, pay())).rejects.toMatchObject({ code: 'engine/stopped' })
    await engine.close()
    room.free = 0
    const again = await open(diskWith(room, disk))
    expect(again.state.head.receipts.size).toBe(acknowledged)
    await expect(submit(again, pay())).rejects.toMatchObject({ code: 'node/read_only' })
    Object.assign(room, { free: 2 * threshold, isFull: false })
    await look()
    expect(await submit(again, pay())).toMatchObject({ sequence: acknowledged })
    await again.close()
  })
})
