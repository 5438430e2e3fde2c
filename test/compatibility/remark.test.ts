// A server that knows no flows, with a route that asks for `upfront`: Express 2.10 verifies, works and settles as ever, and what it
// passes on says `upfront` to the node. Every official client pays once and is served once; a handler that fails costs nothing.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reasonOf } from './bought.ts'
import { present } from './buyer.ts'
import { openMarket } from './market.ts'
import type { Market } from './market.ts'
import { clientNames, clientOf } from './pairs.ts'
import { python } from './python/process.ts'
import { startRelay } from './relay.ts'
import type { Relay } from './relay.ts'
import { startSeller } from './seller.ts'

const price = 10_000n

let market: Market
let relay: Relay
beforeAll(async () => {
  market = await openMarket()
  relay = await startRelay(market.url)
})
afterAll(async () => {
  await relay.close()
  await market.close()
})

const spent = 'invalid_exact_evm_nonce_already_used'

test.for(clientNames)(
  'T25 T38 %s at express 2.10, told upfront, pays once and is served once',
  async (client, { skip }) => {
    skip(clientOf(client).isPython && python === undefined, 'There is no Python here.')
    const { account, buyer } = await market.hire({ client })
    const payTo = market.newPayee()
    const prices = [{ amount: price, payTo, flow: 'upfront' }] as const
    const seller = await startSeller(
      [`${relay.url}/x402`],
      { '/thing': { prices }, '/broken': { prices, work: () => Promise.reject(new Error('out of stock')) } },
      'express 2.10',
    )
    const watch = await market.watch({ agent: account, payee: payTo })
    const failed = await buyer.buy(`${seller.url}/broken`)
    expect([failed.status, failed.settled]).toEqual([500, undefined])
    await watch.expectMoved(0n, price)
    const bought = await buyer.buy(`${seller.url}/thing`)
    expect(bought).toMatchObject({ status: 200, settled: { success: true } })
    await watch.expectMoved(price, price)
    const [again, settles] = [await present(`${seller.url}/thing`, bought.credential), settlesOf(payTo)]
    expect([again.status, reasonOf(again), seller.runs('/thing')]).toEqual([402, spent, 1])
    expect(settles).toHaveLength(1)
    expect((await market.books.post('/x402/settle', JSON.parse(settles[0]!))).body).toMatchObject({
      success: false,
      errorReason: spent,
      transaction: bought.settled?.transaction,
    })
    await watch.expectMoved(price, price)
    await seller.close()
  },
)

/** What was asked about payments to somebody, by settle. */
function settlesOf(payTo: string): readonly string[] {
  return relay.calls.filter(({ path, body }) => path === '/x402/settle' && body.includes(payTo)).map(({ body }) => body)
}
