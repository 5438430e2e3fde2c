// Blocks: what enters the state and the commitments, what leaves no trace, and how much due work one block does.
import { expect, test } from 'vitest'
import { dollar, freshNonce, genesisDocument, given, operator, person } from '../../testing/index.ts'
import { recoverSigner } from '../crypto/verifier.ts'
import * as faucet from '../modules/faucet/wire.ts'
import * as payments from '../modules/payments/wire.ts'
import * as policy from '../modules/policy/wire.ts'
import * as token from '../modules/token/wire.ts'
import { encodeHeader } from '../wire/block.ts'
import type { Op } from '../wire/op.ts'
import { Refusal } from '../wire/refusal.ts'
import { check, createState, parseQuestion } from './app.ts'
import { advance, duePerBlock, executeBlock, unmake } from './execute.ts'

const ada = person('ada')
const ben = person('ben')

function funded(): ReturnType<typeof given> {
  const chain = given()
  chain.fund(ada, 1_000_000n)
  return chain
}

function transferOf(chain: ReturnType<typeof given>, amount: bigint): Op {
  return chain.native(token.transfer, { to: ben.address, asset: dollar, amount, reference: freshNonce() }, ada)
}

test('T148 a block without a receipt is not made: nothing of it stays', () => {
  const chain = funded()
  const before = { ...chain.state.head }
  const refused = transferOf(chain, 2_000_000n)
  const result = chain.block(refused)
  expect(result.idle).toBe(true)
  expect(result.outcomes[0]).toBeInstanceOf(Refusal)
  expect(chain.state.head).toEqual(before)
  expect(chain.state.store.touched).toBe(false)
})

test('T148 refused operations and dry runs leave the app hash as it would be without them', () => {
  const [calm, troubled] = [given(), given()]
  const drip = calm.native(faucet.drip, { to: ada.address, asset: dollar, amount: 1_000_000n }, operator)
  calm.succeed(drip)
  troubled.succeed(drip)
  const op = transferOf(calm, 10n)
  const tooMuch = transferOf(calm, 2_000_000n)
  const dry = transferOf(calm, 77n)
  check(troubled.app, troubled.state, dry, { time: troubled.time, verify: recoverSigner })
  troubled.block(tooMuch, op, tooMuch)
  calm.block(op)
  expect(troubled.state.head).toEqual(calm.state.head)
})

test('a block that is unmade can be made again, to the same hash', () => {
  const chain = funded()
  const block = { height: 3, time: chain.time, ops: [transferOf(chain, 10n)] }
  const first = executeBlock(chain.app, chain.state, block, recoverSigner)
  unmake(chain.state, first)
  const second = executeBlock(chain.app, chain.state, block, recoverSigner)
  expect(second.head).toEqual(first.head)
  expect(second.writes).toBe(first.writes)
  advance(chain.state, second)
  expect(chain.state.head).toEqual(second.head)
})

test('the app hash has no part in height or time: the same operations give the same hash later', () => {
  const [early, late] = [given(), given()]
  const op = early.native(
    faucet.drip,
    { to: ada.address, asset: dollar, amount: 5n, validBefore: early.time + 90_000 },
    operator,
  )
  const at = (chain: ReturnType<typeof given>, height: number, time: number): ReturnType<typeof executeBlock> =>
    executeBlock(chain.app, chain.state, { height, time, ops: [op] }, recoverSigner)
  const [first, second] = [at(early, 1, early.time), at(late, 1, early.time)]
  expect(second.head.appHash).toBe(first.head.appHash)
  expect(
    encodeHeader({ ...first.head, genesis: early.state.genesis, previous: early.state.head.blockHash }),
  ).toHaveLength(113)
})

test('the genesis hash follows every parameter in force, and no seed', () => {
  const { app, state } = given()
  expect(createState(app, genesisDocument(), [5, 6]).genesis).toBe(state.genesis)
  expect(createState(app, genesisDocument({ tollBasisPoints: 10 }), [5, 6]).genesis).toBe(state.genesis)
  expect(createState(app, genesisDocument({ tollBasisPoints: 11 }), [5, 6]).genesis).not.toBe(state.genesis)
})

test('T109 a control operation behind another kind is a mistake of the engine, not an outcome', () => {
  const chain = funded()
  const ops = [transferOf(chain, 1n), chain.native(policy.freeze, { agent: ben.address }, ada)]
  expect(() => chain.block(...ops)).toThrow('A control operation stands after another kind.')
})

test('T160 due work is bounded per block, grows with its operations, and what is left is done later', () => {
  const chain = funded()
  const count = duePerBlock + 10
  const validBefore = chain.time + 1_000
  for (let i = 0; i < count; i++) {
    chain.state.store.keep()
    const fields = { to: ben.address, asset: dollar, amount: 1n, reference: freshNonce(), validBefore }
    const op = chain.native(token.transfer, fields, ada)
    const block = { height: chain.state.head.height + 1, time: chain.time, ops: [op] }
    advance(
      chain.state,
      executeBlock(chain.app, chain.state, block, () => ada.address),
    )
  }
  const spent = (): number => chain.state.store.queue(0x0204).rows.size
  const before = spent()
  chain.time += 2_000
  chain.block()
  expect(before - spent()).toBe(duePerBlock)
  chain.block()
  expect(spent()).toBe(before - count)
})

test('receipts are numbered in order, repeats point to the first, and refusals take no number', () => {
  const chain = funded()
  const first = transferOf(chain, 10n)
  const { receipts } = chain.block(first, transferOf(chain, 2_000_000n), first, transferOf(chain, 20n))
  expect(receipts.map(({ sequence }) => sequence)).toEqual([1, 2])
  expect(chain.run(first)).toEqual({ repeats: 1 })
})

test('a hold names its attempt', () => {
  expect(payments.hold.attempt).toBe(true)
})

test('T151 a question of any shape is answered or refused, never thrown', () => {
  const { app } = given()
  const names: readonly unknown[] = [
    null,
    1,
    {},
    [],
    { toString: null, valueOf: null },
    ['bank/supply'],
    'bank/none',
    '__proto__',
  ]
  for (const name of names) expect(() => parseQuestion(app, name, {})).toThrow(Refusal)
  for (const args of [null, 1, [], { asset: 1 }, { asset: dollar, more: 1 }]) {
    expect(() => parseQuestion(app, 'bank/supply', args)).toThrow(Refusal)
  }
})
