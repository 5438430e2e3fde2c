// The embedded engine on real files: the suite of all engines, and what is its own.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { person } from '@turnpike/chain/testing'
import type { Op } from '@turnpike/chain/wire'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { charge, drip, genesisAt, givenHome, openEngine, signersOf, signingFor } from '../../../testing/givenNode.ts'
import type { EngineOptions } from '../../../testing/givenNode.ts'
import { createManualClock } from '../../../testing/manualClock.ts'
import { createMachine } from '../../machine/createMachine.ts'
import type { DurableFile, Machine } from '../../machine/Machine.ts'
import { complies } from '../engine.compliance.ts'
import type { Engine } from '../Engine.ts'
import { segmentHeaderBytes } from './blockLogSegment.ts'

const machine = await createMachine({ level: 'error' })

complies({
  name: 'The embedded engine',
  open: ({ clock, ...options }) => openEngine({ ...options, machine: { ...machine, clock } }),
})

const begin = 1_800_000_000_000
const genesis = genesisAt(begin)
const clock = createManualClock(begin + 1_000)
const signing = signingFor(genesis, () => clock.now())
const [alice, bob] = [person('alice'), person('bob')]

let home = ''
let remove: () => Promise<void>
let opened: Engine[] = []
beforeEach(async () => {
  ;({ home, remove } = await givenHome())
})
afterEach(async () => {
  await Promise.allSettled(opened.map((engine) => engine.close()))
  opened = []
  await remove()
})

async function start(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = await openEngine({ home, genesis, machine: { ...machine, clock }, segmentBytes: 65_536, ...options })
  opened.push(engine)
  return engine
}

const submit = (engine: Engine, op: Op): ReturnType<Engine['submit']> => engine.submit(op, signersOf(op))

describe('a crash', () => {
  it('T148 at any byte of any record loses nothing that was acknowledged before it', async () => {
    const ops = [
      drip(signing, alice),
      ...[5n, 6n, 7n, 8n].map((amount) => charge(signing, { from: alice, to: bob, amount })),
    ]
    const engine = await start()
    for (const op of ops) await submit(engine, op)
    await engine.close()
    const whole = await readFile(join(home, 'log', '00000001.log'))
    let end = segmentHeaderBytes
    for (let acknowledged = 0; acknowledged <= ops.length; acknowledged++) {
      const length = whole.readUInt32BE(end) // 0 after the last record.
      for (const cut of new Set([end, end + 1, end + (length >> 1), end + length - 1])) {
        // Where the rest of a record is zeros anyway, a cut takes nothing away.
        const isCut = whole.subarray(cut, end + length).some((byte) => byte !== 0)
        if (cut === end || (cut > end && isCut)) await expectAfterCut({ whole, cut, acknowledged, ops })
      }
      end += length
    }
  })

  type Cut = {
    readonly whole: Uint8Array
    readonly cut: number
    readonly acknowledged: number
    readonly ops: readonly Op[]
  }

  /** What is there after the bytes from `cut` on never reached the disk. */
  async function expectAfterCut({ whole, cut, acknowledged, ops }: Cut): Promise<void> {
    const place = join(home, `cut-${cut}`)
    await mkdir(join(place, 'log'), { recursive: true })
    await writeFile(join(place, 'log', '00000001.log'), Uint8Array.from(whole).fill(0, cut))
    const engine = await start({ home: place })
    expect(engine.state.head.receipts.size, `cut at ${cut}`).toBe(acknowledged)
    for (const op of ops.slice(0, acknowledged)) expect(await submit(engine, op)).toEqual({ repeats: ops.indexOf(op) })
    for (const op of ops.slice(acknowledged))
      expect(await submit(engine, op)).toMatchObject({ sequence: ops.indexOf(op) })
    await engine.close()
  }
})

describe('a start', () => {
  it('refuses a clock that is more than a minute behind the last block, and takes one that is less', async () => {
    const engine = await start()
    await submit(engine, drip(signing, alice))
    await engine.close()
    const late = createManualClock(begin + 1_000 - 60_001)
    await expect(start({ machine: { ...machine, clock: late } })).rejects.toMatchObject({ code: 'engine/clock_behind' })
    late.move(1)
    const again = await start({ machine: { ...machine, clock: late } })
    expect(again.now()).toBe(begin + 1_000)
  })

  it('refuses the log of another chain', async () => {
    const engine = await start()
    await submit(engine, drip(signing, alice))
    await engine.close()
    const other = await start({ home: join(home, 'other'), genesis: genesisAt(begin, { accountMin: '2' }) })
    await other.close()
    await rm(join(home, 'other', 'log'), { recursive: true })
    await cp(join(home, 'log'), join(home, 'other', 'log'), { recursive: true })
    await expect(
      start({ home: join(home, 'other'), genesis: genesisAt(begin, { accountMin: '2' }) }),
    ).rejects.toMatchObject({ code: 'engine/wrong_genesis' })
  })

  it('tells how far it is', async () => {
    const engine = await start()
    await submit(engine, drip(signing, alice))
    await engine.close()
    const progress: number[] = []
    await start({ onProgress: (fraction) => void progress.push(fraction) })
    expect(progress.at(-1)).toBe(1)
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
  })
})

/** A disk that fails from some write on. */
function failingDisk(isBroken: () => boolean): Machine['disk'] {
  const breakable = (file: DurableFile): DurableFile => ({
    ...file,
    close: () => file.close(),
    write: (bytes, offset) =>
      isBroken() ? Promise.reject(new Error('EIO: i/o error, write')) : file.write(bytes, offset),
  })
  return { ...machine.disk, open: async (path) => breakable(await machine.disk.open(path)) }
}

describe('what is fatal', () => {
  it('a write error ends the node, and nothing is acknowledged after it', async () => {
    let broken = false
    const fatal: unknown[] = []
    const engine = await start({
      machine: { ...machine, clock, disk: failingDisk(() => broken) },
      onFatal: (error) => void fatal.push(error),
    })
    await submit(engine, drip(signing, alice, 100n))
    broken = true
    const lost = submit(engine, charge(signing, { from: alice, to: bob, amount: 5n }))
    const waiting = Promise.resolve().then(() => submit(engine, charge(signing, { from: alice, to: bob, amount: 6n })))
    const read = Promise.resolve().then(() => engine.durable())
    for (const outcome of await Promise.allSettled([lost, waiting, read])) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'engine/stopped', retry: 'later' } })
    }
    expect(fatal).toMatchObject([{ code: 'engine/log_write_failed' }])
    await expect(submit(engine, drip(signing, alice))).rejects.toMatchObject({ code: 'engine/stopped' })
    await expect(engine.durable()).rejects.toMatchObject({ code: 'engine/stopped' })
    expect(engine.status()).toMatchObject({ state: 'failed', height: 1 })
    broken = false
    await engine.close()
    expect((await start()).state.head.height).toBe(1)
  })

  it('a mistake of ours in a rule ends the node before anything of that block leaves', async () => {
    const fatal: unknown[] = []
    const engine = await start({ onFatal: (error) => void fatal.push(error) })
    await submit(engine, drip(signing, alice, 100n))
    const good = charge(signing, { from: alice, to: bob, amount: 5n })
    const op = charge(signing, { from: alice, to: bob, amount: 6n })
    const bad: Op = { ...op, definition: { ...op.definition } } // No rule is bound to it.
    const outcomes = await Promise.allSettled([submit(engine, good), submit(engine, bad)])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(fatal).toHaveLength(1)
    await engine.close()
    expect((await start()).state.head.height).toBe(1)
  })
})
