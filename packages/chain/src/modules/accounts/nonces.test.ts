// Nonces: counted while they live, pruned when they end, kept for ever when cancelled; and how much falls due in one block.
import { expect, test } from 'vitest'
import {
  authorize,
  cancelOp,
  dollar,
  fillCancelledNonces,
  fillLiveNonces,
  given,
  openAgent,
  payOp,
  person,
  settleOp,
  type Given,
} from '../../../testing/index.ts'
import * as Address from '../../codec/Address.ts'
import { duePerBlock } from '../../kernel/execute.ts'
import { findAccount, findNonce } from './index.ts'
import { pruneNonces } from './nonces.ts'
import { expiring, nonces } from './state.ts'
import { liveNoncesMax } from './wire.ts'

const alice = person('alice')
const seller = person('seller')

function world(): Given {
  const chain = given()
  chain.fund(alice, 100_000n)
  chain.time += 60_000 // the faucet's own nonce ends
  chain.fund(alice, 1n)
  return chain
}

function live(chain: Given): number | undefined {
  return findAccount(chain.view(), alice.address)?.live
}

test('a block releases 1,000 ended nonces before its operations and two more for each receipt, so that a backlog shrinks', () => {
  const chain = world()
  fillLiveNonces(chain, alice.address, 2_500)
  chain.time += 60_000
  const left = [0, 10, 10].map((receipts) => {
    const ops = Array.from({ length: receipts }, () =>
      settleOp(chain, alice, authorize(chain, alice, { to: seller.address, value: 1n })),
    )
    const before = nonces.count(chain.view())
    chain.block(...ops)
    return before + receipts - nonces.count(chain.view())
  })
  expect(duePerBlock).toBe(1_000)
  // The operator's nonce of the last drip ended as well.
  expect(left).toEqual([1_000, 1_020, 481])
  expect(live(chain)).toBe(20)
})

test('a block in which something was due is no idle block, the next one is', () => {
  const chain = world()
  fillLiveNonces(chain, alice.address, 1)
  chain.time += 60_000
  expect(chain.block().idle).toBe(false)
  expect(chain.block().idle).toBe(true)
})

test('65,536 live nonces all end, some blocks later, and nothing stays behind', () => {
  const chain = world()
  fillLiveNonces(chain, alice.address, liveNoncesMax)
  const op = settleOp(chain, alice, authorize(chain, alice, { to: seller.address, value: 1n }))
  expect(chain.refused(op).code).toBe('accounts/too_many_nonces')
  chain.time += 60_000
  const bulk = liveNoncesMax - 2_500
  chain.arrange((context) => {
    for (let i = 0; i < bulk; i++) pruneNonces.run(context)
  })
  let blocks = 0
  while (!chain.block().idle) blocks++
  expect(blocks).toBe(3)
  expect([live(chain), expiring.count(chain.view()), nonces.count(chain.view())]).toEqual([0, 0, 0])
})

test('cancelled nonces outlive everything and never count as live', () => {
  const chain = world()
  fillCancelledNonces(chain, alice.address, 10)
  chain.succeed(cancelOp(chain, alice, authorize(chain, alice, { to: seller.address, value: 1n })))
  chain.time += 10 * 366 * 86_400_000
  chain.fund(alice, 1n)
  expect(findAccount(chain.view(), alice.address)).toMatchObject({ live: 0, cancelled: 11 })
  expect(nonces.count(chain.view())).toBe(12) // and the drip's
})

test('nonces of all keys and names of an account count for the account, each under the address that signed', () => {
  const chain = world()
  const key = person('agent key')
  const agent = openAgent(chain, { owner: alice, key })
  chain.fund(agent.address, 1_000n)
  const native = payOp(chain, agent, { to: seller.address, amount: 1n })
  chain.succeed(native)
  const of = authorize(chain, key, { to: seller.address, value: 1n })
  chain.succeed(settleOp(chain, key, of))
  expect(findAccount(chain.view(), agent.address)?.live).toBe(2)
  const nonce = native.message['nonce'] as typeof of.nonce
  const find = (address: Address.Address, asset: Address.Address, which: typeof of.nonce): boolean =>
    findNonce(chain.view(), { address, asset, nonce: which }) !== undefined
  expect(find(agent.address, Address.zero, nonce)).toBe(true)
  expect(find(key.address, Address.zero, nonce)).toBe(false)
  expect(find(key.address, dollar, of.nonce)).toBe(true)
  expect(find(agent.address, dollar, of.nonce)).toBe(false)
})
