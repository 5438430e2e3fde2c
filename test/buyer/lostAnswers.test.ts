// The paying fetch when answers are lost, of shops and of the ledger: looked up before anything else, and never paid twice.
import { setTimeout as later } from 'node:timers/promises'
import type { PaymentPayload, SettleResponse } from '@x402/core/types'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createClient, createPayingFetch, findPayment, getPayment, usd } from '@turnpike/sdk'
import type { LedgerError, PayingFetchOptions, Payment } from '@turnpike/sdk'
import { atFacilitator, cent, deliver, demand, dollar, offerOf, openScene, openStage } from './stage.fixture.ts'
import type { Arrived, Behaviour, Scene, Shop, Stage, StagedAgent } from './stage.fixture.ts'

let stage: Stage
let shop: Shop
let agent: StagedAgent
let credentials: Scene['credentials']
let buy: Scene['buy']

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())
afterEach(() => shop.close())

async function open(paid: Behaviour, unpaid?: Behaviour): Promise<void> {
  ;({ agent, shop, credentials, buy } = await openScene(stage, { paid, unpaid }))
}

const settle = async ({ payment }: Arrived): Promise<SettleResponse> => atFacilitator(stage, 'settle', payment!)
const verify = async ({ payment }: Arrived): Promise<unknown> => atFacilitator(stage, 'verify', payment!)
const authorizationOf = (payment: PaymentPayload | undefined): { nonce: string; value: string; validBefore: string } =>
  payment!.payload['authorization'] as { nonce: string; value: string; validBefore: string }

describe('an answer that is lost', () => {
  /** A fetch whose node is watched, and everything that it did, in order. */
  function watched(options: Partial<PayingFetchOptions> = {}): {
    log: string[]
    payingFetch: ReturnType<typeof createPayingFetch>
  } {
    const log: string[] = []
    const note = (url: string): void => void log.push(url.includes('/payments/') ? 'look up' : new URL(url).pathname)
    const client = createClient({
      url: stage.url,
      fetch: (input, init) => (note(input as string), fetch(input, init)),
    })
    const payingFetch = createPayingFetch(client, {
      signer: agent.key,
      budget: { perCall: usd('0.05') },
      fetch: (input, init) => {
        const isPaid = new Headers(init?.headers).has('payment-signature')
        log.push(isPaid ? 'pay' : 'ask')
        return fetch(input, init)
      },
      ...options,
    })
    return { log, payingFetch }
  }

  it('T120 before the payment was settled is looked up, and asked for again with the same bytes', async () => {
    let losses = 0
    await open(async (arrived, response, request) => {
      if (losses++ === 0) return void request.socket.destroy()
      deliver(response, await settle(arrived))
    })
    const { log, payingFetch } = watched()
    expect((await payingFetch(`${shop.url}/thing`)).status).toBe(200)
    expect(log).toEqual(['/chain', 'ask', 'pay', 'look up', 'pay'])
    expect(new Set(credentials()).size).toBe(1)
    expect(await agent.paid()).toBe(cent)
  })

  it.each([408, 425, 429, 502, 503, 504])('T120 as a %i is, whatever wait it asks for', async (status) => {
    await open(async (arrived, response) => {
      if (credentials().length === 1) return void response.writeHead(status, { 'retry-after': '86400' }).end()
      deliver(response, await settle(arrived))
    })
    const { log, payingFetch } = watched({ deadlineMs: 300 })
    await expect(payingFetch(`${shop.url}/thing`)).rejects.toMatchObject({ code: 'sdk/outcome_unknown' })
    expect(log.slice(0, 4)).toEqual(['/chain', 'ask', 'pay', 'look up'])
    expect(new Set(credentials()).size).toBe(1)
    expect(await agent.paid()).toBe(0n)
  })

  it('T120 after the payment was settled is had from a shop that remembers, for the same bytes', async () => {
    const answers = new Map<string, Awaited<ReturnType<typeof settle>>>()
    await open(async (arrived, response, request) => {
      const known = answers.get(arrived.credential!)
      if (known !== undefined) return deliver(response, known)
      answers.set(arrived.credential!, await settle(arrived))
      request.socket.destroy()
    })
    const { log, payingFetch } = watched()
    const response = await payingFetch(`${shop.url}/thing`)
    expect([response.status, findPayment(response)?.outcome]).toEqual([200, 'settled'])
    expect(log).toEqual(['/chain', 'ask', 'pay', 'look up', 'pay'])
    expect(await agent.paid()).toBe(cent)
    expect(payingFetch.spending()).toMatchObject({ spent: cent, open: 0n })
  })

  it('T120 for good leaves a payment that the error names', async () => {
    await open(async (arrived, _response, request) => {
      await settle(arrived)
      request.socket.destroy()
    })
    const payingFetch = agent.payingFetch()
    const error = (await payingFetch(`${shop.url}/thing`).catch((reason: unknown) => reason)) as LedgerError
    expect(error).toMatchObject({ code: 'sdk/paid_without_answer', retry: 'never' })
    const { payer, nonce, validBefore, operation } = error.values as unknown as Payment
    expect(await getPayment(stage.client, { payer, nonce, validBefore })).toMatchObject({
      status: 'settled',
      operation,
    })
    expect(new Set(credentials()).size).toBe(1)
    expect(await agent.paid()).toBe(cent)
  })

  it('T129 while the shop is at work is waited for, not asked for again', async () => {
    let settled: Awaited<ReturnType<typeof settle>> | undefined
    await open(async (arrived, response, request) => {
      if (settled !== undefined) return deliver(response, settled)
      await verify(arrived)
      request.socket.destroy()
      await later(400)
      settled = await settle(arrived)
    })
    const { log, payingFetch } = watched()
    expect((await payingFetch(`${shop.url}/thing`)).status).toBe(200)
    expect(log.filter((entry) => entry === 'pay')).toHaveLength(2)
    expect(log.filter((entry) => entry === 'look up').length).toBeGreaterThan(1)
    expect(await agent.paid()).toBe(cent)
  })

  it('T128 of what may not be done twice is not asked for again, unless its caller does so under its name', async () => {
    let losses = 0
    await open(async (arrived, response, request) => {
      if (losses++ === 0) return void request.socket.destroy()
      deliver(response, await settle(arrived))
    })
    const { log, payingFetch } = watched()
    const init = { method: 'POST', body: 'order', callId: 'order 1' }
    const error = (await payingFetch(`${shop.url}/thing`, init).catch((reason: unknown) => reason)) as LedgerError
    expect(error).toMatchObject({
      code: 'sdk/outcome_unknown',
      retry: 'later',
      values: { amount: cent, asset: dollar },
    })
    expect(payingFetch.spending()).toMatchObject({ spent: 0n, open: cent })
    expect((await payingFetch(`${shop.url}/thing`, init)).status).toBe(200)
    expect(log).toEqual(['/chain', 'ask', 'pay', 'look up', 'look up', 'pay'])
    expect(new Set(credentials()).size).toBe(1)
    expect(await agent.paid()).toBe(cent)
  })

  it('T154 of a shop that is silent is waited for as long as we want', async () => {
    await open(() => undefined)
    const { log, payingFetch } = watched({ timeoutMs: 50, deadlineMs: 500 })
    await expect(payingFetch(`${shop.url}/thing`)).rejects.toMatchObject({ code: 'sdk/outcome_unknown' })
    expect(log.at(-1)).toBe('look up')
    expect(new Set(credentials()).size).toBe(1)
    await shop.close()
    await open(
      () => undefined,
      () => undefined,
    )
    expect(await buy({ timeoutMs: 50 })).toEqual({ code: 'sdk/seller_timeout' })
    await shop.close()
    await open((_arrived, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('.'), 10)
      response.on('close', () => clearInterval(drip))
    })
    const response = await agent.payingFetch({ deadlineMs: 500 })(`${shop.url}/thing`)
    await expect(response.text()).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('T154 of a custom fetch that knows no signals ends all the same', async () => {
    await open(() => undefined)
    const never = (): Promise<Response> => new Promise(() => undefined)
    expect(await buy({ fetch: never, timeoutMs: 20 })).toEqual({ code: 'sdk/seller_timeout' })
  })

  it('ends with its caller’s patience: with the reason before a payment, with the payment after it', async () => {
    const paying = new AbortController()
    await open(() => paying.abort(new Error('enough')))
    await expect(
      agent.payingFetch()(`${shop.url}/thing`, { signal: AbortSignal.abort(new Error('too late')) }),
    ).rejects.toThrow('too late')
    const ended = agent.payingFetch()(`${shop.url}/thing`, { signal: paying.signal })
    await expect(ended).rejects.toMatchObject({ code: 'sdk/outcome_unknown', values: { amount: cent } })
    expect(credentials()).toHaveLength(1)
  })
})

describe('a ledger that answers late or wrongly', () => {
  /** Buys from a shop that loses every answer, with a node that answers look-ups as told. */
  async function buyWith(answer: (signal: AbortSignal) => Promise<Response>, losses = Infinity): Promise<unknown> {
    let lost = 0
    await open(async (arrived, response, request) => {
      if (lost++ < losses) return void request.socket.destroy()
      deliver(response, await settle(arrived))
    }, brief)
    const client = createClient({
      url: stage.url,
      timeoutMs: 200,
      fetch: (input, init) => ((input as string).includes('/payments/') ? answer(init!.signal!) : fetch(input, init)),
    })
    const payingFetch = createPayingFetch(client, { signer: agent.key, budget: { perCall: usd('0.05') } })
    return payingFetch(`${shop.url}/thing`).then(
      ({ status }) => ({ status }),
      ({ code }: LedgerError) => ({ code }),
    )
  }

  /** Asks for money that has to be paid within a second. */
  const brief: Behaviour = (_arrived, response) =>
    demand(response, [offerOf(stage.newPayee().address, cent, { maxTimeoutSeconds: 1 })])

  /** Says that a payment has expired, as soon as it is true. */
  const expired = async (): Promise<Response> => {
    const { validBefore } = authorizationOf(shop.arrived.at(-1)!.payment)
    await later(Number(validBefore) * 1_000 - Date.now() + 1)
    return Response.json({ status: 'expired' })
  }

  const silence = (signal: AbortSignal): Promise<Response> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

  const other = `0x${'ab'.repeat(20)}`
  const receipt = {
    sequence: 1,
    height: 1,
    time: 1,
    op: `0x${'cd'.repeat(32)}`,
    type: 'payments/transferWithAuthorization',
    kind: 'payment',
    policyVersion: 0,
    reference: `0x${'00'.repeat(32)}`,
    payment: { payer: other, account: other, payee: other, asset: dollar, amount: '10000', toll: '0' },
  }

  it.each([
    ['tells of another payment', async () => Response.json({ status: 'settled', operation: receipt.op, receipt })],
    ['says settled and shows nothing', async () => Response.json({ status: 'settled' })],
    ['knows a status that nobody knows', async () => Response.json({ status: 'perhaps' })],
    ['answers with no JSON', async () => new Response('<html>')],
    ['fails', async () => Response.json({ code: 'gateway/internal' }, { status: 500 })],
    ['says expired while it can still be paid', async () => Response.json({ status: 'expired' })],
    ['never answers', silence],
    ['is gone', () => Promise.reject(new TypeError('fetch failed'))],
  ] as const)('T128 and %s: nothing more is sent, and nothing is signed anew', async (_, answer) => {
    expect(await buyWith(answer)).toEqual({ code: 'sdk/outcome_unknown' })
    expect(credentials()).toHaveLength(1)
    expect(await agent.paid()).toBe(0n)
  })

  it('T31 says expired: what was signed is dead, and something new is signed once', async () => {
    expect(await buyWith(expired, 1)).toEqual({ status: 200 })
    const nonces = shop.arrived.flatMap(({ payment }) =>
      payment === undefined ? [] : [authorizationOf(payment).nonce],
    )
    expect([nonces.length, new Set(nonces).size]).toEqual([2, 2])
    // A second is less than the facilitator wants to have left.
    expect(await agent.paid()).toBe(0n)
  })

  it('T31 says expired for ever: two signatures at most', async () => {
    expect(await buyWith(expired)).toEqual({ code: 'sdk/payment_expired' })
    expect(credentials()).toHaveLength(2)
    expect(await agent.paid()).toBe(0n)
  })

  it('T31 says cancelled: the caller decides', async () => {
    expect(await buyWith(async () => Response.json({ status: 'cancelled' }))).toEqual({ code: 'sdk/payment_cancelled' })
    expect(credentials()).toHaveLength(1)
  })
})
