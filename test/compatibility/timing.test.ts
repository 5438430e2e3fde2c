// What changes while a stock server's handler works, between verify and settle: a freeze, a smaller budget, the money, the
// clock. The hold that verify took covers it, or the buyer is not served.
import { freezeAgent, getPolicy, setPolicy } from '@turnpike/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { present, readCredential } from './buyer.ts'
import { openMarket } from './market.ts'
import type { Market } from './market.ts'
import { startSeller } from './seller.ts'

const price = 10_000n

let market: Market

beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.close())

describe('T37 T108 between verify and settle', () => {
  test('the agent is frozen: what was set aside is paid, the next purchase is refused', async () => {
    const { account, owner, buyer } = await market.hire()
    const payee = market.newPayee()
    const work = (): Promise<unknown> => freezeAgent(market.client, { agent: account, owner })
    const seller = await startSeller([market.facilitator], {
      '/thing': { prices: [{ amount: price, payTo: payee }], work },
    })
    const watch = await market.watch({ agent: account, payee })
    expect((await buyer.buy(`${seller.url}/thing`)).status).toBe(200)
    await watch.expectMoved(price)
    const refused = await buyer.buy(`${seller.url}/thing`)
    expect([refused.status, refused.required?.error]).toEqual([402, 'policy_denied'])
    await watch.expectMoved(price)
    await seller.close()
  })

  test('the budget is made smaller than the price: the same', async () => {
    const { account, owner, buyer } = await market.hire()
    const payee = market.newPayee()
    const { client } = market
    const work = async (): Promise<void> => {
      const { document } = await getPolicy(client, { agent: account, signer: owner })
      const caps = document.caps.map((cap) => ({ ...cap, maxAmount: '1' }))
      await setPolicy(client, { agent: account, owner, document: { ...document, caps } })
    }
    const seller = await startSeller([market.facilitator], {
      '/thing': { prices: [{ amount: price, payTo: payee }], work },
    })
    const watch = await market.watch({ agent: account, payee })
    expect((await buyer.buy(`${seller.url}/thing`)).status).toBe(200)
    await watch.expectMoved(price)
    expect((await buyer.buy(`${seller.url}/thing`)).required?.error).toBe('policy_denied')
    await watch.expectMoved(price)
    await seller.close()
  })

  test('the agent tries to spend its last money elsewhere: that is refused, and the first seller is paid', async () => {
    const { account, buyer } = await market.hire({ funds: price })
    const payee = market.newPayee()
    const elsewhere = market.newPayee()
    let url = ''
    const seller = await startSeller([market.facilitator], {
      '/thing': {
        prices: [{ amount: price, payTo: payee }],
        work: async () => expect((await buyer.buy(`${url}/other`)).status).toBe(402),
      },
      '/other': { prices: [{ amount: 1n, payTo: elsewhere, flow: 'upfront' }] },
    })
    url = seller.url
    const watch = await market.watch({ agent: account, payee })
    expect((await buyer.buy(`${url}/thing`)).status).toBe(200)
    expect(seller.runs('/other')).toBe(0)
    await watch.expectMoved(price)
    expect(await market.books.balanceOf(elsewhere)).toBe(0n)
    await seller.close()
  })
})

/** A handler that works until some time before (or after, if negative) the credential that called it ends. */
function createSlowWork(endMs: () => number, beforeEndMs: number): () => Promise<void> {
  return () => new Promise((resolve) => setTimeout(resolve, Math.max(0, endMs() - beforeEndMs - Date.now())))
}

describe('T129 a slow handler', () => {
  test.for([
    { name: 'into the last six seconds: paid from what was set aside', beforeEndMs: 3_000, status: 200, paid: price },
    {
      name: 'beyond the end of the authorization: not served, nothing paid, nothing left aside',
      beforeEndMs: -1_500,
      status: 402,
      paid: 0n,
    },
  ])('$name', async ({ beforeEndMs, status, paid }) => {
    const { account, buyer } = await market.hire()
    const payee = market.newPayee()
    let endMs = 0
    const work = createSlowWork(() => endMs, beforeEndMs)
    const prices = [{ amount: price, payTo: payee, maxTimeoutSeconds: 10 }]
    const seller = await startSeller([market.facilitator], { '/thing': { prices, work } })
    const watch = await market.watch({ agent: account, payee })
    const credential = await buyer.sign((await present(`${seller.url}/thing`)).required!)
    const { authorization } = readCredential(credential).payload as {
      readonly authorization: { readonly validBefore: string }
    }
    endMs = Number(authorization.validBefore) * 1_000
    const answer = await present(`${seller.url}/thing`, credential)
    expect(answer.status).toBe(status)
    await watch.expectMoved(paid)
    await seller.close()
  })
})
