// History on real files and threads: lists, sums and look-ups; behind the log, lost, stale, and built again.
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dollar, freshNonce, operator, person, testDollar } from '@turnpike/chain/testing'
import type { Person } from '@turnpike/chain/testing'
import { Hash } from '@turnpike/chain/wire'
import type { codec, Op } from '@turnpike/chain/wire'
import * as faucet from '@turnpike/chain/wire/faucet'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  authorize,
  cancel,
  charge,
  createAgent,
  drip,
  genesisAt,
  givenHome,
  hold,
  openNode,
  refund,
  sign,
  signingFor,
} from '../../testing/givenNode.ts'
import type { OpenNode } from '../../testing/givenNode.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import type { ManualClock } from '../../testing/manualClock.ts'
import { findProblem } from '../gateway/problem.ts'
import { createTurnpikeRail } from '../rails/turnpike/turnpike.ts'
import { HistoryDamaged } from './HistoryDamaged.ts'
import { dayMs } from './historySums.ts'
import { storedToJson } from './StoredReceipt.ts'

// The beginning of a day, so that hours and days of the tests are whole.
const begin = 1_800_057_600_000
const hourMs = 3_600_000
const genesis = genesisAt(begin)
const [alice, bob, carol, seller] = ['alice', 'bob', 'carol', 'seller'].map(person) as [Person, Person, Person, Person]

let clock: ManualClock
const signing = signingFor(genesis, () => clock.now())
let home = ''
let remove: () => Promise<void>
let node: OpenNode
beforeEach(async () => {
  clock = createManualClock(begin)
  ;({ home, remove } = await givenHome())
  node = await openNode({ home, genesis, clock })
})
afterEach(async () => {
  await node.close()
  await remove()
})

type Answer = { readonly [field: string]: codec.Json }
const ask = async (name: string, args: unknown, asker = {}): Promise<Answer> =>
  (await node.ledger.query(name, args, asker)) as Answer
const submit = async (op: Op): Promise<number> => (await node.ledger.submit(op)).receipt.receipt.sequence

/** A day and a half of trade. */
async function trade(): Promise<{ readonly operations: readonly Op[]; readonly refunded: Op }> {
  const funding = [alice, bob, seller].map((who) => drip(signing, who, 10_000_000n))
  const more = sign(signing, operator, faucet.drip, { to: alice.address, asset: testDollar, amount: 1_000_000_000n })
  const first = charge(signing, { from: alice, to: seller, amount: 100_000n })
  for (const op of [...funding, more, first]) await submit(op)
  clock.move(hourMs)
  const second = authorize(signing, { from: bob, to: seller, amount: 300_000n })
  for (const op of [second, hold(signing, { from: bob, to: seller, amount: 7n, holdMs: 60_000 })]) await submit(op)
  const other = sign(signing, alice, first.definition, {
    ...first.message,
    asset: testDollar,
    amount: 5n,
    nonce: Hash.fromBytes(new Uint8Array(32).fill(9)),
    validBefore: clock.now() + 1_000,
  })
  await submit(other)
  clock.move(35 * hourMs)
  const third = charge(signing, { from: alice, to: seller, amount: 50_000n })
  const refunded = refund(signing, { from: seller, to: bob, amount: 120_000n, payment: second.id })
  for (const op of [third, refunded]) await submit(op)
  return { operations: [first, second, other, third], refunded }
}

const idsOf = (answer: Answer): readonly unknown[] =>
  (answer['payments'] as readonly Answer[]).map(({ operation }) => operation)

describe('lists', () => {
  it('shows the newest payments and refunds, and the sums of all payments', async () => {
    expect(await ask('history/recent', { limit: 5 })).toEqual({ payments: [], totals: { payments: 0, amounts: [] } })
    const { operations, refunded } = await trade()
    const recent = await ask('history/recent', { limit: 2 })
    expect(idsOf(recent)).toEqual([refunded.id, operations.at(-1)!.id])
    expect(recent['totals']).toEqual({
      payments: 4,
      amounts: [
        { asset: dollar, amount: '450000', toll: '450' },
        { asset: testDollar, amount: '5', toll: '0' },
      ],
    })
    expect((recent['payments'] as readonly Answer[])[1]).toEqual({
      sequence: 8,
      height: 11,
      time: begin + 36 * hourMs,
      operation: operations[3]!.id,
      type: 'payments/charge',
      kind: 'payment',
      payer: alice.address,
      account: alice.address,
      payee: seller.address,
      asset: dollar,
      amount: '50000',
      toll: '50',
      policyVersion: 0,
      reference: Hash.zero,
      flags: 3,
    })
  })

  it('shows what an account paid and earned, page by page', async () => {
    const { operations, refunded } = await trade()
    const [first, second, other, third] = operations.map(({ id }) => id)
    const account = (who: Person, more = {}): Promise<readonly unknown[]> =>
      ask('history/account', { account: who.address, limit: 10, ...more }).then(idsOf)
    expect(await account(alice)).toEqual([third, other, first])
    expect(await account(seller, { role: 'payee' })).toEqual([third, other, second, first])
    expect(await account(seller, { role: 'payer' })).toEqual([refunded.id])
    expect(await account(bob, { role: 'any' })).toEqual([refunded.id, second])
    expect(await account(carol)).toEqual([])
    const page = await ask('history/account', { account: seller.address, role: 'any', limit: 2 })
    expect(idsOf(page)).toEqual([refunded.id, third])
    const before = (page['payments'] as readonly Answer[])[1]!['sequence']
    expect(await account(seller, { before })).toEqual([other, second, first])
    await expect(ask('history/account', { account: seller.address, role: 'owner' })).rejects.toMatchObject({
      code: 'wire/malformed',
    })
    await expect(ask('history/nothing', {})).rejects.toMatchObject({ code: 'wire/not_found' })
  })

  it('shows the refunds of an operation, by whom it was paid to', async () => {
    const { operations, refunded } = await trade()
    const [first, second] = operations
    const again = refund(signing, { from: seller, to: bob, amount: 1n, payment: second!.id })
    const stranger = refund(signing, { from: alice, to: bob, amount: 1n, payment: second!.id })
    for (const op of [again, stranger]) await submit(op)
    const refunds = (operation: Op, more = {}): Promise<Answer> =>
      ask('history/refunds', { operation: operation.id, account: seller.address, ...more })
    expect(await refunds(second!)).toMatchObject({
      payments: [
        { operation: again.id, kind: 'refund', amount: '1', reference: second!.id },
        { operation: refunded.id, amount: '120000' },
      ],
    })
    const page = await refunds(second!, { limit: 1 })
    expect(idsOf(page)).toEqual([again.id])
    expect(idsOf(await refunds(second!, { cursor: page['next'] }))).toEqual([refunded.id])
    expect(idsOf(await refunds(second!, { account: alice.address }))).toEqual([stranger.id])
    expect(await refunds(first!)).toEqual({ payments: [] })
  })

  it('keeps the books of a seller by hour and day, with buyers, refunds and classes of refusals', async () => {
    const { refunded } = await trade()
    await expect(submit(charge(signing, { from: bob, to: seller, amount: 10n ** 12n }))).rejects.toMatchObject({
      code: 'bank/balance',
    })
    const books = await ask('history/seller', { payee: seller.address })
    expect(books).toMatchObject({
      totals: [
        { asset: dollar, revenue: '450000', toll: '450', refunded: '120000', payments: 3 },
        { asset: testDollar, revenue: '5', toll: '0', refunded: '0', payments: 1 },
      ],
      hours: [
        { start: begin, asset: dollar, revenue: '100000', toll: '100', payments: 1 },
        { start: begin + hourMs, asset: dollar, revenue: '300000', toll: '300', payments: 1 },
        { start: begin + hourMs, asset: testDollar, revenue: '5', toll: '0', payments: 1 },
        { start: begin + 36 * hourMs, asset: dollar, revenue: '50000', toll: '50', payments: 1 },
      ],
      days: [
        { start: begin, asset: dollar, revenue: '400000', payments: 2 },
        { start: begin, asset: testDollar, revenue: '5', payments: 1 },
        { start: begin + 24 * hourMs, asset: dollar, revenue: '50000', payments: 1 },
      ],
      buyers: [
        { account: bob.address, asset: dollar, amount: '300000', payments: 1 },
        { account: alice.address, asset: dollar, amount: '150000', payments: 2 },
        { account: alice.address, asset: testDollar, amount: '5', payments: 1 },
      ],
      refunds: [{ operation: refunded.id, amount: '120000' }],
      refusals: [{ class: 'balance', count: 1 }],
    })
    clock.move(13 * hourMs)
    const { hours } = await ask('history/seller', { payee: seller.address })
    expect((hours as readonly Answer[]).map(({ start }) => start)).toEqual([begin + 36 * hourMs])
  })

  it('lists agents, the newest first', async () => {
    await submit(drip(signing, alice))
    const agents = [
      createAgent(signing, { owner: alice, key: bob }),
      createAgent(signing, { owner: alice, key: carol }),
    ]
    for (const { op } of agents) await submit(op)
    expect(await ask('history/agents', {})).toEqual({
      agents: agents
        .toReversed()
        .map(({ op, agent }) => ({ account: agent, owner: alice.address, created: begin, operation: op.id })),
    })
  })

  it('tells blocks after a height, as streams do', async () => {
    const { operations } = await trade()
    const blocks = await node.ledger.blocks({ after: 4, limit: 3 })
    // When the clock moved, a block of due work alone dropped the nonces that had expired.
    expect(blocks.map(({ height, operations: count }) => [height, count])).toEqual([
      [5, 1],
      [6, 0],
      [7, 1],
    ])
    expect(blocks.map(({ payments }) => payments.map(({ operation }) => operation))).toEqual([
      [operations[0]!.id],
      [],
      [operations[1]!.id],
    ])
    expect(blocks[0]!.payments[0]).toEqual({
      operation: operations[0]!.id,
      payer: alice.address,
      account: alice.address,
      payee: seller.address,
      asset: dollar,
      amount: '100000',
      toll: '100',
    })
    expect(await node.ledger.blocks({ after: 1_000, limit: 3 })).toEqual([])
  })
})

/** Everything that history answers of the trade. */
async function everything(operations: readonly Op[]): Promise<unknown> {
  const receipts = await Promise.all(operations.map(({ id }) => node.ledger.receiptOf(id)))
  return {
    receipts: receipts.map(
      (receipt) => receipt && storedToJson(receipt, { protocol: signing.protocol, isOperator: true }),
    ),
    recent: await ask('history/recent', { limit: 100 }),
    seller: await ask('history/seller', { payee: seller.address }),
    accounts: await Promise.all(
      [alice, bob, seller].map(({ address }) => ask('history/account', { account: address })),
    ),
    blocks: await node.ledger.blocks({ after: 0, limit: 100 }),
  }
}

describe('what is derived', () => {
  it('is built again, equal, when it was deleted, damaged or is of another format', async () => {
    const { operations } = await trade()
    const before = await everything(operations)
    const path = join(home, 'history', 'history.db')
    const losses = [
      () => rm(join(home, 'history'), { recursive: true }),
      () => rm(join(home, 'receipts'), { recursive: true }),
      () => rm(join(home, 'mmr')),
      async () => {
        for (const name of ['history', 'receipts', 'mmr']) await rm(join(home, name), { recursive: true })
      },
      () => writeFile(path, 'no database'),
      async () => {
        const database = node.machine.databases.open({ path, durability: 'normal' })
        database.exec('PRAGMA user_version = 99')
        database.close()
      },
    ]
    for (const lose of losses) {
      await node.close()
      await lose()
      node = await openNode({ home, genesis, clock })
      expect(await everything(operations)).toEqual(before)
    }
  })

  it('T32 says that a file was changed, goes on, and is sound again when it was built again', async () => {
    const { refunded } = await trade()
    const before = await everything([refunded])
    await node.close()
    const path = join(home, 'history', 'bodies-0000000000')
    const bytes = await readFile(path)
    bytes[bytes.length - 40]! ^= 1
    await writeFile(path, bytes)
    node = await openNode({ home, genesis, clock })
    const damage = await node.ledger.receiptOf(refunded.id).catch((error: unknown) => error)
    expect(damage).toBeInstanceOf(HistoryDamaged)
    expect(findProblem(damage)).toMatchObject({ status: 503, code: 'history/damaged' })
    await expect(node.ledger.submit(refunded)).rejects.toThrow(HistoryDamaged)
    await node.close()
    await rm(join(home, 'history'), { recursive: true })
    node = await openNode({ home, genesis, clock })
    expect(await everything([refunded])).toEqual(before)
    await submit(charge(signing, { from: alice, to: seller, amount: 1n }))
  })

  it('T32 says that its database was changed, and the reader lives on', async () => {
    const { operations } = await trade()
    await node.ledger.query('history/recent', {}, {})
    await node.close()
    const path = join(home, 'history', 'history.db')
    const database = node.machine.databases.open({ path, durability: 'normal' })
    const pages = ['chunks', 'chunksByKey'].map((name) =>
      Number(database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').find(name)!['rootpage']),
    )
    database.close() // Whoever closes last brings everything into one file.
    const bytes = await readFile(path)
    for (const page of pages)
      bytes.fill(0xff, (page - 1) * bytes.readUInt16BE(16), (page - 1) * bytes.readUInt16BE(16) + 64)
    await writeFile(path, bytes)
    node = await openNode({ home, genesis, clock })
    for (const { id } of operations) await expect(node.ledger.receiptOf(id)).rejects.toThrow(HistoryDamaged)
    expect(await node.ledger.blocks({ after: 0, limit: 100 })).toHaveLength(node.ledger.status().height)
  })

  it('catches up when the node ended before history was written', async () => {
    const { operations } = await trade()
    await node.ledger.query('history/recent', {}, {})
    const late = charge(signing, { from: alice, to: seller, amount: 1_000n })
    await node.ledger.submit(late)
    expect(node.ledger.status().history).toEqual({ height: 12, unwritten: 1 })
    // What lies on the disk at this moment is what a crash would leave.
    const copy = join(home, 'copy')
    await cp(join(home, 'log'), join(copy, 'log'), { recursive: true })
    for (const name of ['history', 'receipts', 'mmr']) await cp(join(home, name), join(copy, name), { recursive: true })
    const before = await everything([...operations, late])
    await node.close()
    node = await openNode({ home: copy, genesis, clock })
    expect(node.replayed.at(-1)).toMatchObject({ height: 13 })
    expect(await everything([...operations, late])).toEqual(before)
  })

  it('is dropped when it belongs to other blocks than the log', async () => {
    const { operations } = await trade()
    const before = await everything(operations)
    await node.close()
    // With a checkpoint of the last block, behind which nothing is replayed.
    node = await openNode({ home, genesis, clock, checkpointBytes: 4_096 })
    await node.close()
    // Of another line of blocks: shorter than the log, as long, and longer.
    const other = join(home, 'other')
    for (const height of [10, 12, 15]) {
      node = await openNode({ home: other, genesis, clock })
      while (node.ledger.status().height < height) await submit(drip(signing, carol))
      await node.close()
      for (const part of ['history', 'receipts', 'mmr']) {
        await rm(join(home, part), { recursive: true, force: true })
        await cp(join(other, part), join(home, part), { recursive: true })
      }
      node = await openNode({ home, genesis, clock })
      expect(node.ledger.status().height).toBe(12)
      expect(await everything(operations)).toEqual(before)
      await node.close()
    }
    node = await openNode({ home, genesis, clock })
  })
})

describe('a retention', () => {
  it('drops whole segments and nothing of what stands on them, and says so', async () => {
    await node.close()
    const options = { home, genesis, clock, historySizes: { leavesPerFile: 2, segmentReceipts: 3 } }
    node = await openNode({ ...options, retention: { receipts: 4 } })
    const rail = (): ReturnType<typeof createTurnpikeRail> =>
      createTurnpikeRail({ ledger: node.ledger, random: node.machine.random })
    for (const who of [alice, bob]) await submit(drip(signing, who, 10_000_000n))
    const old = authorize(signing, { from: alice, to: seller, amount: 1n })
    await submit(old)
    const nonce = freshNonce()
    const cancelled = cancel(signing, bob, nonce)
    await submit(cancelled)
    const key = { asset: dollar, payer: alice.address, nonce: old.message['nonce'] as Hash.Hash }
    const outcome = async (validBefore: number): Promise<string> =>
      (await rail().outcome({ ...key, validBefore })).status
    await ask('history/recent', {})
    for (let day = 0; day < 6; day++) {
      clock.move(dayMs)
      for (let i = 0; i < 2; i++) await submit(charge(signing, { from: alice, to: seller, amount: 10n }))
      await ask('history/recent', {})
      if (day === 0) expect(await outcome(begin + 60_000)).toBe('settled')
    }
    const names = await readdir(join(home, 'receipts'))
    expect(names.length).toBeLessThan(8)
    expect(names).not.toContain('0000000000')
    const { begin: kept } = node.ledger.status().history
    expect(kept!.sequence).toBeGreaterThan(3)
    expect(await node.ledger.receiptOf(old.id)).toBeUndefined()
    // It may have been settled in what was dropped; of what would lie in what is kept it is certain that it was not.
    expect(await outcome(begin + 60_000)).toBe('unknown')
    expect(await outcome(kept!.time + 2 * hourMs)).toBe('expired')
    await expect(node.ledger.submit(cancelled)).rejects.toMatchObject({ code: 'history/dropped' })
    const seen = await ask('history/account', { account: seller.address })
    expect(seen).toMatchObject({ begin: kept })
    expect((await ask('history/seller', { payee: seller.address }))['totals']).toMatchObject([{ payments: 13 }])
    await node.close()
    node = await openNode(options)
    expect(node.ledger.status().history.begin).toEqual(kept)
    expect(await ask('history/account', { account: seller.address })).toEqual(seen)
  })
})
