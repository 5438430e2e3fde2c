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

/** Declares the suite for an engine. */
export function complies({ name, open }: Subject): void {
  describe(`${name} complies`, () => {
    let clock: ManualClock
    let home = ''
    let remove: () => Promise<void>
    let engine: Engine
    let blocks: CommittedBlock[]
    const start = async (waitingMax?: number): Promise<void> => {
      engine = await open({ home, genesis, clock, ...(waitingMax !== undefined && { waitingMax }) })
      engine.subscribe((block) => void blocks.push(block))
    }
    beforeEach(async () => {
      clock = createManualClock(begin + 1_000)
      blocks = []
      ;({ home, remove } = await givenHome())
      await start()
    })
    afterEach(async () => {
      await engine.close()
      await remove()
    })
    const signing = signingFor(genesis, () => clock.now())
    const submit = (op: Op): ReturnType<Engine['submit']> => engine.submit(op, signersOf(op))
    const balances = (): unknown => [alice, bob, carol].map(({ address }) => available(engine, address))

    it('gives every operation its receipt, in the order of blocks', async () => {
      const receipts = [
        await submit(drip(signing, alice)),
        await submit(charge(signing, { from: alice, to: bob, amount: 5n })),
      ]
      expect(receipts).toMatchObject([
        { sequence: 0, height: 1 },
        { sequence: 1, height: 2 },
      ])
      expect(blocks.map(({ height, receipts }) => [height, receipts.length])).toEqual([
        [1, 1],
        [2, 1],
      ])
      expect(blocks.flatMap((block) => block.receipts)).toEqual(receipts)
    })

    it('executes what waits together in the order in which it came, control operations first', async () => {
      const { op, agent } = createAgent(signing, { owner: alice, key: carol })
      for (const given of [drip(signing, alice), op, drip(signing, agent)]) await submit(given)
      const first = charge(signing, { from: alice, to: bob, amount: 5n })
      const agents = sign(signing, carol, payments.charge, {
        account: agent,
        payee: bob.address,
        asset: dollar,
        amount: 5n,
        reference: Hash.zero,
      })
      const second = charge(signing, { from: alice, to: operator, amount: 5n })
      const control = freeze(signing, alice, agent)
      const outcomes = await Promise.allSettled([first, agents, second, control].map(submit))
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
      expect(outcomes[1]).toMatchObject({ reason: { code: 'policy/frozen' } })
      expect(blocks.at(-1)!.ops.map(({ op }) => op.id)).toEqual([control.id, first.id, second.id])
    })

    it('happens once: a second submission repeats the receipt of the first, in the same block and later', async () => {
      await submit(drip(signing, alice, 100n))
      const op = authorize(signing, { from: alice, to: bob, amount: 5n })
      const outcomes = await Promise.all([submit(op), submit(op)])
      expect(outcomes).toEqual([expect.objectContaining({ sequence: 1 }), { repeats: 1 }])
      expect(await submit(op)).toEqual({ repeats: 1 })
      expect(balances()).toEqual([95n, 5n, 0n])
      expect(blocks.map(({ ops }) => ops.length)).toEqual([1, 1])
    })

    it('drops what is refused: no block, no receipt, no time passes, and the same bytes may succeed later', async () => {
      const op = charge(signing, { from: alice, to: bob, amount: 5n })
      await submit(drip(signing, alice, 1n))
      const before = { ...engine.state.head }
      clock.move(1_000)
      const refused = submit(op)
      await expect(refused).rejects.toBeInstanceOf(Refusal)
      await expect(refused).rejects.toMatchObject({ code: 'bank/balance' })
      expect(engine.state.head).toEqual(before)
      await submit(drip(signing, alice, 4n))
      expect(await submit(op)).toMatchObject({ kind: 'payment' })
    })

    it('shows nothing before it is durable: receipts, refusals and reads leave together', async () => {
      await submit(drip(signing, alice, 100n))
      const order: string[] = []
      engine.subscribe(({ height }) => void order.push(`durable ${height}`))
      const paid = submit(charge(signing, { from: alice, to: bob, amount: 5n })).then(() => order.push('receipt'))
      const refused = submit(charge(signing, { from: alice, to: bob, amount: 1_000n })).catch(() =>
        order.push('refusal'),
      )
      await Promise.resolve()
      // The state is ahead of the disk, so what is read of it now has to wait.
      expect(available(engine, bob.address)).toBe(5n)
      expect(engine.status().inFlight).toBe(true)
      const read = engine.durable().then(() => order.push('read'))
      await Promise.all([paid, refused, read])
      expect(order[0]).toBe('durable 2')
      expect(order.toSorted()).toEqual(['durable 2', 'read', 'receipt', 'refusal'])
      expect(engine.status().inFlight).toBe(false)
      await engine.durable()
    })

    it('comes back with everything that it acknowledged, and goes on', async () => {
      await submit(drip(signing, alice, 100n))
      const op = charge(signing, { from: alice, to: bob, amount: 5n })
      await submit(op)
      const { head } = engine.state
      await engine.close()
      await start()
      expect(engine.state.head).toEqual(head)
      expect(balances()).toEqual([95n, 5n, 0n])
      expect(await submit(op)).toEqual({ repeats: 1 })
      expect(await submit(charge(signing, { from: bob, to: carol, amount: 1n }))).toMatchObject({
        height: 3,
        sequence: 2,
      })
    })

    it('does due work when nothing else happens, and makes no other empty block', async () => {
      await submit(drip(signing, alice, 100n))
      await submit(hold(signing, { from: alice, to: bob, amount: 40n, holdMs: 10_000 }))
      expect(available(engine, alice.address)).toBe(60n)
      const due = Promise.withResolvers<CommittedBlock>()
      engine.subscribe(due.resolve)
      clock.move(9_999)
      expect(engine.state.head.height).toBe(2)
      clock.move(1)
      expect(await due.promise).toMatchObject({ height: 3, ops: [], time: begin + 11_000 })
      expect(available(engine, alice.address)).toBe(100n)
      clock.move(100)
      expect(engine.state.head.height).toBe(3)
    })

    it('never lets time go back', async () => {
      await submit(drip(signing, alice, 100n))
      clock.move(-5_000)
      expect(engine.now()).toBe(begin + 1_000)
      expect(await submit(charge(signing, { from: alice, to: bob, amount: 5n }))).toMatchObject({ time: begin + 1_000 })
      expect(engine.status().clockBehindMs).toBe(5_000)
      clock.move(6_000)
      expect(await submit(charge(signing, { from: alice, to: bob, amount: 5n }))).toMatchObject({ time: begin + 2_000 })
      expect(engine.status().clockBehindMs).toBe(0)
    })

    it('T152 turns away what is more than it can hold, and serves what waited', async () => {
      await engine.close()
      await start(2)
      const ops = [1n, 2n, 3n].map((amount) => drip(signing, alice, amount))
      const outcomes = await Promise.allSettled(ops.map(submit))
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
      expect(outcomes[2]).toMatchObject({ reason: { code: 'engine/overloaded', retry: 'later' } })
      await submit(ops[2]!)
      expect(available(engine, alice.address)).toBe(6n)
    })

    it('finishes what it has when it is closed, and takes nothing more', async () => {
      const last = submit(drip(signing, alice, 100n))
      const closed = engine.close()
      const late = submit(drip(signing, alice, 100n))
      await expect(late).rejects.toBeInstanceOf(EngineFailure)
      await expect(late).rejects.toMatchObject({ code: 'engine/stopped' })
      expect(await last).toMatchObject({ height: 1 })
      await closed
      expect(engine.status()).toMatchObject({ state: 'stopped', height: 1 })
      await start()
      expect(available(engine, alice.address)).toBe(100n)
    })

    it('releases as much due work on replay as it did live, whatever was refused in between', async () => {
      await submit(drip(signing, alice, 1_000_000n))
      // More entries fall due at once than one block releases.
      const many = Array.from({ length: 1_300 }, () =>
        authorize(signing, { from: alice, to: bob, amount: 1n, validBefore: begin + 20_000 }),
      )
      await Promise.all(many.map(submit))
      clock.move(-1)
      const poor = Array.from({ length: 200 }, () =>
        charge(signing, { from: carol, to: bob, amount: 1n, validBefore: begin + 60_000 }),
      )
      const rich = charge(signing, { from: alice, to: bob, amount: 1n, validBefore: begin + 60_000 })
      const mixed = Promise.allSettled([...poor, rich].map(submit))
      clock.move(19_001)
      await mixed
      const { head } = engine.state
      await engine.close()
      await start()
      expect(engine.state.head).toEqual(head)
    })
  })
}

function available(engine: Engine, account: string): bigint {
  const query = engine.app.queries.get('bank/balance')!
  const { available: units } = query.run(engine.view(), { account, asset: dollar }) as { readonly available: string }
  return BigInt(units)
}
