// Payments of the smallest amount, as many as there are: what they leave behind ends by itself, and to new accounts they do not go.
import { expect, test } from 'vitest'
import { dollar, freshNonce, given, operator, person, type Given } from '../../../testing/index.ts'
import type { Address } from '../../codec/Address.ts'
import * as Hash from '../../codec/Hash.ts'
import { advance, executeBlock, unmake, type BlockResult } from '../../kernel/execute.ts'
import { createOp, type Op } from '../../wire/op.ts'
import { balanceOf } from '../bank/index.ts'
import * as payments from './wire.ts'

const payer = person('payer')
const seller = person('seller')
const count = 1_000
/** Of all of them, at 10 basis points. */
const tolls = 1n

function world(): Given {
  const chain = given({ params: { accountMin: '100', freePerMinute: 10_000 } })
  chain.fund(payer, 1_000_000n)
  chain.fund(seller, 100n)
  return chain
}

/** A payment of one unit. Nobody signs it: what signatures are worth is tried elsewhere, and thousands of them take long. */
function pay({ protocol, time }: Given, payee: Address): Op {
  const fields = { payee, asset: dollar, amount: 1n, reference: Hash.zero }
  const message = { ...fields, account: payer.address, nonce: freshNonce(), validBefore: time + 60_000 }
  return createOp(protocol.domains, {
    definition: payments.charge,
    message: { ...message, type: payments.charge.type },
    signatures: [{ kind: 1, bytes: new Uint8Array(65) }],
    relay: {},
  })
}

/** The next block, in which every signature is the payer's. */
function execute({ app, state, time }: Given, ops: readonly Op[]): BlockResult {
  const block = { height: state.head.height + 1, time, ops }
  const result = executeBlock(app, state, block, () => payer.address)
  if (result.idle) unmake(state, result)
  else {
    advance(state, result)
    state.store.keep()
  }
  return result
}

function manyTo(chain: Given): readonly Op[] {
  return Array.from({ length: count }, () => pay(chain, seller.address))
}

/** Bytes of the whole state. */
function sizeOf(chain: Given): number {
  return [...chain.state.store.image()].reduce((sum, piece) => sum + piece.length, 0)
}

test('T73 a thousand payments of one unit leave two balances and no other trace when their nonces have ended', () => {
  const chain = world()
  const before = sizeOf(chain)
  execute(chain, manyTo(chain))
  expect(balanceOf(chain.view(), seller.address, dollar).available).toBe(100n + BigInt(count) - tolls)
  expect(balanceOf(chain.view(), operator.address, dollar).available).toBe(tolls)
  expect(sizeOf(chain)).toBeGreaterThan(before)
  chain.time += 61_000
  while (!chain.block().idle);
  // What is freed keeps its place for the next ones; nothing lives in it.
  execute(chain, manyTo(chain))
  const full = sizeOf(chain)
  for (let round = 0; round < 3; round++) {
    chain.time += 61_000
    while (!chain.block().idle);
    execute(chain, manyTo(chain))
    expect(sizeOf(chain)).toBe(full)
  }
})

test('T73 one unit opens no account: a thousand strangers stay strangers, and the state is what it was', () => {
  const chain = world()
  const before = sizeOf(chain)
  const { height } = chain.state.head
  const ops = Array.from({ length: 1_000 }, (_, i) => pay(chain, `0x${i.toString(16).padStart(40, 'f')}` as Address))
  const { outcomes, idle } = execute(chain, ops)
  expect(new Set(outcomes.map((outcome) => (outcome as { readonly code: unknown }).code))).toEqual(
    new Set(['bank/below_minimum']),
  )
  expect([idle, chain.state.head.height, sizeOf(chain)]).toEqual([true, height, before])
})
