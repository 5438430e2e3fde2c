// The twelfth case: a route with two prices. The official client chooses, by what it may spend and by the seller's order; the
// ledger judges what was chosen.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { dollar } from '../../bench/payments.ts'
import { openBooks } from '../processes/books.ts'
import { createHome, startTurnpike } from '../processes/turnpike.ts'
import type { NodeProcess } from '../processes/turnpike.ts'
import { readCredential } from './buyer.ts'
import { openMarket } from './market.ts'
import type { Market } from './market.ts'
import { startSeller } from './seller.ts'
import type { Price, Seller } from './seller.ts'

const price = 10_000n
const dearPrice = price * 10n ** 12n
const testDollar = {
  address: '0x7474747474747474747474747474747474747402',
  name: 'Turnpike Test USD',
  version: '1',
  chainId: dollar.chainId,
}

let market: Market
let seller: Seller | undefined

beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.close())
afterEach(() => seller?.close())

describe('two assets of one chain', () => {
  const prices = (payTo: string): readonly Price[] => [
    { amount: dearPrice, payTo, asset: testDollar },
    { amount: price, payTo },
  ]

  test('a buyer that may spend only the second pays with that', async () => {
    const { account, buyer } = await market.hire()
    const payee = market.newPayee()
    seller = await startSeller([market.facilitator], { '/thing': { prices: prices(payee) } })
    const watch = await market.watch({ agent: account, payee })
    expect((await buyer.buy(`${seller.url}/thing`)).status).toBe(200)
    await watch.expectMoved(price)
    expect(await market.books.balanceOf(payee, testDollar.address)).toBe(0n)
  })

  test('a buyer that may spend both takes the first, and its policy refuses an asset that it does not name', async () => {
    const { account, buyer } = await market.hire({ assets: [dollar, testDollar] })
    const payee = market.newPayee()
    seller = await startSeller([market.facilitator], { '/thing': { prices: prices(payee) } })
    const watch = await market.watch({ agent: account, payee })
    const refused = await buyer.buy(`${seller.url}/thing`)
    expect([refused.status, refused.required?.error]).toEqual([402, 'policy_denied'])
    expect(seller.runs('/thing')).toBe(0)
    await watch.expectMoved(0n)
  })
})

describe('two chains, each with its facilitator', () => {
  const otherChainId = 777_001
  const home = createHome()
  let other: NodeProcess

  beforeAll(async () => {
    const operator = market.newPayee()
    const { address, name, version } = dollar
    const asset = { symbol: 'pUSD', name, version, decimals: 6, currency: 'USD', address }
    const genesis = { format: 1, chainId: otherChainId, operator, tollAccount: operator, assets: [asset], params: {} }
    const file = join(home.path, 'given.json')
    writeFileSync(file, JSON.stringify(genesis))
    other = await startTurnpike({ home: join(home.path, 'data'), args: ['--genesis', file] })
  })
  afterAll(async () => {
    await other.kill()
    home.remove()
  })

  const networks = [`eip155:${otherChainId}`, `eip155:${dollar.chainId}`] as const
  const sell = (order: readonly (typeof networks)[number][], payTo: string): Promise<Seller> =>
    startSeller([`${other.url}/x402`, market.facilitator], {
      '/thing': { prices: order.map((network) => ({ amount: price, payTo, network })) },
    })

  test.for([networks, networks.toReversed()])(
    'a buyer of one chain pays there, whatever comes first: %s, %s',
    async (order) => {
      const { account, buyer } = await market.hire()
      const payee = market.newPayee()
      seller = await sell(order, payee)
      const watch = await market.watch({ agent: account, payee })
      const bought = await buyer.buy(`${seller.url}/thing`)
      expect(bought).toMatchObject({ status: 200, settled: { network: networks[1] } })
      await watch.expectMoved(price)
    },
  )

  test('a buyer of both takes the first, where it has no money, and loses none on the second', async () => {
    const { account, buyer } = await market.hire({ assets: [dollar, { ...dollar, chainId: otherChainId }] })
    const payee = market.newPayee()
    seller = await sell(networks, payee)
    const watch = await market.watch({ agent: account, payee })
    const refused = await buyer.buy(`${seller.url}/thing`)
    expect([refused.status, refused.required?.error]).toEqual([402, 'invalid_exact_evm_insufficient_balance'])
    expect(seller.runs('/thing')).toBe(0)
    await watch.expectMoved(0n)
    const books = openBooks(other.url)
    expect(await books.supply()).toBe(0n)
    await books.close()
  })

  test('T29 a credential for one chain is worth nothing on the other', async () => {
    const { account, buyer } = await market.hire()
    const payee = market.newPayee()
    seller = await sell(networks, payee)
    const watch = await market.watch({ agent: account, payee })
    const bought = await buyer.buy(`${seller.url}/thing`)
    const paymentPayload = readCredential(bought.credential)
    const body = JSON.stringify({ x402Version: 2, paymentPayload, paymentRequirements: paymentPayload.accepted })
    const books = openBooks(other.url)
    const settle = async (text: string): Promise<unknown> => (await books.post('/x402/settle', JSON.parse(text))).body
    expect(await settle(body)).toMatchObject({ success: false, errorReason: 'invalid_network' })
    // The same signature under the other chain's name: there it is another digest, and whose it is nobody knows.
    const renamed = body.replaceAll(networks[1], networks[0])
    expect(await settle(renamed)).toMatchObject({ success: false, transaction: '' })
    expect(await books.supply()).toBe(0n)
    await books.close()
    await watch.expectMoved(price)
  })
})
