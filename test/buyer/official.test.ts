// The paying fetch against the official server, unmodified: round trips, prices, budgets and refusals, each with the money counted.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { findPayment, freezeAgent, getReceipt, PaymentRefused, readUntrusted, usd } from '@turnpike/sdk'
import type { LedgerError } from '@turnpike/sdk'
import { cent, openOfficialShop, openStage, type OfficialRoute, type Stage } from './stage.fixture.ts'

let stage: Stage
let shop: Awaited<ReturnType<typeof openOfficialShop>>

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())
afterEach(() => shop.close())

type Terms = Partial<OfficialRoute> & { readonly path?: string }

/** Opens a shop with one route; prices may be changed in what is returned. */
async function open({ path = '/thing', ...terms }: Terms = {}): Promise<
  Record<string, OfficialRoute & { amount: bigint }>
> {
  const routes = { [path]: { amount: cent, payTo: stage.newPayee().address, ...terms } }
  shop = await openOfficialShop(stage, routes)
  return routes
}

const paymentsSent = (): number => shop.arrived.filter(({ payment }) => payment !== undefined).length

describe.for(['authorization', 'upfront'] as const)('in flow %s', (flow) => {
  it('T20 learns the price once, signs exactly what it showed, and then takes one round trip for each call', async () => {
    const { '/thing': route } = await open({ flow })
    const agent = await stage.newAgent()
    const shown: bigint[] = []
    const approve = ({ amount }: { readonly amount: bigint }): boolean => shown.push(amount) > 0
    const payingFetch = agent.payingFetch({ approve })
    for (let call = 1; call <= 5; call++) {
      const response = await payingFetch(`${shop.url}/thing?call=${call}`)
      expect([response.status, await response.json()]).toEqual([200, { answer: `/thing ${call}` }])
      expect(findPayment(response)).toMatchObject({ amount: cent, payee: route!.payTo, outcome: 'claimed' })
      const { operation } = findPayment(response)!
      expect((await getReceipt(stage.client, { operation })).receipt.payment?.amount).toBe(cent)
    }
    expect(shop.arrived.map(({ payment }) => payment !== undefined)).toEqual([false, true, true, true, true, true])
    const signed = shop.arrived.flatMap(({ payment }) => (payment === undefined ? [] : [payment]))
    expect(signed.map(({ payload }) => (payload['authorization'] as { value: string }).value)).toEqual(
      shown.map(String),
    )
    expect(new Set(signed.map(({ payload }) => (payload['authorization'] as { nonce: string }).nonce)).size).toBe(5)
    expect(signed.map(({ resource }) => new URL(resource!.url).search)).toEqual(
      [1, 2, 3, 4, 5].map((n) => `?call=${n}`),
    )
    expect(await agent.paid()).toBe(5n * cent)
    expect(payingFetch.spending()).toEqual({ spent: 5n * cent, open: 0n, left: undefined })
  })

  it('T20 a price that rose or fell since it was learned is asked for again, under the same nonce', async () => {
    const { '/thing': route } = await open({ flow })
    const agent = await stage.newAgent()
    const payingFetch = agent.payingFetch()
    await payingFetch(`${shop.url}/thing`)
    for (const amount of [3n * cent, 2n * cent]) {
      route!.amount = amount
      expect((await payingFetch(`${shop.url}/thing`)).status).toBe(200)
      const nonces = shop.arrived.slice(-2).map(({ payment }) => payment!.payload['authorization'] as { nonce: string })
      expect(nonces[0]!.nonce).toBe(nonces[1]!.nonce)
    }
    expect(paymentsSent()).toBe(5)
    expect(await agent.paid()).toBe(6n * cent)
    // The shop may have taken the dearer of its last two prices: until the ledger is asked, that one counts.
    expect(payingFetch.spending()).toMatchObject({ spent: 7n * cent, open: 0n })
  })

  it('T20 never pays above its own budget, for a call or in all, at any number of calls at once', async () => {
    const { '/thing': route } = await open({ flow })
    const agent = await stage.newAgent()
    const payingFetch = agent.payingFetch({ budget: { perCall: usd('0.02'), total: usd('0.05') } })
    route!.amount = 2n * cent + 1n
    await expect(payingFetch(`${shop.url}/thing`)).rejects.toMatchObject({
      code: 'sdk/over_budget',
      values: { amount: 20_001n, max: 20_000n },
    })
    route!.amount = cent
    await expect(payingFetch(`${shop.url}/thing`, { maxAmount: 9_999n })).rejects.toMatchObject({
      code: 'sdk/over_budget',
    })
    expect(paymentsSent()).toBe(0)
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => payingFetch(`${shop.url}/thing`)))
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    expect(refused.map((error) => (error as LedgerError).code)).toEqual(Array(3).fill('sdk/over_budget'))
    expect(await agent.paid()).toBe(5n * cent)
    expect(payingFetch.spending()).toEqual({ spent: 5n * cent, open: 0n, left: 0n })
  })

  it('says why the ledger refuses, from the ledger, with cap, rest and time, at the exact end of the budget', async () => {
    await open({ flow })
    const agent = await stage.newAgent({ perDay: usd('0.025') })
    const payingFetch = agent.payingFetch()
    for (let call = 0; call < 2; call++) expect((await payingFetch(`${shop.url}/thing`)).status).toBe(200)
    const refused = (await payingFetch(`${shop.url}/thing`).catch((error: unknown) => error)) as PaymentRefused
    expect(refused).toBeInstanceOf(PaymentRefused)
    expect(refused).toMatchObject({ code: 'policy/cap_window', capId: 'day', remaining: 5_000n, retry: 'later' })
    expect(refused.message).toBe('Refused by the ledger: Cap day has 0.005 USD left and this costs 0.01 USD.')
    expect(refused.hint).toContain('It fits')
    expect(refused.resetsAt!.getTime()).toBeGreaterThan(Date.now() + 86_000_000)
    expect(shop.runs('/thing')).toBe(2)
    expect(await stage.balanceOf(agent.account)).toBe(980_000n)
    // What was refused can still be settled for a while, if room comes; so it stays counted.
    expect(payingFetch.spending()).toMatchObject({ spent: 2n * cent, open: cent })
  })
})

it('is told of a freeze and of an empty account in the same way', async () => {
  await open()
  const agent = await stage.newAgent()
  const payingFetch = agent.payingFetch({ budget: { perCall: usd('5') } })
  await freezeAgent(stage.client, { agent: agent.account, owner: agent.owner })
  await expect(payingFetch(`${shop.url}/thing`)).rejects.toMatchObject({
    name: 'PaymentRefused',
    code: 'policy/frozen',
    capId: undefined,
  })
  const poor = await stage.newAgent({ lifetime: usd('100') })
  await shop.close()
  await open({ amount: 2_000_000n })
  await expect(poor.payingFetch({ budget: { perCall: usd('5') } })(`${shop.url}/thing`)).rejects.toMatchObject({
    code: 'bank/balance',
    retry: 'later',
  })
  expect([await agent.paid(), await poor.paid()]).toEqual([0n, 0n])
})

it('passes on what is free, and pays for it once it is not', async () => {
  const { '/thing': route } = await open()
  const agent = await stage.newAgent()
  const payingFetch = agent.payingFetch()
  const free = await payingFetch(`${shop.url}/other`)
  expect([free.status, findPayment(free)]).toEqual([404, undefined])
  expect(await payingFetch.quote(`${shop.url}/other`)).toBeUndefined()
  expect(await payingFetch.quote(`${shop.url}/thing`)).toMatchObject({ amount: cent, payee: route!.payTo })
  expect(await agent.paid()).toBe(0n)
  expect((await payingFetch(`${shop.url}/thing`)).status).toBe(200)
  expect(shop.arrived.filter(({ path }) => path === '/thing')).toHaveLength(2)
  expect(await agent.paid()).toBe(cent)
})

it('names its payments for servers that want them named', async () => {
  await open({ identifiesPayments: true })
  const agent = await stage.newAgent()
  const payingFetch = agent.payingFetch()
  for (let call = 0; call < 2; call++) expect((await payingFetch(`${shop.url}/thing`)).status).toBe(200)
  const ids = shop.arrived.flatMap(({ payment }) => {
    const named = payment?.extensions?.['payment-identifier'] as { info: { id: string } } | undefined
    return named === undefined ? [] : [named.info.id]
  })
  expect(ids).toHaveLength(2)
  expect(new Set(ids).size).toBe(2)
  expect(await agent.paid()).toBe(2n * cent)
})

describe('a body', () => {
  const stream = (text: string, onPull: () => void = () => undefined): ReadableStream<Uint8Array> =>
    new ReadableStream(
      {
        pull(controller) {
          onPull()
          controller.enqueue(new TextEncoder().encode(text))
          controller.close()
        },
      },
      { highWaterMark: 0 },
    )

  it.each<readonly [string, () => string | Uint8Array<ArrayBuffer> | URLSearchParams | Blob]>([
    ['text', () => 'a=1&b=2'],
    ['bytes', () => new TextEncoder().encode('a=1&b=2')],
    ['a form', () => new URLSearchParams({ a: '1', b: '2' })],
    ['a blob', () => new Blob(['a=1&b=2'])],
  ])('of %s is sent again as it was, whatever becomes of the original', async (_, make) => {
    await open({ method: 'POST' })
    const agent = await stage.newAgent()
    const body = make()
    const calling = agent.payingFetch()(`${shop.url}/thing`, { method: 'POST', body })
    await Promise.resolve()
    if (body instanceof Uint8Array) body.fill(0)
    if (body instanceof URLSearchParams) body.append('c', '3')
    expect((await calling).status).toBe(200)
    expect(shop.arrived.map((each) => each.body)).toEqual(['a=1&b=2', 'a=1&b=2'])
    expect(await agent.paid()).toBe(cent)
  })

  it('of a form with files keeps its boundaries', async () => {
    await open({ method: 'POST' })
    const agent = await stage.newAgent()
    const body = new FormData()
    body.set('file', new Blob(['x'.repeat(100)]), 'x.txt')
    expect((await agent.payingFetch()(`${shop.url}/thing`, { method: 'POST', body })).status).toBe(200)
    const [first, second] = shop.arrived
    expect(first!.body).toContain('x.txt')
    expect([second!.body, second!.headers['content-type']]).toEqual([first!.body, first!.headers['content-type']])
  })

  it('that can be read only once is not touched and nothing is signed, until the price is known', async () => {
    await open({ method: 'POST' })
    const agent = await stage.newAgent()
    const payingFetch = agent.payingFetch()
    let pulls = 0
    const init = (): RequestInit =>
      ({ method: 'POST', body: stream('once', () => pulls++), duplex: 'half' }) as RequestInit
    const failed = { code: 'sdk/body_not_replayable' }
    await expect(payingFetch(`${shop.url}/thing`, init())).rejects.toMatchObject(failed)
    const request = new Request(`${shop.url}/thing`, { method: 'POST', body: 'text' })
    await expect(payingFetch(request)).rejects.toMatchObject(failed)
    await expect(payingFetch.quote(request)).rejects.toMatchObject(failed)
    expect([pulls, request.bodyUsed, shop.arrived.length, payingFetch.spending().open]).toEqual([0, false, 0, 0n])

    expect(await payingFetch.quote(`${shop.url}/thing`, { method: 'POST' })).toMatchObject({ amount: cent })
    expect((await payingFetch(`${shop.url}/thing`, init())).status).toBe(200)
    expect((await payingFetch(request)).status).toBe(200)
    expect(shop.arrived.map(({ body }) => body)).toEqual(['', 'once', 'text'])
    expect(pulls).toBe(1)
    expect(await agent.paid()).toBe(2n * cent)
  })

  it('that was used up before the price rose is not paid for: the caller brings it again', async () => {
    const { '/thing': route } = await open({ method: 'POST' })
    const agent = await stage.newAgent()
    const payingFetch = agent.payingFetch()
    await payingFetch.quote(`${shop.url}/thing`, { method: 'POST' })
    route!.amount = 2n * cent
    const call = (): Promise<Response> =>
      payingFetch(`${shop.url}/thing`, { method: 'POST', body: stream('once'), duplex: 'half' } as RequestInit)
    await expect(call()).rejects.toMatchObject({ code: 'sdk/price_changed', values: { amount: cent, now: 2n * cent } })
    expect(await agent.paid()).toBe(0n)
    expect((await call()).status).toBe(200)
    expect(await agent.paid()).toBe(2n * cent)
  })
})

it('T120 a handler that fails leaves the money where it is; paid for up front, the caller is told', async () => {
  const fail = (): void => {
    throw new Error('no')
  }
  await open({ work: fail })
  const agent = await stage.newAgent()
  const payingFetch = agent.payingFetch()
  const failed = await payingFetch(`${shop.url}/thing`)
  expect([failed.status, findPayment(failed)?.outcome]).toEqual([500, 'held'])
  expect(payingFetch.spending()).toMatchObject({ spent: 0n, open: cent })
  expect(await stage.balanceOf(agent.account)).toBe(990_000n)
  await shop.close()
  await open({ work: fail, flow: 'upfront' })
  const other = await stage.newAgent()
  const paying = other.payingFetch()
  const error = (await paying(`${shop.url}/thing`).catch((reason: unknown) => reason)) as LedgerError
  expect(error).toMatchObject({ code: 'sdk/paid_without_answer', values: { amount: cent } })
  const { operation } = error.values as { readonly operation: `0x${string}` }
  expect((await getReceipt(stage.client, { operation: operation as never })).receipt.payment?.amount).toBe(cent)
  expect(paying.spending()).toMatchObject({ spent: cent, open: 0n })
  expect(await other.paid()).toBe(cent)
})

it('T128 calls of one name are one purchase, however often they are made', async () => {
  await open({ method: 'POST' })
  const agent = await stage.newAgent()
  const payingFetch = agent.payingFetch()
  const call = (): Promise<Response> =>
    payingFetch(`${shop.url}/thing`, { method: 'POST', body: 'x', callId: 'order 1' })
  expect((await call()).status).toBe(200)
  await expect(call()).rejects.toMatchObject({ code: 'sdk/paid_without_answer' })
  expect(new Set(shop.arrived.flatMap(({ credential }) => credential ?? [])).size).toBe(1)
  expect(shop.runs('/thing')).toBe(1)
  expect(await agent.paid()).toBe(cent)
})

it('T128 calls of one name at the same time pay once between them, and the first is answered', async () => {
  await open()
  const agent = await stage.newAgent()
  const payingFetch = agent.payingFetch()
  const calls = Array.from({ length: 5 }, () => payingFetch(`${shop.url}/thing`, { callId: 'order 1' }))
  const outcomes = await Promise.allSettled(calls)
  const codes = outcomes.map((each) =>
    each.status === 'fulfilled' ? each.value.status : (each.reason as LedgerError).code,
  )
  expect(codes).toEqual([200, ...Array<string>(4).fill('sdk/paid_without_answer')])
  expect(new Set(shop.arrived.flatMap(({ credential }) => credential ?? [])).size).toBe(1)
  expect(payingFetch.spending()).toMatchObject({ spent: cent, open: 0n })
  expect(await agent.paid()).toBe(cent)
})

it('T104 hands out answers as marked data, cut at a length', async () => {
  await open()
  const agent = await stage.newAgent()
  const payingFetch = agent.payingFetch()
  expect(await readUntrusted(await payingFetch(`${shop.url}/thing`))).toEqual({
    status: 200,
    untrusted: { contentType: 'application/json; charset=utf-8', body: '{"answer":"/thing 1"}', isTruncated: false },
  })
  const cut = await readUntrusted(await payingFetch(`${shop.url}/thing`), { bytesMax: 9 })
  expect(cut.untrusted).toMatchObject({ body: '{"answer"', isTruncated: true })
})
