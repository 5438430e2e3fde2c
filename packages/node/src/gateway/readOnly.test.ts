// A node whose disk is nearly full, as clients meet it: every route that reads answers, every one that would write says why not.
import { operator } from '@turnpike/chain/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestNode } from '../../testing/gateway.ts'
import type { TestNode } from '../../testing/gateway.ts'

let node: TestNode
beforeAll(async () => {
  node = await openTestNode()
  await node.fund(operator.address, 1_000n)
  node.freeBytes = 1_000
  await node.restart()
})
afterAll(() => node.close())

it('T161 says of itself that it is read-only, and why', async () => {
  const health = await node.get('/health')
  expect(health.status).toBe(503)
  expect(await health.json()).toEqual({
    status: 'read-only',
    height: 1,
    reason: expect.stringContaining('1000 bytes are free'),
  })
})

it('T161 answers an operation with 503 and node/read_only, and questions as ever', async () => {
  const funding = await node.post('/faucet', { address: operator.address, amount: '1' })
  expect(funding.status).toBe(503)
  expect(funding.headers.get('retry-after')).toBe('1')
  expect(await funding.json()).toMatchObject({ code: 'node/read_only' })
  expect(await node.balance(operator.address)).toBe(1_000n)
  expect((await node.get('/chain')).status).toBe(200)
  expect((await node.get('/x402/supported')).status).toBe(200)
})

it('T161 takes operations again when there is room', async () => {
  node.freeBytes = undefined
  await node.restart()
  expect((await node.get('/health')).status).toBe(200)
  await node.fund(operator.address, 1n)
})
