// Checkpoints: whatever happened and wherever the node ended, a start from one comes to the same state as a replay from
// genesis, in every slot and entry, and goes on equally. What is damaged is found out and done without.
import { imageTables } from '@turnpike/chain'
import { person } from '@turnpike/chain/testing'
import { Hex } from '@turnpike/chain/wire'
import type { Hash, Op } from '@turnpike/chain/wire'
import { describe, expect, it } from 'vitest'
import { recordsOf, stateOf, submitAll } from '../../../testing/engines.ts'
import {
  app,
  authorize,
  cancel,
  charge,
  createAgent,
  drip,
  freeze,
  genesisAt,
  hold,
  signingFor,
} from '../../../testing/givenNode.ts'
import { createManualClock } from '../../../testing/manualClock.ts'
import { createMemoryDisk } from '../../../testing/memoryDisk.ts'
import type { MemoryDisk } from '../../../testing/memoryDisk.ts'
import { createNearThreads } from '../../../testing/nearThreads.ts'
import { createMachine } from '../../machine/createMachine.ts'
import type { LogFields, Machine, Thread, Threads } from '../../machine/Machine.ts'
import type { Engine } from '../Engine.ts'
import { checkpointName } from './checkpointFile.ts'
import { MirrorFeed } from './mirrorFeed.ts'
import { openEmbeddedEngine } from './openEmbeddedEngine.ts'
import type { EmbeddedEngineOptions } from './openEmbeddedEngine.ts'

const begin = 1_800_000_000_000
const genesis = genesisAt(begin)
const real = await createMachine({ level: 'error' })
const people = ['alice', 'bob', 'carol'].map(person)
const [alice, bob] = [people[0]!, people[1]!]
const home = '/home'
/** Lives to live; more by hand. */
const seeds = Number(process.env['CHECKPOINT_SEEDS'] ?? 2)

/** A seeded source of chance. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

type Said = { readonly message: string; readonly fields: LogFields | undefined }

/** A node's life on one disk and one clock. */
class Life {
  readonly clock = createManualClock(begin + 1_000)
  readonly signing = signingFor(genesis, () => this.clock.now())
  readonly said: Said[] = []
  readonly machine: Machine
  readonly #random: (below: number) => number
  disk = createMemoryDisk(new Map())
  /** Blocks that the last start replayed. */
  replayed = 0
  readonly #agents: ReturnType<typeof createAgent>['agent'][] = []
  readonly #open: Op[] = []

  constructor(seed: number) {
    this.#random = createRandom(seed)
    const say = (message: string, fields?: LogFields): void => void this.said.push({ message, fields })
    const logger = { error: say, warn: say, info: say, debug: () => undefined }
    this.machine = { ...real, clock: this.clock, logger }
  }

  /** Its threads, on one of its disks. */
  threadsFor(disk: MemoryDisk): Threads {
    return createNearThreads({ ...this.machine, disk })
  }

  async open(options: Partial<EmbeddedEngineOptions> = {}, disk = this.disk): Promise<Engine> {
    this.replayed = 0
    const onReplay = (): undefined => void this.replayed++
    const sizes = { segmentBytes: 131_072, checkpointBytes: 6_000 }
    const machine = { ...this.machine, disk, threads: this.threadsFor(disk) }
    return openEmbeddedEngine({ app, genesis, home, machine, ...sizes, onReplay, onFatal: raise, ...options })
  }

  /** What some people do: payments, holds that lapse, cancellations, agents under policies; much of it is refused. */
  ops(count: number): readonly Op[] {
    return Array.from({ length: count }, () => this.#op())
  }

  #op(): Op {
    const { signing } = this
    const from = people[this.#random(3)]!
    const paying = { from, to: people[this.#random(3)]!, amount: BigInt(1 + this.#random(50)) }
    const brief = { ...paying, validBefore: this.clock.now() + 2_000 + this.#random(3_000) }
    const kind = this.#random(12)
    if (kind === 0) return drip(signing, from, 100_000n)
    if (kind === 1) {
      const { op, agent } = createAgent(signing, { owner: from, key: person(`key ${this.#agents.length}`) })
      this.#agents.push(agent)
      return op
    }
    if (kind === 2 && this.#agents.length > 0)
      return freeze(signing, from, this.#agents[this.#random(this.#agents.length)]!)
    if (kind < 5) return hold(signing, { ...brief, holdMs: 1_000 + this.#random(2_000) })
    if (kind === 5 && this.#open.length > 0) {
      const op = this.#open[this.#random(this.#open.length)]!
      return cancel(signing, from, op.message['nonce'] as Hash.Hash)
    }
    if (kind < 9) return charge(signing, brief)
    const op = authorize(signing, brief)
    this.#open.push(op)
    return op
  }

  /** Hands operations in, some together, and lets time pass in between. */
  async live(engine: Engine, waves: number): Promise<void> {
    for (let i = 0; i < waves; i++) {
      await submitAll(engine, this.ops(1 + this.#random(6)))
      if (this.#random(3) === 0) this.clock.move(this.#random(2_500))
    }
  }
}

function raise(error: unknown): never {
  throw error
}

/** Lets the mirror and the disk do what they have to do. */
async function settle(): Promise<void> {
  for (let i = 0; i < 400; i++) await real.clock.turn()
}

/** The checkpoints on a disk, those that are being written left out. */
function checkpointsOf(disk: MemoryDisk): readonly string[] {
  return [...disk.files.keys()].filter((path) => /checkpoint-[0-9]+$/.test(path)).toSorted()
}

/** What is on a disk but for the write sets that were kept, which `redo.test.ts` has. */
function withoutRedo({ files }: MemoryDisk): ReadonlyMap<string, Uint8Array> {
  return new Map([...files].filter(([path]) => !path.includes('/redo-')))
}

/** A life of a few hundred operations with several checkpoints behind it, ended without a goodbye. */
async function givenLife(seed = 1, options: Partial<EmbeddedEngineOptions> = {}): Promise<Life> {
  const life = new Life(seed)
  const engine = await life.open(options)
  await submitAll(
    engine,
    people.map((of) => drip(life.signing, of)),
  )
  for (let i = 0; i < 6; i++) {
    await life.live(engine, 6)
    await settle()
  }
  await submitAll(engine, [charge(life.signing, { from: alice, to: bob, amount: 1n })])
  life.disk = createMemoryDisk(life.disk.files)
  return life
}

describe('a start from a checkpoint', () => {
  it(
    'T148 T161 comes to the same state as a replay from genesis, after any life, and goes on equally',
    { timeout: 600_000 },
    async () => {
      for (let seed = 1; seed <= seeds; seed++) {
        const life = await givenLife(seed)
        for (let round = 0; round < 4; round++) {
          // Two copies of the same disk: one start takes the checkpoint, the other one has to do without.
          const quick = await life.open({}, createMemoryDisk(life.disk.files))
          const { height } = quick.status()
          expect(life.replayed).toBeLessThan(height)
          const whole = await life.open({ notAbove: 0 }, createMemoryDisk(life.disk.files))
          expect(life.replayed).toBe(height)
          expect(stateOf(quick)).toEqual(stateOf(whole))
          for (let i = 0; i < 4; i++) {
            const ops = life.ops(5)
            expect(await submitAll(quick, ops)).toEqual(await submitAll(whole, ops))
            expect(quick.state.head.appHash).toBe(whole.state.head.appHash)
            life.clock.move(1_500)
            await settle()
          }
          expect(stateOf(quick)).toEqual(stateOf(whole))
          const engine = await life.open()
          await life.live(engine, 5)
          // Killed at some turn, perhaps while a checkpoint is being written; or closed.
          if (round % 2 === 0) for (let i = 0; i < seed * 3; i++) await real.clock.turn()
          else await engine.close()
          life.disk = createMemoryDisk(life.disk.files)
        }
      }
    },
  )

  it('keeps two, each above the last, and takes away what was not finished', async () => {
    const life = await givenLife()
    const before = checkpointsOf(life.disk)
    expect(before.length).toBe(2)
    const left = `${home}/${checkpointName(7)}.tmp`
    life.disk = createMemoryDisk(new Map([...life.disk.files, [left, Uint8Array.of(1, 2, 3)]]))
    const engine = await life.open()
    expect(checkpointsOf(life.disk)).toEqual(before)
    await life.live(engine, 20)
    await settle()
    await engine.close()
    const after = checkpointsOf(life.disk)
    expect(after.length).toBe(2)
    expect(after[0]! > before[1]!).toBe(true)
  })

  it('replays nothing after a clean stop with enough behind the last one', async () => {
    const life = await givenLife()
    const engine = await life.open({ checkpointBytes: 1_000_000 })
    await engine.close()
    await (await life.open({ checkpointBytes: 20_000 })).close()
    const before = await life.open()
    const { height } = before.status()
    expect(life.replayed).toBe(0)
    expect(checkpointsOf(life.disk).at(-1)).toBe(`${home}/${checkpointName(height)}`)
    await before.close()
  })

  it('waits for whoever derives things from blocks, and takes none above what they have', async () => {
    const durable = Promise.withResolvers<void>()
    const asked: number[] = []
    const beforeCheckpoint = (height: number): Promise<void> => {
      asked.push(height)
      return durable.promise
    }
    const life = await givenLife(1, { beforeCheckpoint })
    expect(asked.length).toBe(1)
    expect(checkpointsOf(life.disk)).toEqual([])
    expect([...life.disk.files.keys()]).toContain(`${home}/${checkpointName(asked[0]!)}.tmp`)

    const other = await givenLife()
    other.disk = createMemoryDisk(withoutRedo(other.disk))
    const heights = checkpointsOf(other.disk).map((path) => Number(path.slice(-12)))
    const engine = await other.open({ notAbove: heights[1]! - 1 }, createMemoryDisk(other.disk.files))
    expect(other.replayed).toBe(engine.status().height - heights[0]!)
    const again = await other.open({ notAbove: heights[1]! }, createMemoryDisk(other.disk.files))
    expect(other.replayed).toBe(again.status().height - heights[1]!)
    expect(stateOf(again)).toEqual(stateOf(engine))
  })

  it('tells how far it is, loading included', async () => {
    const life = await givenLife()
    const progress: number[] = []
    await life.open({ onProgress: (fraction) => void progress.push(fraction) })
    expect(progress.at(-1)).toBe(1)
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
    expect(progress.some((fraction) => fraction > 0 && fraction < 0.07)).toBe(true)
  })
})

describe('what is damaged', () => {
  it(
    'T148 a damaged checkpoint is done without: the older one serves, and then the genesis',
    { timeout: 60_000 },
    async () => {
      const life = await givenLife()
      life.disk = createMemoryDisk(withoutRedo(life.disk))
      const whole = stateOf(await life.open({ notAbove: 0 }, createMemoryDisk(life.disk.files)))
      const [older, newer] = checkpointsOf(life.disk) as [string, string]
      const bytes = life.disk.files.get(newer)!
      const damages: (readonly [name: string, damaged: Uint8Array])[] = [
        ['empty', new Uint8Array(0)],
        ['zeros', new Uint8Array(bytes.length)],
        ['cut short', bytes.slice(0, -1)],
        ['without its end', bytes.slice(0, -100)],
        ['longer', Uint8Array.of(...bytes, 0)],
        ['the older one under its name', life.disk.files.get(older)!],
      ]
      for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 24)) {
        const flipped = bytes.slice()
        flipped[at]! ^= 0x40
        damages.push([`flipped at ${at}`, flipped])
      }
      for (const [name, damaged] of damages) {
        life.said.length = 0
        const files = new Map([...life.disk.files, [newer, damaged]])
        const engine = await life.open({}, createMemoryDisk(files))
        const height = Number(older.slice(-12))
        expect(life.replayed, name).toBe(engine.status().height - height)
        expect(stateOf(engine), name).toEqual(whole)
        expect(
          life.said.map(({ fields }) => fields?.['checkpoint']),
          name,
        ).toContain(newer.slice(home.length + 1))
        if (name.startsWith('flipped') || damaged === life.disk.files.get(older)) continue
        const both = await life.open({}, createMemoryDisk(new Map([...files, [older, damaged]])))
        expect(life.replayed, name).toBe(both.status().height)
        expect(stateOf(both), name).toEqual(whole)
      }
    },
  )

  it('the next checkpoint takes the place of a damaged one', async () => {
    const life = await givenLife()
    const [older, newer] = checkpointsOf(life.disk) as [string, string]
    life.disk = createMemoryDisk(new Map([...life.disk.files, [newer, new Uint8Array(50)]]))
    const engine = await life.open()
    await life.live(engine, 20)
    await settle()
    const after = checkpointsOf(life.disk)
    expect(after.length).toBe(2)
    expect(after).not.toContain(newer)
    expect(after[0]! >= older).toBe(true)
  })

  it('T161 a log that ends before a checkpoint has lost what was acknowledged: the start is refused', async () => {
    const life = await givenLife()
    const log = `${home}/log/00000001.log`
    const bytes = life.disk.files.get(log)!
    const engine = await life.open({}, createMemoryDisk(life.disk.files))
    const { height } = engine.status()
    // The log as it was, by its records, a few blocks before the newest checkpoint.
    const cut = bytes.slice().fill(0, recordsOf(bytes).at(3))
    const disk = createMemoryDisk(new Map([...withoutRedo(life.disk), [log, cut]]))
    await expect(life.open({}, disk)).rejects.toMatchObject({
      code: 'engine/log_behind_checkpoint',
      values: {
        height: 3,
        file: checkpointsOf(life.disk)
          .at(-1)!
          .slice(home.length + 1),
      },
    })
    expect(disk.files.get(log)).toEqual(cut)
    expect(height).toBeGreaterThan(3)
    for (const path of checkpointsOf(disk)) await disk.remove(path)
    expect((await life.open({}, disk)).status().height).toBe(3)
  })

  it('T161 a record that is damaged behind the checkpoint is refused with its height and what to do', async () => {
    const life = await givenLife()
    const log = `${home}/log/00000001.log`
    const bytes = life.disk.files.get(log)!.slice()
    const records = recordsOf(bytes)
    const height = Number(checkpointsOf(life.disk).at(-1)!.slice(-12)) + 1
    expect(records.length).toBeGreaterThan(height)
    bytes[records[height - 1]! + 60]! ^= 1
    const disk = createMemoryDisk(new Map([...withoutRedo(life.disk), [log, bytes]]))
    const failure = await life.open({}, disk).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'engine/log_damaged', height, file: log })
    expect((failure as { hint: string }).hint).toContain(checkpointName(height - 1))
  })
})

describe('a mirror that cannot follow', () => {
  it('T161 is waited for when too much waits for it, and then all of it is there', async () => {
    const life = await givenLife()
    const engine = await life.open()
    const loading = Promise.withResolvers<void>()
    async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
      await loading.promise
      yield* engine.state.store.image()
    }
    const failures: unknown[] = []
    const feed = new MirrorFeed({
      threads: life.threadsFor(life.disk),
      tables: imageTables(app),
      home,
      genesis: engine.state.genesis,
      base: { head: engine.state.head, pieces },
      redoBytes: 1_048_576,
      backlogBytesMax: 1_000_000,
      onLost: (error) => void failures.push(error),
      onFailure: (error) => void failures.push(error),
    })
    const empty = new Uint8Array(0)
    for (let i = 0; i < 200_000; i++) feed.feed(empty)
    expect(feed.room()).toBe(undefined)
    for (let i = 0; i < 100_000; i++) feed.feed(empty)
    const room = feed.room()
    expect(room).toBeInstanceOf(Promise)
    loading.resolve()
    await room
    expect(feed.room()).toBe(undefined)
    await feed.close()
    expect(failures).toEqual([])
  })

  it('T161 holds up blocks until it has come nearer, and loses none', async () => {
    const life = await givenLife()
    const near = life.threadsFor(life.disk)
    const gate = Promise.withResolvers<void>()
    const spawn: Threads['spawn'] = (module) => {
      const thread = near.spawn(module)
      const postMessage: Thread['postMessage'] = (...of) => void gate.promise.then(() => thread.postMessage(...of))
      return { on: thread.on, terminate: thread.terminate, postMessage }
    }
    const machine = { ...life.machine, disk: life.disk, threads: { ...near, spawn } }
    const engine = await life.open({ machine, redoBytes: 500, backlogBytesMax: 4_000 })
    const { height } = engine.status()
    const amounts = Array.from({ length: 12 }, (_, i) => BigInt(i + 1))
    let paid = 0
    const all = amounts.reduce(async (before, amount) => {
      await before
      await submitAll(engine, [charge(life.signing, { from: alice, to: bob, amount })])
      paid++
    }, Promise.resolve())
    await settle()
    expect(paid).toBeGreaterThan(0)
    expect(paid).toBeLessThan(amounts.length)
    expect(engine.status()).toMatchObject({ height: height + paid, waiting: 1 })
    gate.resolve()
    await all
    expect(engine.status()).toMatchObject({ height: height + amounts.length, waiting: 0 })
    await engine.close()
  })

  it('T148 T161 and fails is followed by another: no checkpoint of what it did not follow, and the next one is sound', async () => {
    const life = await givenLife()
    const spawned: Thread[] = []
    const near = life.threadsFor(life.disk)
    const spawn: Threads['spawn'] = (module) => {
      const thread = near.spawn(module)
      spawned.push(thread)
      return thread
    }
    const machine = { ...life.machine, disk: life.disk, threads: { ...near, spawn } }
    const engine = await life.open({ machine })
    const failed = (): readonly Said[] =>
      life.said.filter(({ message }) => message.startsWith('The mirror of the state has failed'))
    for (let failures = 1; failures <= 3; failures++) {
      const before = checkpointsOf(life.disk)
      while (spawned.length < failures) {
        await life.live(engine, 1)
        await settle()
      }
      spawned.at(-1)!.postMessage({ writes: Hex.toBytes('0x0000000101') })
      while (failed().length < failures) await real.clock.turn()
      while (checkpointsOf(life.disk).at(-1) === before.at(-1)) {
        await life.live(engine, 1)
        await settle()
      }
    }
    expect(failed().length).toBe(3)
    const files = new Map(life.disk.files)
    const quick = await life.open({}, createMemoryDisk(files))
    expect(life.replayed).toBeLessThan(quick.status().height)
    const whole = await life.open({ notAbove: 0 }, createMemoryDisk(files))
    expect(stateOf(quick)).toEqual(stateOf(whole))
    await engine.close()
  })

  it('keeps no checkpoint that was begun when it fails', async () => {
    const life = await givenLife()
    const engine = await life.open()
    const { head, genesis: hash, store } = engine.state
    const pieces = [...store.image()]
    const failures: unknown[] = []
    const feed = new MirrorFeed({
      threads: life.threadsFor(life.disk),
      tables: [],
      home,
      genesis: hash,
      base: { head, pieces: () => pieces },
      redoBytes: 1_048_576,
      onLost: () => undefined,
      onFailure: (error) => void failures.push(error),
    })
    const position = { segment: 1, offset: 128, bytes: 0 }
    await expect(feed.checkpoint({ head, position })).rejects.toThrow()
    await expect(feed.checkpoint({ head, position })).rejects.toThrow('no mirror')
    expect(feed.isOver).toBe(true)
    expect(failures.length).toBe(1)
  })
})
