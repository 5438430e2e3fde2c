// What the writer of history leaves behind: flat files, nodes and keys; broken off at every call of the disk, cut short,
// lost, and built again.
import { readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { person } from '@turnpike/chain/testing'
import { Hex, leafBytes } from '@turnpike/chain/wire'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { charge, drip, genesisAt, givenHome, hold, openEngine, signersOf, signingFor } from '../../testing/givenNode.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import type { CommittedBlock } from '../engine/Engine.ts'
import { createClock } from '../machine/clock.ts'
import { createMachine } from '../machine/createMachine.ts'
import { createDatabases } from '../machine/database.ts'
import { createDisk } from '../machine/disk.ts'
import { createHashes } from '../machine/hashes.ts'
import type { Database, Disk } from '../machine/Machine.ts'
import { BatchWriter } from './historyBatch.ts'
import type { QuestionLimits } from './historyBudget.ts'
import { decodeCursor } from './historyBudget.ts'
import { accountKey, createKeyFinder, createKeyWriter, keyAt, keyKinds, Keys } from './historyKeys.ts'
import { hashLeaf, nodesOf, readPeaks } from './historyMmr.ts'
import { createHistoryReader } from './historyReader.ts'
import type { HistoryReader } from './historyReader.ts'
import { openHistoryWriter } from './historyWriter.ts'
import type { HistoryWriter, WriterOptions } from './historyWriter.ts'
import { openHistoryDatabase } from './schema.ts'

const begin = 1_800_057_600_000
const genesis = genesisAt(begin)
const [alice, bob] = [person('alice'), person('bob')]
const hashes = await createHashes()
const disk = createDisk()

let home = ''
let remove: () => Promise<void>
beforeEach(async () => {
  ;({ home, remove } = await givenHome())
})
afterEach(() => remove())

/** Blocks of a real engine: money for two, payments, and a hold. */
async function makeBlocks(
  payments: number,
): Promise<{ readonly blocks: readonly CommittedBlock[]; readonly peaks: readonly string[] }> {
  const clock = createManualClock(begin)
  const signing = signingFor(genesis, () => clock.now())
  const machine = { ...(await createMachine({ level: 'error' })), clock }
  const engine = await openEngine({ home: join(home, 'engine'), genesis, machine })
  const blocks: CommittedBlock[] = []
  engine.subscribe((block) => blocks.push(block))
  const held = hold(signing, { from: alice, to: bob, amount: 5n, holdMs: 1_000, validBefore: begin + 900_000 })
  const first = [drip(signing, alice), drip(signing, bob), held]
  for (const op of first) await engine.submit(op, signersOf(op))
  clock.move(60_000)
  const more = Array.from({ length: payments }, (_, i) =>
    charge(signing, { from: alice, to: bob, amount: BigInt(i + 1) }),
  )
  for (const op of more) await engine.submit(op, signersOf(op))
  const peaks = engine.state.head.receipts.peaks.map(Hex.fromBytes)
  await engine.close()
  return { blocks, peaks }
}

type Opened = { readonly writer: HistoryWriter; readonly database: Database }

async function open(more: Partial<WriterOptions> = {}): Promise<Opened> {
  await disk.createDirectory(join(home, 'history'))
  const database = openHistoryDatabase(createDatabases(), {
    path: join(home, 'history', 'history.db'),
    genesis: 'test',
  })!
  const sizes = { leavesPerFile: 4, segmentReceipts: 1_000, retention: undefined }
  try {
    const types = { createAgent: undefined }
    return { writer: await openHistoryWriter(database, { disk, hashes, home, types, ...sizes, ...more }), database }
  } catch (error) {
    database.close()
    throw error
  }
}

const readerOf = (database: Database, limits?: QuestionLimits): HistoryReader =>
  createHistoryReader(database, { disk, clock: createClock(), hashes, home, leavesPerFile: 4, names: {}, limits })

function batchOf(blocks: readonly CommittedBlock[]): Uint8Array {
  const batch = new BatchWriter()
  for (const block of blocks) batch.add(block)
  return batch.take()!
}

/** Everything that was written, held against the blocks. */
async function expectWhole(
  { database, writer }: Opened,
  blocks: readonly CommittedBlock[],
  peaks: readonly string[],
): Promise<void> {
  const reader = readerOf(database)
  const receipts = blocks.flatMap((block) => block.receipts)
  const leaves = blocks.flatMap((block) => block.leaves)
  for (const [sequence, leaf] of leaves.entries()) {
    const kept = await reader.bySequence({ sequence })
    expect(Hex.fromBytes(kept!.leaf)).toBe(Hex.fromBytes(leaf))
    const file = await readFile(join(home, 'receipts', String(Math.floor(sequence / 4)).padStart(10, '0')))
    const at = (sequence % 4) * leafBytes
    expect(Hex.fromBytes(file.subarray(at, at + leafBytes))).toBe(Hex.fromBytes(leaf))
    const byId = await reader.byId({ id: Hex.toBytes(receipts[sequence]!.op) })
    expect(Hex.fromBytes(byId!.leaf)).toBe(Hex.fromBytes(leaf))
  }
  expect((await readPeaks({ disk, home }, leaves.length))!.map(Hex.fromBytes)).toEqual(peaks)
  const mmr = await readFile(join(home, 'mmr'))
  for (const [sequence, leaf] of leaves.entries()) {
    const at = nodesOf(sequence) * 32
    expect(Hex.fromBytes(mmr.subarray(at, at + 32))).toBe(Hex.fromBytes(hashLeaf(hashes, leaf)))
  }
  // Whatever was there before a crash is summed up once.
  await writer.followBuyers()
  const paid = receipts.flatMap(({ kind, payment }) => (kind === 'payment' ? [payment!.amount] : []))
  const amount = String(paid.reduce((sum, one) => sum + one, 0n))
  const books = await reader.seller({ payee: bob.address, now: begin })
  expect(books).toMatchObject({ buyers: [{ account: alice.address, amount, payments: paid.length }] })
}

/** A disk whose calls that change something fail from the nth on, the failing write half done. */
function breakingDisk(atCall: number): { readonly disk: Disk; readonly calls: () => number } {
  let calls = 0
  const isBroken = (): boolean => ++calls >= atCall
  const broken = new Error('The disk is gone.')
  return {
    calls: () => calls,
    disk: {
      ...disk,
      async createFilled(options) {
        if (isBroken()) throw broken
        await disk.createFilled(options)
      },
      async open(path) {
        const file = await disk.open(path)
        return {
          ...file,
          close: () => file.close(),
          async write(bytes, offset) {
            const isLost = isBroken()
            await file.write(isLost ? bytes.subarray(0, bytes.length / 2) : bytes, offset)
            if (isLost) throw broken
          },
        }
      },
    },
  }
}

describe('the writer of history', () => {
  it('T148 comes back with all of it from every call of the disk', async () => {
    const { blocks, peaks } = await makeBlocks(9)
    const [early, late] = [blocks.slice(0, 4), blocks.slice(4)]
    for (let atCall = 1; ; atCall++) {
      for (const name of ['receipts', 'history', 'mmr']) await rm(join(home, name), { recursive: true, force: true })
      const first = await open()
      await first.writer.write(batchOf(early), [])
      if (atCall % 2 === 0) await first.writer.followBuyers()
      first.database.close()
      const breaking = breakingDisk(atCall)
      const second = await open({ disk: breaking.disk })
      const written = await second.writer.write(batchOf(late), []).then(
        () => true,
        () => false,
      )
      second.database.close()
      const third = await open()
      expect(third.writer.lost).toBeUndefined()
      expect(third.writer.end.height).toBe((written ? late : early).at(-1)!.height)
      if (!written) await third.writer.write(batchOf(late), [])
      await expectWhole(third, blocks, peaks)
      third.database.close()
      if (written) break
      expect(breaking.calls()).toBe(atCall)
    }
  })

  it('T161 begins anew when a file is missing, shorter or another than the database says', async () => {
    const { blocks, peaks } = await makeBlocks(7)
    const losses: readonly (readonly [lost: string, lose: () => Promise<void>])[] = [
      ['receipts/', () => rm(join(home, 'receipts'), { recursive: true })],
      ['receipts/', () => rm(join(home, 'receipts', '0000000001'))],
      ['receipts/', () => truncate(join(home, 'receipts', '0000000002'), leafBytes)],
      ['mmr', () => rm(join(home, 'mmr'))],
      ['mmr', () => truncate(join(home, 'mmr'), 64)],
      ['history/', () => rm(join(home, 'history', 'bodies-0000000000'))],
    ]
    for (const [lost, lose] of losses) {
      const before = await open()
      if (before.writer.end.height === 0) await before.writer.write(batchOf(blocks), [])
      before.database.close()
      await lose()
      const after = await open()
      expect(after.writer.lost).toBe(lost)
      expect(after.writer.end.height).toBe(0)
      await after.writer.write(batchOf(blocks), [])
      await expectWhole(after, blocks, peaks)
      after.database.close()
    }
  })
})

describe('a question', () => {
  it('that finds nothing for long is cut, and goes on at its cursor', async () => {
    const { blocks } = await makeBlocks(3)
    const { writer, database } = await open()
    await writer.write(batchOf(blocks), [])
    const reader = readerOf(database, { rows: 1, durationMs: 60_000 })
    const page = await reader.recent({ limit: 2, before: Number.MAX_SAFE_INTEGER })
    expect(page).toMatchObject({ answer: { payments: [{ amount: '3' }, { amount: '2' }], next: expect.any(String) } })
    const next = (page as { readonly answer: { readonly next: string } }).answer.next
    expect(await reader.recent({ limit: 2, before: decodeCursor(Hex.toBytes(next))! })).toMatchObject({
      answer: { payments: [{ amount: '1' }] },
    })
    database.close()
  })
})

it('finds every key in any number of runs, the newest first', () => {
  const database = openHistoryDatabase(createDatabases(), { path: ':memory:', genesis: 'test' })!
  const write = createKeyWriter(database)
  const find = createKeyFinder(database)
  // Few keys that differ in their last bits only, so that chunks and runs are full of equal ones.
  const address = (index: number): Uint8Array => new Uint8Array(20).fill(index % 3).with(7, (index % 17) * 4)
  const expected = new Map<bigint, number[]>()
  let next = 0
  for (let batch = 0; batch < 60; batch++) {
    const receipts = batch % 7 === 0 ? 900 : 1 + (batch % 5)
    const keys = { 0: new Keys(4), 1: new Keys(4), 2: new Keys(4) }
    for (let i = 0; i < receipts; i++, next++) {
      const key = accountKey(address(next * 7), 'payee')
      const view = new DataView(new ArrayBuffer(8))
      view.setBigInt64(0, key)
      keys[keyKinds.account].add(view.getInt32(0), view.getUint32(4), next)
      expected.set(key, [...(expected.get(key) ?? []), next])
    }
    database.transaction(() => write({ segment: 0, first: next - receipts, receipts, keys }))
  }
  expect(Number(database.prepare('SELECT COUNT(*) AS count FROM runs').find()?.['count'])).toBeLessThan(30)
  for (const [key, sequences] of expected) {
    const newest = sequences.toReversed()
    expect([...find({ kind: keyKinds.account, key, before: next })]).toEqual(newest)
    const before = newest[Math.floor(newest.length / 2)]!
    expect([...find({ kind: keyKinds.account, key, before })]).toEqual(newest.filter((sequence) => sequence < before))
  }
  expect([...find({ kind: keyKinds.account, key: keyAt(new Uint8Array(8).fill(9)), before: next })]).toEqual([])
  database.close()
})
