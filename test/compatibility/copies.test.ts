// One credential, however often and wherever it is presented at once: stock servers that know nothing of each other deliver it
// once, because the ledger tells only one of them that it was paid.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { readBought } from './bought.ts'
import { encodeCredential, present, readCredential } from './buyer.ts'
import type { Bought } from './bought.ts'
import { openMarket } from './market.ts'
import type { Market } from './market.ts'
import { startRelay } from './relay.ts'
import type { Relay } from './relay.ts'
import { startSeller } from './seller.ts'
import type { Price, PricedRoute, Seller } from './seller.ts'

const price = 10_000n
const flows = ['authorization', 'upfront'] as const
/** The most open holds of one payer (decisions 9). */
const holdsMax = 64
const spent = 'invalid_exact_evm_nonce_already_used'

let market: Market
let relay: Relay
let sellers: readonly Seller[] = []

beforeAll(async () => {
  market = await openMarket()
  relay = await startRelay(market.url)
})
afterAll(async () => {
  await relay.close()
  await market.close()
})
afterEach(async () => {
  await Promise.all(sellers.map((seller) => seller.close()))
  sellers = []
})

/** Some sellers of the same thing, who reach the ledger by two ways in turn; the addresses of the thing. */
async function sell(count: number, terms: Omit<Price, 'amount'>, work?: () => Promise<unknown>): Promise<string[]> {
  const facilitators = [market.facilitator, `${relay.url}/x402`]
  const route = { prices: [{ amount: price, ...terms }], ...(work && { work }) }
  sellers = await Promise.all(
    Array.from({ length: count }, (_, index) => startSeller([facilitators[index % 2]!], { '/thing': route })),
  )
  return sellers.map(({ url }) => `${url}/thing`)
}

/** The same credential as other senders would write it: header names and JSON are free in their form. */
function presentVariant(url: string, credential: string, index: number): Promise<Bought> {
  const name = ['PAYMENT-SIGNATURE', 'payment-signature', 'Payment-Signature'][index % 3]!
  const spaced = Buffer.from(JSON.stringify(readCredential(credential), null, index % 5)).toString('base64')
  return fetch(url, { headers: { [name]: index % 2 === 0 ? credential : ` ${spaced} ` } }).then((response) =>
    readBought(response),
  )
}

/** One delivery; everybody else is told that it is spent, and by what where the server's protocol has room for it. */
function expectOneDelivery(answers: readonly Bought[]): string {
  const delivered = answers.filter(({ status }) => status === 200)
  expect(delivered.length).toBe(1)
  const transaction = delivered[0]?.settled?.transaction ?? ''
  expect(transaction).toMatch(/^0x[0-9a-f]{64}$/)
  for (const answer of answers.filter((each) => each !== delivered[0])) {
    expect(answer.status).toBe(402)
    expect(answer.settled?.errorReason ?? answer.required?.error).toBe(spent)
    if (answer.settled) expect(answer.settled.transaction).toBe(transaction)
  }
  return transaction
}

describe.for(flows)('in flow %s', (flow) => {
  test('T25 100 copies at once on a stock server, in various spellings: one delivery', async () => {
    const { account, buyer } = await market.hire()
    const payee = market.newPayee()
    const [url] = (await sell(1, { payTo: payee, flow })) as [string]
    const watch = await market.watch({ agent: account, payee })
    const credential = await buyer.sign((await present(url)).required!)
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => presentVariant(url, credential, index)))
    expectOneDelivery(answers)
    await watch.expectMoved(price)
    expect((await present(url, credential)).status).toBe(402)
    await watch.expectMoved(price)
  })

  test('T28 T38 100 copies at once on ten servers that share only the ledger: one delivery', async () => {
    const { account, buyer } = await market.hire()
    const payee = market.newPayee()
    const urls = await sell(10, { payTo: payee, flow })
    const watch = await market.watch({ agent: account, payee })
    const credential = await buyer.sign((await present(urls[0]!)).required!)
    const copies = Array.from({ length: 10 }, () => urls).flat()
    expectOneDelivery(await Promise.all(copies.map((url, index) => presentVariant(url, credential, index))))
    await watch.expectMoved(price)
  })

  test('T25 copies around a crash: one debit, and at most one delivery', async () => {
    const { account, buyer } = await market.hire()
    const payee = market.newPayee()
    const [url] = (await sell(1, { payTo: payee, flow })) as [string]
    const watch = await market.watch({ agent: account, payee })
    const credential = await buyer.sign((await present(url)).required!)
    const presentAll = (): Promise<Bought[]> =>
      Promise.all(Array.from({ length: 20 }, (_, index) => presentVariant(url, credential, index)))
    const [before] = await Promise.all([presentAll(), market.crash()])
    const after = await presentAll()
    const delivered = [...before, ...after].filter(({ status }) => status === 200)
    expect(delivered.length).toBeLessThanOrEqual(1)
    await watch.expectMoved(price)
  })
})

describe('T25 T38 one credential at a route of either flow', () => {
  /** A seller with two routes of one price: what an upfront route asks for, an authorization route takes as well. */
  async function sellBoth(payTo: string, work?: () => Promise<unknown>): Promise<string> {
    const route = (flow: 'authorization' | 'upfront'): PricedRoute => ({ prices: [{ amount: price, payTo, flow }] })
    const routes = { '/after': { ...route('authorization'), ...(work && { work }) }, '/before': route('upfront') }
    const seller = await startSeller([market.facilitator], routes)
    sellers = [seller]
    return seller.url
  }

  test('first where it is settled after, then where it is settled before: one delivery', async () => {
    const { account, buyer } = await market.hire()
    const payee = market.newPayee()
    const url = await sellBoth(payee)
    const watch = await market.watch({ agent: account, payee })
    const credential = await buyer.sign((await present(`${url}/before`)).required!)
    expectOneDelivery([await present(`${url}/after`, credential), await present(`${url}/before`, credential)])
    await watch.expectMoved(price)
  })

  test('where it is settled before, while the other handler still works: one delivery', async () => {
    const { account, buyer } = await market.hire()
    const payee = market.newPayee()
    let credential = ''
    let meanwhile: Bought | undefined
    const url: string = await sellBoth(payee, async () => (meanwhile = await present(`${url}/before`, credential)))
    const watch = await market.watch({ agent: account, payee })
    credential = await buyer.sign((await present(`${url}/before`)).required!)
    const answer = await present(`${url}/after`, credential)
    expectOneDelivery([answer, meanwhile!])
    await watch.expectMoved(price)
  })

  test('where it is settled before, by a buyer that verified it itself: one delivery, however often it comes', async () => {
    const { account, buyer } = await market.hire()
    const payee = market.newPayee()
    const url = await sellBoth(payee)
    const watch = await market.watch({ agent: account, payee })
    const credential = await buyer.sign((await present(`${url}/before`)).required!)
    const payload = readCredential(credential)
    const body = { x402Version: 2, paymentPayload: payload, paymentRequirements: payload.accepted }
    expect((await market.books.post('/x402/verify', body)).body).toMatchObject({ isValid: true })
    const answers = await Promise.all(Array.from({ length: 10 }, () => present(`${url}/before`, credential)))
    expectOneDelivery([...answers, await present(`${url}/before`, credential)])
    await watch.expectMoved(price)
  })

  test('verified beyond the last hold, and once more with one: the first verify counts all the same', async () => {
    const { account, buyer } = await market.hire()
    const payee = market.newPayee()
    let credential = ''
    let first: unknown
    let meanwhile: Bought | undefined
    let url = ''
    const work = async (): Promise<void> => {
      if (meanwhile !== undefined || first === undefined) return
      const settled = await market.books.post('/x402/settle', first)
      expect(settled.body).toMatchObject({ success: true })
      first = undefined
      meanwhile = await present(`${url}/after`, credential)
    }
    url = await sellBoth(payee, work)
    const watch = await market.watch({ agent: account, payee })
    const required = (await present(`${url}/after`)).required!
    const trifle = { ...required, accepts: required.accepts.map((asked) => ({ ...asked, amount: '1' })) }
    for (let held = 0; held < holdsMax; held++) {
      const paymentPayload = readCredential(await buyer.sign(trifle))
      first = { x402Version: 2, paymentPayload, paymentRequirements: paymentPayload.accepted }
      expect((await market.books.post('/x402/verify', first)).body).toMatchObject({ isValid: true })
    }
    credential = await buyer.sign(required)
    const answer = await present(`${url}/after`, credential)
    expectOneDelivery([answer, meanwhile!])
    await watch.expectMoved(price + 1n, BigInt(holdsMax - 1))
  })

  test('at both at once, many times: one delivery', async () => {
    const { account, buyer } = await market.hire()
    const payee = market.newPayee()
    const url = await sellBoth(payee)
    const watch = await market.watch({ agent: account, payee })
    for (let round = 1; round <= 20; round++) {
      const credential = await buyer.sign((await present(`${url}/before`)).required!)
      const paths = round % 2 === 0 ? ['/after', '/before'] : ['/before', '/after']
      expectOneDelivery(await Promise.all(paths.map((path) => present(url + path, credential))))
      await watch.expectMoved(price * BigInt(round))
    }
  })
})

/** Hands the last call of a seller in again, as somebody who has seen it. */
async function settleAsStranger(credential: string): Promise<unknown> {
  const payload = readCredential(credential)
  const body = { x402Version: 2, paymentPayload: payload, paymentRequirements: payload.accepted }
  return (await market.books.post('/x402/settle', body)).body
}

describe('T119 somebody else settles first', () => {
  test('between verify and settle: the seller is told success with the same transaction, and delivers', async () => {
    const { account, buyer } = await market.hire()
    const payee = market.newPayee()
    let credential = ''
    let stolen: unknown
    const [url] = (await sell(1, { payTo: payee }, async () => (stolen = await settleAsStranger(credential)))) as [
      string,
    ]
    const watch = await market.watch({ agent: account, payee })
    credential = await buyer.sign((await present(url)).required!)
    const answer = await present(url, credential)
    expect(answer.status).toBe(200)
    expect(stolen).toMatchObject({ success: true, transaction: answer.settled?.transaction })
    await watch.expectMoved(price)
  })

  test.for(flows)(
    'before the seller sees it, in flow %s: not delivered, and /payments knows what was paid to whom',
    async (flow) => {
      const { account, buyer } = await market.hire()
      const payee = market.newPayee()
      const [url] = (await sell(1, { payTo: payee, flow })) as [string]
      const watch = await market.watch({ agent: account, payee })
      const credential = await buyer.sign((await present(url)).required!)
      const stolen = (await settleAsStranger(credential)) as { readonly transaction: string }
      const answer = await present(url, credential)
      expect([answer.status, answer.settled?.errorReason ?? answer.required?.error]).toEqual([402, spent])
      const { authorization } = readCredential(credential).payload as {
        readonly authorization: { readonly nonce: string }
      }
      expect(await market.books.outcomeOf({ payer: buyer.address, nonce: authorization.nonce })).toMatchObject({
        status: 'settled',
        operation: stolen.transaction,
      })
      await watch.expectMoved(price)
    },
  )

  test('for another payee: the signature names who is paid', async () => {
    const { account, buyer } = await market.hire()
    const payee = market.newPayee()
    const thief = market.newPayee()
    const [url] = (await sell(1, { payTo: payee })) as [string]
    const watch = await market.watch({ agent: account, payee })
    const credential = await buyer.sign((await present(url)).required!)
    const payload = readCredential(credential)
    const redirected = encodeCredential({ ...payload, accepted: { ...payload.accepted, payTo: thief } })
    const reason = 'invalid_exact_evm_recipient_mismatch'
    expect(await settleAsStranger(redirected)).toMatchObject({ success: false, errorReason: reason })
    await watch.expectMoved(0n)
    expect(await market.books.balanceOf(thief)).toBe(0n)
  })
})
