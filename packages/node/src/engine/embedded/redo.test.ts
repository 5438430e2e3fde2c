// Write sets that are kept: a start that takes them comes to the same state as a replay from genesis, and whatever is wrong
// with their files costs time alone.
import { createState, imageTables } from '@turnpike/chain'
import { person } from '@turnpike/chain/testing'
import type { Op } from '@turnpike/chain/wire'
import { expect, it } from 'vitest'
import { recordsOf, stateOf, submitAll } from '../../../testing/engines.ts'
import { app, authorize, charge, createAgent, drip, genesisAt, hold, signingFor } from '../../../testing/givenNode.ts'
import { createManualClock } from '../../../testing/manualClock.ts'
import { createMemoryDisk } from '../../../testing/memoryDisk.ts'
import type { MemoryDisk } from '../../../testing/memoryDisk.ts'
import { createNearThreads } from '../../../testing/nearThreads.ts'
import { createMachine } from '../../machine/createMachine.ts'
import type { Engine } from '../Engine.ts'
import { openEmbeddedEngine } from './openEmbeddedEngine.ts'
import type { EmbeddedEngineOptions } from './openEmbeddedEngine.ts'
import { findRedo, hashLayout } from './redoFile.ts'

const begin = 1_800_000_000_000
const genesis = genesisAt(begin)
const clock = createManualClock(begin + 1_000)
const signing = signingFor(genesis, () => clock.now())
const logger = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined }
const real = await createMachine({ level: 'error' })
const machine = { ...real, clock, logger }
const people = ['alice', 'bob', 'carol'].map(person)
let replayed = 0

function open(disk: MemoryDisk, options: Partial<EmbeddedEngineOptions> = {}): Promise<Engine> {
  replayed = 0
  return openEmbeddedEngine({
    app,
    genesis,
    home: '/home',
    machine: { ...machine, disk, threads: createNearThreads({ ...machine, disk }) },
    segmentBytes: 131_072,
    checkpointBytes: 12_000,
    redoBytes: 2_000,
    onReplay: () => void replayed++,
    onFatal: (error) => {
      throw error
    },
    ...options,
  })
}

/** Payments, holds that lapse, and agents, by turns. */
function opsOf(round: number): readonly Op[] {
  const paying = { from: people[round % 3]!, to: people[(round + 1) % 3]!, amount: BigInt(round + 1) }
  const brief = { ...paying, validBefore: clock.now() + 2_000 + (round % 5) * 500 }
  const agent = { owner: paying.from, key: person(`key ${round}`) }
  const other = round % 4 === 0 ? createAgent(signing, agent).op : hold(signing, { ...brief, holdMs: 1_000 })
  return [authorize(signing, brief), charge(signing, brief), other]
}

async function live(engine: Engine, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await submitAll(engine, opsOf(round))
    clock.move(400)
    for (let i = 0; i < 40; i++) await real.clock.turn()
  }
}

/** A node that was killed with write sets behind its checkpoints, or behind the genesis alone. */
async function givenDisk(options: Partial<EmbeddedEngineOptions>, rounds = 24): Promise<MemoryDisk> {
  const disk = createMemoryDisk(new Map())
  const engine = await open(disk, options)
  await submitAll(
    engine,
    people.map((of) => drip(signing, of, 1_000_000n)),
  )
  await live(engine, rounds)
  return createMemoryDisk(disk.files)
}

function copyOf({ files }: MemoryDisk, changes: readonly (readonly [string, Uint8Array])[] = []): MemoryDisk {
  return createMemoryDisk(new Map([...files, ...changes]))
}

function namesOf({ files }: MemoryDisk, name: string): readonly string[] {
  return [...files.keys()].filter((path) => path.startsWith(`/home/${name}-`) && !path.endsWith('.tmp')).toSorted()
}

function heightOf(path: string): number {
  return Number(path.slice(-12))
}

const executeAll = { notAbove: 0 }
const noCheckpoints = { checkpointBytes: 1e9 }
const behindGenesis = await givenDisk(noCheckpoints)
const behindCheckpoints = await givenDisk({})

for (const options of [noCheckpoints, {}]) {
  const base = options === noCheckpoints ? 'the genesis' : 'a checkpoint'
  it(`T148 T161 behind ${base} they carry a start to the same state, which goes on equally, life after life`, async () => {
    let disk = copyOf(options === noCheckpoints ? behindGenesis : behindCheckpoints)
    for (let life = 0; life < 3; life++) {
      const whole = await open(copyOf(disk), executeAll)
      expect(replayed).toBe(whole.status().height)
      const quick = await open(disk, options)
      const { height } = quick.status()
      const checkpoint = Math.max(0, ...namesOf(disk, 'checkpoint').map(heightOf))
      expect(replayed).toBeLessThan((height - checkpoint) / 2)
      expect(stateOf(quick)).toEqual(stateOf(whole))
      for (let round = 0; round < 6; round++) {
        const ops = opsOf(round)
        expect(await submitAll(quick, ops)).toEqual(await submitAll(whole, ops))
        expect(quick.state.head).toEqual(whole.state.head)
        clock.move(900)
        for (let i = 0; i < 40; i++) await real.clock.turn()
      }
      expect(stateOf(quick)).toEqual(stateOf(whole))
      disk = copyOf(disk)
    }
  })
}

it('T148 a checkpoint that is written after such a start is the same as one of a state that was executed', async () => {
  const disk = copyOf(behindGenesis)
  const executed = await open(copyOf(disk), executeAll)
  const quick = await open(disk, { checkpointBytes: 1 })
  await quick.close()
  const [path] = namesOf(disk, 'checkpoint')
  const again = await open(disk)
  expect(replayed).toBe(0)
  expect(heightOf(path!)).toBe(executed.status().height)
  expect(stateOf(again)).toEqual(stateOf(executed))
})

it('takes none above what others have, and goes away with its checkpoint', async () => {
  const engine = await open(copyOf(behindGenesis), { ...noCheckpoints, notAbove: 20 })
  const { height } = engine.status()
  expect(replayed).toBeGreaterThanOrEqual(height - 20)
  expect(replayed).toBeLessThan(height)
  const [oldest] = namesOf(behindCheckpoints, 'checkpoint').map(heightOf)
  expect(namesOf(behindCheckpoints, 'checkpoint').length).toBe(2)
  expect(namesOf(behindCheckpoints, 'redo').every((path) => heightOf(path) >= oldest!)).toBe(true)
})

it('T148 of other tables are not taken: another version may keep other rows', async () => {
  const { genesis: hash, head } = createState(app, genesis, [0, 0])
  const parts = { ...machine, disk: behindGenesis }
  const files = { machine: parts, directory: '/home/log', genesisHash: hash }
  const tables = imageTables(app)
  const count = async (of: typeof tables): Promise<number> => {
    const layout = hashLayout(of, real.hashes)
    const search = { machine: parts, home: '/home', genesis: hash, layout, notAbove: 1_000, files }
    return (await findRedo(search, head)).length
  }
  expect(await count(tables)).toBeGreaterThan(5)
  expect(await count(tables.slice(1))).toBe(0)
  expect(await count(tables.map((table) => ({ ...table, valueBytes: table.valueBytes + 1 })))).toBe(0)
})

it('T161 a log that ends before kept write sets has lost what was acknowledged: the start is refused', async () => {
  const [log, path] = ['/home/log/00000001.log', namesOf(behindGenesis, 'redo')[0]!]
  const bytes = behindGenesis.files.get(log)!
  const [first, second] = recordsOf(bytes)
  for (const end of [first!, second!]) {
    const cut = bytes.slice().fill(0, end)
    const disk = copyOf(behindGenesis, [[log, cut]])
    const refused = { code: 'engine/log_behind_checkpoint', values: { file: path.slice('/home/'.length) } }
    // Whatever history has of it, which is nothing where it was deleted.
    for (const notAbove of [undefined, 0, 1]) {
      await expect(open(disk, { ...noCheckpoints, notAbove })).rejects.toMatchObject(refused)
    }
    expect(disk.files.get(log)).toEqual(cut)
    await disk.remove(path)
    expect((await open(disk, noCheckpoints)).status().height).toBe(end === first ? 0 : 1)
  }
})

it('T148 T161 torn, damaged, foreign or missing: the start executes what they do not carry it over', async () => {
  const disk = behindGenesis
  const foreign = await givenDisk(noCheckpoints, 6)
  const [path] = namesOf(disk, 'redo') as [string]
  const bytes = disk.files.get(path)!
  const whole = stateOf(await open(copyOf(disk), executeAll))
  await open(copyOf(disk), noCheckpoints)
  const least = replayed
  const damages = [new Uint8Array(0), new Uint8Array(bytes.length), bytes.slice(0, -1), foreign.files.get(path)!]
  for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 10)) {
    const flipped = bytes.slice()
    flipped[at]! ^= 0x40
    damages.push(flipped, bytes.slice(0, at))
  }
  for (const damaged of damages) {
    const engine = await open(copyOf(disk, [[path, damaged]]), noCheckpoints)
    expect(stateOf(engine)).toEqual(whole)
    expect(replayed).toBeGreaterThan(least)
  }
})
