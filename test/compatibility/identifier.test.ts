// The extension payment-identifier between the official packages: whoever names a purchase pays for it once, however often it
// is signed anew. The ledger keeps the name, so neither server nor client has to remember anything.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Bought } from './bought.ts'
import { openMarket } from './market.ts'
import type { Market } from './market.ts'
import { startSeller } from './seller.ts'
import type { Price, Seller } from './seller.ts'

const price = 10_000n
const spent = 'invalid_exact_evm_nonce_already_used'

let market: Market
let seller: Seller

beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.close())
afterEach(() => seller.close())

async function sell(
  terms: Omit<Price, 'amount'>,
  work: () => Promise<unknown> = () => Promise.resolve(),
): Promise<string> {
  const routes = {
    '/thing': { prices: [{ amount: price, ...terms }], identifiesPayments: true, work },
    '/dearer': { prices: [{ amount: 2n * price, ...terms }], identifiesPayments: true },
  } as const
  seller = await startSeller([market.facilitator], routes)
  return seller.url
}

describe.for(['authorization', 'upfront'] as const)('payment-identifier in flow %s', (flow) => {
  test('T120 a purchase signed again under its name, also after a crash, is not paid again', async () => {
    const { account, buyer } = await market.hire({ paymentId: () => 'order_0123456789abcdef' })
    const payee = market.newPayee()
    const url = await sell({ payTo: payee, flow })
    const watch = await market.watch({ agent: account, payee })
    const first = await buyer.buy(`${url}/thing`)
    expect(first.status).toBe(200)
    const second = await buyer.buy(`${url}/thing`)
    expect(second.credential).not.toBe(first.credential)
    expect([second.status, second.settled?.errorReason ?? second.required?.error]).toEqual([402, spent])
    if (flow === 'upfront') expect(second.settled?.transaction).toBe(first.settled?.transaction)
    await market.crash()
    expect((await buyer.buy(`${url}/thing`)).status).toBe(402)
    expect(seller.runs('/thing')).toBe(1)
    await watch.expectMoved(price)
  })

  test('another purchase under the same name is refused', async () => {
    const { account, buyer } = await market.hire({ paymentId: () => 'order_0123456789abcdef' })
    const payee = market.newPayee()
    const url = await sell({ payTo: payee, flow })
    const watch = await market.watch({ agent: account, payee })
    expect((await buyer.buy(`${url}/thing`)).status).toBe(200)
    const other = await buyer.buy(`${url}/dearer`)
    expect([other.status, other.settled?.errorReason ?? other.required?.error]).toEqual([402, spent])
    expect(seller.runs('/dearer')).toBe(0)
    await watch.expectMoved(price)
  })

  test('a name is its payer’s own, and a new name buys anew', async () => {
    let purchases = 0
    const one = await market.hire({ paymentId: () => `order_0123456789abc${++purchases}` })
    const two = await market.hire({ paymentId: () => 'order_0123456789abc1' })
    const payee = market.newPayee()
    const url = await sell({ payTo: payee, flow })
    for (const { account, buyer } of [one, two, one]) {
      const watch = await market.watch({ agent: account, payee })
      expect((await buyer.buy(`${url}/thing`)).status).toBe(200)
      await watch.expectMoved(price)
    }
  })
})

test('T120 a purchase signed again while the first one is still worked on: one debit, one delivery', async () => {
  const { account, buyer } = await market.hire({ paymentId: () => 'order_0123456789abcdef' })
  const payee = market.newPayee()
  let again: Bought | undefined
  let url = ''
  const work = async (): Promise<void> => {
    if (again !== undefined) return
    again = {} as Bought
    again = await buyer.buy(`${url}/thing`)
  }
  url = await sell({ payTo: payee, maxTimeoutSeconds: 10 }, work)
  const watch = await market.watch({ agent: account, payee })
  const first = await buyer.buy(`${url}/thing`)
  const statuses = [first, again].map((bought) => bought?.status)
  expect(statuses).toEqual(expect.arrayContaining([200, 402]))
  expect([first, again].find((bought) => bought?.status === 402)?.settled?.errorReason).toBe(spent)
  await expect.poll(() => market.books.lockedOf(account), { timeout: 30_000 }).toBe(0n)
  await watch.expectMoved(price)
})
