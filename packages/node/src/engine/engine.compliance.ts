// What every engine has to do, whichever it is. An engine's own test file hands in how it is opened and how it crashes.
import { dollar, operator, person } from '@turnpike/chain/testing'
import { Hash, Refusal } from '@turnpike/chain/wire'
import type { Op } from '@turnpike/chain/wire'
import * as payments from '@turnpike/chain/wire/payments'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  authorize,
  charge,
  createAgent,
  drip,
  freeze,
  genesisAt,
  givenHome,
  hold,
  sign,
  signersOf,
  signingFor,
} from '../../testing/givenNode.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import type { ManualClock } from '../../testing/manualClock.ts'
import type { CommittedBlock, Engine } from './Engine.ts'
import { EngineFailure } from './EngineFailure.ts'

/** An engine under test, on a data directory. */
export type Subject = {
  readonly name: string
  open(options: {
    readonly home: string
    readonly genesis: unknown
    readonly clock: ManualClock
    readonly waitingMax?: number
  }): Promise<Engine>
}

const begin = 1_800_000_000_000
const genesis = genesisAt(begin)
const [alice, bob, carol] = [person('alice'), person('bob'), person('carol')]

/** An engine that is open while a test runs, and what has come of it. */
class World {
  clock = createManualClock(begin + 1_000)
  blocks: CommittedBlock[] = []
  engine!: Engine
  readonly signing = signingFor(genesis, () => this.clock.now())
  readonly #subject: Subject
  #home = ''
  #remove = (): Promise<void> => Promise.resolve()

  constructor(subject: Subject) {
    this.#subject = subject
  }

  readonly submit = (op: Op): ReturnType<Engine['submit']> => this.engine.submit(op, signersOf(op))

  async begin(): Promise<void> {
    this.clock = createManualClock(begin + 1_000)
    this.blocks = []
    ;({ home: this.#home, remove: this.#remove } = await givenHome())
    await this.start()
  }

  async start(waitingMax?: number): Promise<void> {
    const home = { home: this.#home, genesis, clock: this.clock }
    this.engine = await this.#subject.open({ ...home, ...(waitingMax !== undefined && { waitingMax }) })
    this.engine.subscribe((block) => void this.blocks.push(block))
  }

  async end(): Promise<void> {
    await this.engine.close()
    await this.#remove()
  }
}

/** Declares the suite for an engine. */
export function complies(subject: Subject): void {
  describe(`${subject.name} complies`, () => {
    const world = new World(subject)
    beforeEach(() => world.begin())
    afterEach(() => world.end())
    ordering(world)
    lasting(world)
    timing(world)
  })
}

/** What becomes of operations: order, once only, refusals. */
function ordering(world: World): void {
  it('gives every operation its receipt, in the order of blocks', async () => {
    const receipts = [
      await world.submit(drip(world.signing, alice)),
      await world.submit(charge(world.signing, { from: alice, to: bob, amount: 5n })),
    ]
    expect(receipts).toMatchObject([
      { sequence: 0, height: 1 },
      { sequence: 1, height: 2 },
    ])
    expect(world.blocks.map(({ height, receipts }) => [height, receipts.length])).toEqual([
      [1, 1],
      [2, 1],
    ])
    expect(world.blocks.flatMap((block) => block.receipts)).toEqual(receipts)
  })

  it('executes what waits together in the order in which it came, control operations first', async () => {
    const { op, agent } = createAgent(world.signing, { owner: alice, key: carol })
    for (const given of [drip(world.signing, alice), op, drip(world.signing, agent)]) await world.submit(given)
    const first = charge(world.signing, { from: alice, to: bob, amount: 5n })
    const agents = sign(world.signing, carol, payments.charge, {
      account: agent,
      payee: bob.address,
      asset: dollar,
      amount: 5n,
      reference: Hash.zero,
    })
    const second = charge(world.signing, { from: alice, to: operator, amount: 5n })
    const control = freeze(world.signing, alice, agent)
    const outcomes = await Promise.allSettled([first, agents, second, control].map(world.submit))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ reason: { code: 'policy/frozen' } })
    expect(world.blocks.at(-1)!.ops.map(({ op }) => op.id)).toEqual([control.id, first.id, second.id])
  })

  it('happens once: a second submission repeats the receipt of the first, in the same block and later', async () => {
    await world.submit(drip(world.signing, alice, 100n))
    const op = authorize(world.signing, { from: alice, to: bob, amount: 5n })
    const outcomes = await Promise.all([world.submit(op), world.submit(op)])
    expect(outcomes).toEqual([expect.objectContaining({ sequence: 1 }), { repeats: 1 }])
    expect(await world.submit(op)).toEqual({ repeats: 1 })
    expect(balances(world)).toEqual([95n, 5n, 0n])
    expect(world.blocks.map(({ ops }) => ops.length)).toEqual([1, 1])
  })

  it('drops what is refused: no block, no receipt, no time passes, and the same bytes may succeed later', async () => {
    const op = charge(world.signing, { from: alice, to: bob, amount: 5n })
    await world.submit(drip(world.signing, alice, 1n))
    const before = { ...world.engine.state.head }
    world.clock.move(1_000)
    const refused = world.submit(op)
    await expect(refused).rejects.toBeInstanceOf(Refusal)
    await expect(refused).rejects.toMatchObject({ code: 'bank/balance' })
    expect(world.engine.state.head).toEqual(before)
    await world.submit(drip(world.signing, alice, 4n))
    expect(await world.submit(op)).toMatchObject({ kind: 'payment' })
  })
}

/** What is durable, and what comes back. */
function lasting(world: World): void {
  it('comes back with everything that it acknowledged, and goes on', async () => {
    await world.submit(drip(world.signing, alice, 100n))
    const op = charge(world.signing, { from: alice, to: bob, amount: 5n })
    await world.submit(op)
    const { head } = world.engine.state
    await world.engine.close()
    await world.start()
    expect(world.engine.state.head).toEqual(head)
    expect(balances(world)).toEqual([95n, 5n, 0n])
    expect(await world.submit(op)).toEqual({ repeats: 1 })
    expect(await world.submit(charge(world.signing, { from: bob, to: carol, amount: 1n }))).toMatchObject({
      height: 3,
      sequence: 2,
    })
  })

  it('finishes what it has when it is closed, and takes nothing more', async () => {
    const last = world.submit(drip(world.signing, alice, 100n))
    const closed = world.engine.close()
    const late = world.submit(drip(world.signing, alice, 100n))
    await expect(late).rejects.toBeInstanceOf(EngineFailure)
    await expect(late).rejects.toMatchObject({ code: 'engine/stopped' })
    expect(await last).toMatchObject({ height: 1 })
    await closed
    expect(world.engine.status()).toMatchObject({ state: 'stopped', height: 1 })
    await world.start()
    expect(available(world.engine, alice.address)).toBe(100n)
  })

  it('releases as much due work on replay as it did live, whatever was refused in between', async () => {
    await world.submit(drip(world.signing, alice, 1_000_000n))
    // More entries fall due at once than one block releases.
    const many = Array.from({ length: 1_300 }, () =>
      authorize(world.signing, { from: alice, to: bob, amount: 1n, validBefore: begin + 20_000 }),
    )
    await Promise.all(many.map(world.submit))
    world.clock.move(-1)
    const poor = Array.from({ length: 200 }, () =>
      charge(world.signing, { from: carol, to: bob, amount: 1n, validBefore: begin + 60_000 }),
    )
    const rich = charge(world.signing, { from: alice, to: bob, amount: 1n, validBefore: begin + 60_000 })
    const mixed = Promise.allSettled([...poor, rich].map(world.submit))
    world.clock.move(19_001)
    await mixed
    const { head } = world.engine.state
    await world.engine.close()
    await world.start()
    expect(world.engine.state.head).toEqual(head)
  })
}

/** Due work, time, and the bound on what waits. */
function timing(world: World): void {
  it('does due work when nothing else happens, and makes no other empty block', async () => {
    await world.submit(drip(world.signing, alice, 100n))
    await world.submit(hold(world.signing, { from: alice, to: bob, amount: 40n, holdMs: 10_000 }))
    expect(available(world.engine, alice.address)).toBe(60n)
    const due = Promise.withResolvers<CommittedBlock>()
    world.engine.subscribe(due.resolve)
    world.clock.move(9_999)
    expect(world.engine.state.head.height).toBe(2)
    world.clock.move(1)
    expect(await due.promise).toMatchObject({ height: 3, ops: [], time: begin + 11_000 })
    expect(available(world.engine, alice.address)).toBe(100n)
    world.clock.move(100)
    expect(world.engine.state.head.height).toBe(3)
  })

  it('shows nothing before it is durable: receipts, refusals and reads leave together', async () => {
    await world.submit(drip(world.signing, alice, 100n))
    const order: string[] = []
    world.engine.subscribe(({ height }) => void order.push(`durable ${height}`))
    const paid = world
      .submit(charge(world.signing, { from: alice, to: bob, amount: 5n }))
      .then(() => order.push('receipt'))
    const refused = world
      .submit(charge(world.signing, { from: alice, to: bob, amount: 1_000n }))
      .catch(() => order.push('refusal'))
    await Promise.resolve()
    // The state is ahead of the disk, so what is read of it now has to wait.
    expect(available(world.engine, bob.address)).toBe(5n)
    expect(world.engine.status().inFlight).toBe(true)
    const read = world.engine.durable().then(() => order.push('read'))
    await Promise.all([paid, refused, read])
    expect(order[0]).toBe('durable 2')
    expect(order.toSorted()).toEqual(['durable 2', 'read', 'receipt', 'refusal'])
    expect(world.engine.status().inFlight).toBe(false)
    await world.engine.durable()
  })

  it('never lets time go back', async () => {
    await world.submit(drip(world.signing, alice, 100n))
    world.clock.move(-5_000)
    expect(world.engine.now()).toBe(begin + 1_000)
    expect(await world.submit(charge(world.signing, { from: alice, to: bob, amount: 5n }))).toMatchObject({
      time: begin + 1_000,
    })
    expect(world.engine.status().clockBehindMs).toBe(5_000)
    world.clock.move(6_000)
    expect(await world.submit(charge(world.signing, { from: alice, to: bob, amount: 5n }))).toMatchObject({
      time: begin + 2_000,
    })
    expect(world.engine.status().clockBehindMs).toBe(0)
  })

  it('T152 turns away what is more than it can hold, and serves what waited', async () => {
    await world.engine.close()
    await world.start(2)
    const ops = [1n, 2n, 3n].map((amount) => drip(world.signing, alice, amount))
    const outcomes = await Promise.allSettled(ops.map(world.submit))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect(outcomes[2]).toMatchObject({ reason: { code: 'engine/overloaded', retry: 'later' } })
    await world.submit(ops[2]!)
    expect(available(world.engine, alice.address)).toBe(6n)
  })
}

function balances({ engine }: World): readonly bigint[] {
  return [alice, bob, carol].map(({ address }) => available(engine, address))
}

function available(engine: Engine, account: string): bigint {
  const query = engine.app.queries.get('bank/balance')!
  const { available: units } = query.run(engine.view(), { account, asset: dollar }) as { readonly available: string }
  return BigInt(units)
}
