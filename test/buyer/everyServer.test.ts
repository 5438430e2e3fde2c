// The paying fetch at every official server, unmodified, in every flow that it knows: one round trip once the price is known, and at
// the end of the budget the ledger's reason.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { usd } from '@turnpike/sdk'
import { serverNames, serverOf } from '../compatibility/pairs.ts'
import { python } from '../compatibility/python/process.ts'
import { startSeller } from '../compatibility/seller.ts'
import { cent, openStage, type Stage } from './stage.fixture.ts'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

describe.each(serverNames)('at %s', (server) => {
  const { flows, isPython } = serverOf(server)
  it.skipIf(isPython && python === undefined).each(flows)('in flow %s', async (flow) => {
    const agent = await stage.newAgent({ lifetime: usd('0.035') })
    const payee = stage.newPayee().address
    const prices = [{ amount: cent, payTo: payee, flow }]
    const seller = await startSeller([`${stage.url}/x402`], { '/thing': { prices } }, server)
    let requests = 0
    const counted: typeof fetch = (input, init) => (requests++, fetch(input, init))
    const payingFetch = agent.payingFetch({ fetch: counted })
    try {
      for (let call = 1; call <= 3; call++) {
        const response = await payingFetch(`${seller.url}/thing`)
        expect([response.status, await response.json()]).toEqual([200, { answer: `/thing ${call}` }])
      }
      expect(requests).toBe(4)
      await expect(payingFetch(`${seller.url}/thing`)).rejects.toMatchObject({
        name: 'PaymentRefused',
        code: 'policy/cap_lifetime',
        capId: 'life',
        remaining: 5_000n,
      })
      expect(seller.runs('/thing')).toBe(3)
      expect(await agent.paid()).toBe(3n * cent)
      expect(await stage.balanceOf(payee)).toBe(3n * cent - 30n)
    } finally {
      await seller.close()
    }
  })
})
