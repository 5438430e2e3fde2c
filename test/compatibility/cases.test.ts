// The twelve cases of a purchase between the official packages, unmodified, on a real node: paid, unpaid, wrong amount,
// underfunded, over the cap, frozen, expired, replayed, handler fails, facilitator restarted between verify and settle, killed
// after settle, two accepts. Each says where the money is afterwards: agent, payee, toll, budget.
import { freezeAgent, unfreezeAgent } from '@turnpike/sdk'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { present, readCredential } from './buyer.ts'
import { openMarket } from './market.ts'
import type { Market } from './market.ts'
import { startRelay } from './relay.ts'
import type { Relay } from './relay.ts'
import { startSeller } from './seller.ts'
import type { Price, PricedRoute, Seller } from './seller.ts'

const price = 10_000n
const flows = ['authorization', 'upfront'] as const
let market: Market
let relay: Relay
let seller: Seller | undefined

beforeAll(async () => {
  market = await openMarket()
  relay = await startRelay(market.url)
})
afterAll(async () => {
  await relay.close()
  await market.close()
})
afterEach(async () => {
  relay.onAnswer = async () => 'pass'
  await seller?.close()
  seller = undefined
})

/** A seller with one route, reached through the relay; gives the route's address. */
async function sell(
  terms: Omit<Price, 'amount'> & { readonly amount?: bigint },
  more: Partial<PricedRoute> = {},
): Promise<string> {
  seller = await startSeller([`${relay.url}/x402`], { '/thing': { prices: [{ amount: price, ...terms }], ...more } })
  return `${seller.url}/thing`
}

describe('paid', () => {
  test.for(flows)('in flow %s: the answer, its receipt, and the money', async (flow) => {
    const { account, buyer } = await market.hire()
    const payee = market.newPayee()
    const watch = await market.watch({ agent: account, payee })
    const bought = await buyer.buy(await sell({ payTo: payee, flow }))
    expect(bought).toMatchObject({
      status: 200,
      body: { answer: '/thing 1' },
      settled: { success: true, network: 'eip155:402402', payer: buyer.address },
    })
    await watch.expectMoved(price)
    const { body } = await market.books.get(`/receipts/${bought.settled?.transaction}`)
    const payment = { payer: buyer.address.toLowerCase(), account, payee, amount: '10000', toll: '10' }
    expect(body).toMatchObject({ receipt: { op: bought.settled?.transaction, payment } })
    const calls = relay.calls.slice(flow === 'upfront' ? -1 : -2).map(({ path }) => path)
    expect(calls).toEqual(flow === 'upfront' ? ['/x402/settle'] : ['/x402/verify', '/x402/settle'])
  })
})

test.for(flows)('unpaid in flow %s: 402 says what it costs, and nothing moves', async (flow) => {
  const { account } = await market.hire()
  const payee = market.newPayee()
  const watch = await market.watch({ agent: account, payee })
  const answer = await present(await sell({ payTo: payee, flow }))
  expect(answer).toMatchObject({ status: 402, required: { x402Version: 2, error: 'Payment required' } })
  expect(answer.required?.accepts).toMatchObject([{ scheme: 'exact', network: 'eip155:402402', amount: '10000' }])
  expect(seller?.runs('/thing')).toBe(0)
  await watch.expectMoved(0n)
})

test.for(flows)('wrong amount in flow %s: neither a smaller offer nor a smaller signature buys', async (flow) => {
  const { account, buyer } = await market.hire()
  const payee = market.newPayee()
  const url = await sell({ payTo: payee, flow })
  const watch = await market.watch({ agent: account, payee })
  const required = (await present(url)).required!
  const [asked] = required.accepts
  const cheap = { ...required, accepts: [{ ...asked!, amount: '9999' }] }
  expect(await present(url, await buyer.sign(cheap))).toMatchObject({
    status: 402,
    required: { error: 'No matching payment requirements' },
  })
  const pretending = await buyer.sign(cheap, (payload) => ({ ...payload, accepted: asked! }))
  const answer = await present(url, pretending)
  const reason = answer.settled?.errorReason ?? answer.required?.error
  expect([answer.status, reason]).toEqual([402, 'invalid_exact_evm_payload_authorization_value_mismatch'])
  expect(seller?.runs('/thing')).toBe(0)
  await watch.expectMoved(0n)
})

test.for(flows)(
  'T37 underfunded in flow %s: refused to the unit, and the same credential buys after a top-up',
  async (flow) => {
    const { account, buyer } = await market.hire({ funds: price - 1n })
    const payee = market.newPayee()
    const url = await sell({ payTo: payee, flow })
    let watch = await market.watch({ agent: account, payee })
    const bought = await buyer.buy(url)
    const reason = bought.settled?.errorReason ?? bought.required?.error
    expect([bought.status, reason]).toEqual([402, 'invalid_exact_evm_insufficient_balance'])
    expect(seller?.runs('/thing')).toBe(0)
    await watch.expectMoved(0n)
    await market.books.fund(account, 1n)
    watch = await market.watch({ agent: account, payee })
    expect(await present(url, bought.credential)).toMatchObject({ status: 200 })
    await watch.expectMoved(price)
    expect(await market.books.balanceOf(account)).toBe(0n)
  },
)

test.for(flows)('T04 over the cap in flow %s: the budget is used to its end, and not beyond', async (flow) => {
  const { account, buyer } = await market.hire({ lifetime: '0.02' })
  const payee = market.newPayee()
  const url = await sell({ payTo: payee, flow })
  const watch = await market.watch({ agent: account, payee })
  expect((await buyer.buy(url)).status).toBe(200)
  expect((await buyer.buy(url)).status).toBe(200)
  const third = await buyer.buy(url)
  expect([third.status, third.settled?.errorReason ?? third.required?.error]).toEqual([402, 'policy_denied'])
  expect(seller?.runs('/thing')).toBe(2)
  await watch.expectMoved(2n * price)
})

test.for(flows)('frozen in flow %s: refused until the owner lets it pay again', async (flow) => {
  const { account, buyer } = await market.hire()
  const payee = market.newPayee()
  const url = await sell({ payTo: payee, flow })
  const watch = await market.watch({ agent: account, payee })
  await freezeAgent(market.client, { agent: account, owner: market.owner })
  const refused = await buyer.buy(url)
  expect([refused.status, refused.settled?.errorReason ?? refused.required?.error]).toEqual([402, 'policy_denied'])
  expect(seller?.runs('/thing')).toBe(0)
  await watch.expectMoved(0n)
  await unfreezeAgent(market.client, { agent: account, owner: market.owner })
  expect((await buyer.buy(url)).status).toBe(200)
  await watch.expectMoved(price)
})

test.for(flows)('expired in flow %s: an authorization without six seconds to live is refused', async (flow) => {
  const { account, buyer } = await market.hire()
  const payee = market.newPayee()
  const watch = await market.watch({ agent: account, payee })
  const bought = await buyer.buy(await sell({ payTo: payee, flow, maxTimeoutSeconds: 5 }))
  const reason = bought.settled?.errorReason ?? bought.required?.error
  expect([bought.status, reason]).toEqual([402, 'invalid_exact_evm_payload_authorization_valid_before'])
  expect(seller?.runs('/thing')).toBe(0)
  await watch.expectMoved(0n)
})

test.for(flows)('T25 replayed in flow %s: the same credential again buys nothing', async (flow) => {
  const { account, buyer } = await market.hire()
  const payee = market.newPayee()
  const url = await sell({ payTo: payee, flow })
  const watch = await market.watch({ agent: account, payee })
  const first = await buyer.buy(url)
  expect(first.status).toBe(200)
  for (let copy = 0; copy < 3; copy++) {
    const again = await present(url, first.credential)
    const reason = again.settled?.errorReason ?? again.required?.error
    expect([again.status, reason]).toEqual([402, 'invalid_exact_evm_nonce_already_used'])
    if (flow === 'upfront') expect(again.settled?.transaction).toBe(first.settled?.transaction)
  }
  expect(seller?.runs('/thing')).toBe(1)
  await watch.expectMoved(price)
})

describe('handler fails', () => {
  const work = (): Promise<never> => Promise.reject(new Error('out of stock'))

  test('in flow authorization: nothing is paid, the hold ends by itself, and the money can buy again', async () => {
    const { account, buyer } = await market.hire({ funds: price })
    const payee = market.newPayee()
    const url = await sell({ payTo: payee, maxTimeoutSeconds: 10 }, { work })
    const watch = await market.watch({ agent: account, payee })
    const failed = await buyer.buy(url)
    expect(failed).toMatchObject({ status: 500, body: { error: 'the handler failed' }, settled: undefined })
    await watch.expectMoved(0n, price)
    await expect.poll(() => market.books.lockedOf(account), { timeout: 30_000 }).toBe(0n)
    await watch.expectMoved(0n)
    const { payload } = readCredential(failed.credential)
    const { nonce } = (payload as { readonly authorization: { readonly nonce: string } }).authorization
    expect((await market.books.outcomeOf({ payer: buyer.address, nonce })).status).not.toBe('settled')
  })

  test('in flow upfront: it is paid, and the failed answer says by which operation', async () => {
    const { account, buyer } = await market.hire()
    const payee = market.newPayee()
    const watch = await market.watch({ agent: account, payee })
    const failed = await buyer.buy(await sell({ payTo: payee, flow: 'upfront' }, { work }))
    expect(failed).toMatchObject({ status: 500, settled: { success: true } })
    await watch.expectMoved(price)
  })
})

test('T05 T120 facilitator killed and restarted between verify and settle: the hold is kept, and it is paid once', async () => {
  const { account, buyer } = await market.hire({ funds: price })
  const payee = market.newPayee()
  const url = await sell({ payTo: payee }, { work: () => market.crash() })
  const watch = await market.watch({ agent: account, payee })
  expect(await buyer.buy(url)).toMatchObject({ status: 200, settled: { success: true } })
  expect(seller?.runs('/thing')).toBe(1)
  await watch.expectMoved(price)
})

describe('killed after settle, before its answer arrives', () => {
  test.for(flows)(
    'T120 in flow %s: paid once, never delivered twice, and the buyer learns what it paid',
    async (flow) => {
      const { account, buyer } = await market.hire()
      const payee = market.newPayee()
      const url = await sell({ payTo: payee, flow })
      const watch = await market.watch({ agent: account, payee })
      relay.onAnswer = async ({ path }) => {
        if (path !== '/x402/settle') return 'pass'
        await market.crash()
        return 'lose'
      }
      const lost = await buyer.buy(url)
      expect(lost).toMatchObject({ status: 402, settled: { success: false, errorReason: 'fetch failed' } })
      await watch.expectMoved(price)

      relay.onAnswer = async () => 'pass'
      const again = await present(url, lost.credential)
      const reason = again.settled?.errorReason ?? again.required?.error
      expect([again.status, reason]).toEqual([402, 'invalid_exact_evm_nonce_already_used'])
      expect(seller?.runs('/thing')).toBe(flow === 'upfront' ? 0 : 1)
      await watch.expectMoved(price)

      const { authorization } = readCredential(lost.credential).payload as {
        readonly authorization: { readonly nonce: string }
      }
      const outcome = await market.books.outcomeOf({ payer: buyer.address, nonce: authorization.nonce })
      expect(outcome).toMatchObject({
        status: 'settled',
        operation: expect.stringMatching(/^0x[0-9a-f]{64}$/) as string,
      })
      // The server's own repetition of the call: success for the payment that was verified once, and never a second debit.
      const settle = relay.calls.findLast(({ path }) => path === '/x402/settle')
      const { body } = await market.books.post('/x402/settle', JSON.parse(settle?.body ?? ''))
      expect(body).toMatchObject({ success: flow === 'authorization', transaction: outcome.operation })
      await watch.expectMoved(price)
    },
  )
})
