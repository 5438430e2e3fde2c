// What the paying fetch does not pay: challenges that are none, redirects to others, and what its caller may not ask.
import type { ServerResponse } from 'node:http'
import type { PaymentPayload, SettleResponse } from '@x402/core/types'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { PayingFetchOptions } from '@turnpike/sdk'
import {
  atFacilitator,
  cent,
  deliver,
  demand,
  offerOf,
  openHostileShop,
  openScene,
  openStage,
  toHeader,
} from './stage.fixture.ts'
import type { Arrived, Behaviour, Scene, Shop, Stage, StagedAgent } from './stage.fixture.ts'

let stage: Stage
let shop: Shop
let agent: StagedAgent
let payee: string
let credentials: Scene['credentials']
let buy: Scene['buy']

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())
afterEach(() => shop.close())

async function open(paid: Behaviour, unpaid?: Behaviour): Promise<void> {
  ;({ agent, payee, shop, credentials, buy } = await openScene(stage, { paid, unpaid }))
}

const settle = async ({ payment }: Arrived): Promise<SettleResponse> => atFacilitator(stage, 'settle', payment!)

describe('a redirect', () => {
  let elsewhere: Shop
  beforeAll(async () => {
    elsewhere = await openHostileShop((_arrived, response) => void response.end('thank you'))
  })
  afterAll(() => elsewhere.close())

  const targets = (): readonly string[] => {
    const { port } = new URL(elsewhere.url)
    const own = new URL(shop.url)
    return [
      `${elsewhere.url}/thing`,
      `//127.0.0.1:${port}/thing`,
      `http://${own.host}@127.0.0.1:${port}/`,
      `http://user:password@${own.host}/other`,
      `http://[::ffff:127.0.0.1]:${port}/`,
      `http://2130706433:${port}/`,
      `http://xn--lcalhost-n0a:${port}/`,
      `https://${own.host}/thing`,
      'file:///etc/passwd',
      'javascript:alert(1)',
      'http://',
      '',
    ].filter((target) => target !== '')
  }

  it.each([301, 302, 303, 307, 308])(
    'T22 with %i takes neither request nor payment to another origin',
    async (status) => {
      let target = ''
      let isPaid = false
      const redirect = (response: ServerResponse): void => void response.writeHead(status, { location: target }).end()
      await open(
        (_arrived, response) => redirect(response),
        (_arrived, response) => (isPaid ? demand(response, [offerOf(payee, cent)]) : redirect(response)),
      )
      for (isPaid of [false, true]) {
        for (target of targets()) {
          const headers = { authorization: 'Bearer secret', cookie: 'a=b' }
          // What was sent before may still be paid: that is the worse news.
          const code = isPaid ? 'sdk/outcome_unknown' : 'sdk/redirect_refused'
          expect([target, await buy({}, { headers })]).toEqual([target, { code }])
        }
      }
      expect(elsewhere.arrived).toEqual([])
      expect(await agent.paid()).toBe(0n)
    },
  )

  it('within its origin is followed, and what is paid there is paid once', async () => {
    const move: Behaviour = async (arrived, response) => {
      if (arrived.path === '/thing') return void response.writeHead(307, { location: '/new?x=1' }).end()
      if (arrived.payment === undefined) return demand(response, [offerOf(payee, cent)])
      deliver(response, await settle(arrived))
    }
    await open(move, move)
    const response = await agent.payingFetch()(`${shop.url}/thing`, { method: 'POST', body: 'x' })
    expect(response.status).toBe(200)
    expect(shop.arrived.at(-1)).toMatchObject({ path: '/new?x=1', method: 'POST', body: 'x' })
    expect(await agent.paid()).toBe(cent)
    expect((await agent.payingFetch()(`${shop.url}/thing`, { redirect: 'manual' })).status).toBe(307)
    expect(await buy({}, { redirect: 'error' })).toEqual({ code: 'sdk/redirect_refused' })
  })

  it('T24 is the only way to name another address: what a challenge names is never fetched', async () => {
    const url = `${elsewhere.url}/metadata`
    const named = { url, iconUrl: url, description: url }
    const ask: Behaviour = (_arrived, response) =>
      demand(response, [offerOf(payee, cent)], { resource: named, extensions: { x: { info: { url } } }, error: url })
    await open(async (arrived, response) => deliver(response, await settle(arrived)), ask)
    expect(await buy()).toEqual({ status: 200 })
    expect(elsewhere.arrived).toEqual([])
    expect(await agent.paid()).toBe(cent)
  })

  it('in a circle ends', async () => {
    await open(
      () => undefined,
      (_arrived, response) => void response.writeHead(302, { location: '/thing' }).end(),
    )
    expect(await buy()).toEqual({ code: 'sdk/redirect_refused' })
    expect(shop.arrived.length).toBeLessThan(10)
  })
})

describe('T32 a challenge', () => {
  const challenge = (accepts: unknown, more: object = {}): object => ({
    x402Version: 2,
    resource: { url: 'http://shop' },
    accepts,
    ...more,
  })
  const good = (): unknown => offerOf(payee, cent)
  const changed =
    (changes: object): (() => unknown) =>
    () =>
      challenge([offerOf(payee, cent, changes)])
  const extra = { name: 'Turnpike USD', version: '1' }
  const asked = (header: () => string | readonly string[] | undefined): Behaviour => {
    return (_arrived, response) => {
      const value = header()
      response.writeHead(402, value === undefined ? {} : { 'PAYMENT-REQUIRED': value as string | string[] }).end('{}')
    }
  }

  it.each<readonly [string, () => string | readonly string[] | undefined]>([
    ['that is missing', () => undefined],
    ['that is empty', () => ''],
    ['that is no base64', () => '{"x402Version":2}'],
    ['in base64url', () => Buffer.from(JSON.stringify(challenge([good()], { error: '>>>???' }))).toString('base64url')],
    ['without padding', () => toHeader(challenge([good()], { a: 1 })).replace(/=*$/, '') + 'A'],
    ['T43 that comes twice', () => [toHeader(challenge([good()])), toHeader(challenge([good()]))]],
    ['T43 that comes twice, in one line', () => `${toHeader(challenge([good()]))}, ${toHeader(challenge([good()]))}`],
    ['that is no UTF-8', () => Buffer.from([0x22, 0xff, 0xfe, 0x22]).toString('base64')],
    ['that is no JSON', () => toHeader('{"x402Version":2,')],
    ['that is null', () => toHeader('null')],
    ['that is a list', () => toHeader('[]')],
    ['that is deep', () => toHeader('['.repeat(5_000) + ']'.repeat(5_000))],
    ['T45 of version 1', () => toHeader({ ...challenge([good()]), x402Version: 1 })],
    ['of version "2"', () => toHeader({ ...challenge([good()]), x402Version: '2' })],
    ['without offers', () => toHeader({ x402Version: 2 })],
    ['with offers that are none', () => toHeader(challenge({ length: 1, 0: good() }))],
    ['with many offers', () => toHeader(challenge(Array<number>(65).fill(1)))],
    ['whose fields are inherited', () => toHeader(`{"__proto__":${JSON.stringify(challenge([good()]))}}`)],
  ])('%s is refused', async (_, header) => {
    await open(() => undefined, asked(header))
    expect(await buy()).toEqual({ code: 'sdk/malformed_challenge' })
    expect([credentials().length, await agent.paid()]).toEqual([0, 0n])
  })

  it('in a header that no client reads is refused', async () => {
    await open(
      () => undefined,
      asked(() => 'A'.repeat(100_000)),
    )
    expect(await buy()).toEqual({ code: 'sdk/seller_unreachable' })
    const long = async (): Promise<Response> =>
      new Response('{}', { status: 402, headers: { 'PAYMENT-REQUIRED': 'A'.repeat(100_000) } })
    expect(await buy({ fetch: long })).toEqual({ code: 'sdk/malformed_challenge' })
  })

  it.each<readonly [string, () => unknown]>([
    ['none', () => challenge([])],
    ['null', () => challenge([null, 1, 'x', []])],
    ['an amount as a number', changed({ amount: 10_000 })],
    ['a negative amount', changed({ amount: '-10000' })],
    ['a fraction', changed({ amount: '10000.0' })],
    ['an exponent', changed({ amount: '1e4' })],
    ['hex', changed({ amount: '0x2710' })],
    ['leading zeros', changed({ amount: '010000' })],
    ['blanks', changed({ amount: ' 10000' })],
    ['other digits', changed({ amount: '١٠٠٠٠' })],
    ['nothing', changed({ amount: '0' })],
    ['an empty amount', changed({ amount: '' })],
    ['2^128', changed({ amount: String(1n << 128n) })],
    ['2^256', changed({ amount: String(1n << 256n) })],
    ['a payee that is none', changed({ payTo: '0x12' })],
    ['a payee named like a prototype', changed({ payTo: 'constructor' })],
    ['an asset named like a prototype', changed({ asset: '__proto__' })],
    ['T29 another asset', changed({ asset: `0x${'11'.repeat(20)}` })],
    ['T29 another chain', changed({ network: 'eip155:8453' })],
    ['T29 every chain', changed({ network: 'eip155:*' })],
    ['another scheme', changed({ scheme: 'upto' })],
    ['no domain', changed({ extra: {} })],
    ['T29 another domain', changed({ extra: { name: 'USDC', version: '2' } })],
    [
      'a domain that is inherited',
      () => challenge([JSON.parse(JSON.stringify(good()).replace('"extra"', '"__proto__"'))]),
    ],
    ['T47 another method', changed({ extra: { ...extra, assetTransferMethod: 'permit2' } })],
    ['T47 an unknown flow', changed({ extra: { ...extra, paymentFlow: 'escrow' } })],
    ['no time', changed({ maxTimeoutSeconds: 0 })],
    ['time as text', changed({ maxTimeoutSeconds: '60' })],
  ])('that offers %s has nothing to pay', async (_, required) => {
    await open(
      () => undefined,
      asked(() => toHeader(required())),
    )
    expect(await buy()).toEqual({ code: 'sdk/no_offer' })
    expect([credentials().length, await agent.paid()]).toEqual([0, 0n])
  })

  it('T21 is paid in the ledger’s units, whatever it says beside them, and goes back word for word', async () => {
    const odd = JSON.parse(
      '{"__proto__":{"amount":"1"},"constructor":"x","description":"\\ud800 \\u202e","decimals":18}',
    ) as object
    const offer = (): object =>
      offerOf(payee, cent, { extra: { ...extra, ...odd, decimals: 2 }, decimals: 0, price: '$5' })
    const extensions = JSON.parse('{"__proto__":{"info":{"a":1}},"toString":{"info":{}},"x":null}') as object
    const resource = { url: 'http://shop', description: '\u{1f4b8}\ud800' }
    let got: PaymentPayload | undefined
    await open(
      async (arrived, response) => {
        got = arrived.payment
        deliver(response, await settle(arrived))
      },
      (_arrived, response) => demand(response, [offer()], { extensions, resource }),
    )
    expect(await buy()).toEqual({ status: 200 })
    expect(JSON.stringify(got!.accepted)).toBe(JSON.stringify(offer()))
    expect(JSON.stringify(got!.extensions)).toBe(JSON.stringify(extensions))
    expect(JSON.stringify(got!.resource)).toBe(JSON.stringify(resource))
    expect(await agent.paid()).toBe(cent)
  })

  it('T46 with several offers is paid by the cheapest that fits, in whatever order they stand', async () => {
    const upfront = { extra: { ...extra, paymentFlow: 'upfront' } }
    const offers = (): unknown[] => [
      offerOf(payee, 3n * cent),
      offerOf(payee, 1n, { network: 'eip155:8453' }),
      offerOf(payee, 2n * cent, upfront),
      offerOf(payee, 2n * cent),
      offerOf(payee, 1n, { asset: '0x7474747474747474747474747474747474747402' }),
    ]
    for (let turn = 0; turn < 5; turn++) {
      await open(
        async (arrived, response) => deliver(response, await settle(arrived)),
        (_arrived, response) => demand(response, [...offers().slice(turn), ...offers().slice(0, turn)]),
      )
      expect(await buy()).toEqual({ status: 200 })
      expect(shop.arrived.at(-1)!.payment!.accepted).toEqual(offers()[3])
      expect(await agent.paid()).toBe(2n * cent)
      if (turn < 4) await shop.close()
    }
  })

  it('with a body without end is not read to its end', async () => {
    await open(
      async (arrived, response) => deliver(response, await settle(arrived)),
      (_arrived, response) => {
        const required = toHeader(challenge([good()]))
        response.writeHead(402, { 'PAYMENT-REQUIRED': required })
        const flood = (): void => {
          while (response.write('x'.repeat(65_536)));
        }
        response.on('drain', flood)
        flood()
      },
    )
    expect(await buy()).toEqual({ status: 200 })
    expect(await agent.paid()).toBe(cent)
  })
})

describe('what the caller asks', () => {
  const dearest: Behaviour = (_arrived, response) => demand(response, [offerOf(payee, cent)])

  it('T23 is not paid over a connection that anybody can change, unless its owner says so', async () => {
    await open(async (arrived, response) => deliver(response, await settle(arrived)), dearest)
    const { url } = shop
    const through = { fetch: ((_input, init) => fetch(`${url}/thing`, init)) as typeof fetch }
    const call = (options: Partial<PayingFetchOptions>): Promise<Response> =>
      agent.payingFetch({ ...through, ...options })('http://shop.example/thing')
    await expect(call({})).rejects.toMatchObject({ code: 'sdk/insecure_origin' })
    await expect(call({ insecureOrigins: ['http://shop.example:8080'] })).rejects.toMatchObject({
      code: 'sdk/insecure_origin',
    })
    expect(credentials()).toEqual([])
    expect((await call({ insecureOrigins: ['http://shop.example'] })).status).toBe(200)
    expect(await agent.paid()).toBe(cent)
  })

  it('T43 carries no payment of its own, and names a place that can be paid', async () => {
    await open(() => undefined, dearest)
    for (const name of ['PAYMENT-SIGNATURE', 'payment-signature', 'X-Payment'])
      expect(await buy({}, { headers: { [name]: 'x' } })).toEqual({ code: 'sdk/header_reserved' })
    for (const url of ['ftp://shop/', 'thing', 'http://user:password@127.0.0.1/', 'http://user@127.0.0.1/'])
      await expect(agent.payingFetch()(url)).rejects.toMatchObject({ code: 'sdk/url_invalid' })
    expect(shop.arrived).toEqual([])
  })

  it('is signed as it was approved, or not at all', async () => {
    await open(async (arrived, response) => deliver(response, await settle(arrived)), dearest)
    expect(await buy({ approve: () => false })).toEqual({ code: 'sdk/declined' })
    const change = (price: object): boolean => Reflect.set(price, 'amount', 1n)
    expect(await buy({ approve: change })).toEqual({ code: 'sdk/declined' })
    expect(credentials()).toEqual([])
    const never = (): Promise<boolean> => new Promise(() => undefined)
    expect(await buy({ approve: never, deadlineMs: 100 })).toEqual({ code: 'sdk/declined' })
    const impatient = agent.payingFetch({ approve: never })(`${shop.url}/thing`, { signal: AbortSignal.timeout(50) })
    await expect(impatient).rejects.toMatchObject({ name: 'TimeoutError' })
    const broken = agent.payingFetch({ approve: () => Promise.reject(new Error('nobody is there')) })
    await expect(broken(`${shop.url}/thing`)).rejects.toThrow('nobody is there')
    expect(credentials()).toEqual([])
    expect(await buy({ approve: async ({ amount }) => amount === cent })).toEqual({ status: 200 })
    expect(await agent.paid()).toBe(cent)
  })
})
