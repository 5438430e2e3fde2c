// addTurnpike on official servers: who is offered what, and the money that moved when the official client paid.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { decodePaymentRequiredHeader } from '@x402/core/http'
import { HTTPFacilitatorClient } from '@x402/core/server'
import type { PaymentRequirements, Price } from '@x402/core/types'
import { ExactEvmScheme as ExactClient } from '@x402/evm/exact/client'
import { ExactEvmScheme } from '@x402/evm/exact/server'
import { paymentMiddleware, x402ResourceServer } from '@x402/express'
import { wrapFetchWithPaymentFromConfig } from '@x402/fetch'
import { paymentMiddleware as honoMiddleware } from '@x402/hono'
import express from 'express'
import { Hono } from 'hono'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createConfig, startNode, type Node } from '@turnpike/node'
import {
  createAgent,
  createClient,
  generatePrivateKey,
  getBalance,
  getPayments,
  privateKeyAccount,
  requestFaucet,
  sendTransfer,
  usd,
  type Asset,
  type Client,
} from '@turnpike/sdk'
import { addTurnpike, type SellerOptions } from '@turnpike/sdk/seller'

const base = 'eip155:8453'
const baseDollar = '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'

let node: Node
let home: string
let client: Client
let dollar: Asset
let coin: Asset
let agent: string
let agentKey: `0x${string}`
const ownerKey = generatePrivateKey()
const owner = privateKeyAccount(ownerKey)
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'turnpike-seller-'))
  node = await startNode(createConfig({ home, port: 0, dev: true, logLevel: 'error', segmentBytes: 2_097_152 }))
  client = createClient({ url: node.url })
  ;[dollar, coin] = (await client.chain()).assets as [Asset, Asset]
  agentKey = generatePrivateKey()
  for (const asset of [dollar, coin]) {
    await requestFaucet(client, { address: owner.address, amount: 1_000_000_000n, asset: asset.symbol })
  }
  const budget = { lifetime: usd('5') }
  const made = await createAgent(client, { owner, name: 'buyer', key: privateKeyAccount(agentKey), budget })
  agent = made.agent
  await sendTransfer(client, { signer: owner, to: agent, amount: usd('2') })
})

afterAll(async () => {
  for (const close of closing) await close()
  await node.close()
  await rm(home, { recursive: true })
})

const newPayee = (): `0x${string}` => privateKeyAccount(generatePrivateKey()).address

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return opened(server)
}

function opened(server: Server): string {
  closing.push(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The official client: the agent's, or for what an agent may not spend its owner's. */
function buying(asset: Asset): typeof fetch {
  const network = `eip155:402402`
  return wrapFetchWithPaymentFromConfig(fetch, {
    schemes: [{ network, client: new ExactClient(privateKeyToAccount(asset === dollar ? agentKey : ownerKey)) }],
    spendControls: { allowedAssets: [{ network, asset: asset.address }] },
  })
}

async function offersOf(url: string): Promise<readonly PaymentRequirements[]> {
  const response = await fetch(url)
  expect(response.status).toBe(402)
  return decodePaymentRequiredHeader(response.headers.get('PAYMENT-REQUIRED')!).accepts
}

type Route = { readonly accepts: unknown }

/** An Express server behind the official middleware. Its routes answer with their own path. */
async function sellWithExpress(server: x402ResourceServer, routes: Readonly<Record<string, Route>>): Promise<string> {
  const app = express()
  app.use(paymentMiddleware(routes as Parameters<typeof paymentMiddleware>[0], server))
  app.use((request, response) => {
    response.json({ answer: request.path })
  })
  return listen(createServer(app))
}

/** Another network's facilitator, as far as a seller meets it here: it says what it supports, and counts who asks for more. */
async function foreignFacilitator(
  ...networks: readonly string[]
): Promise<{ readonly url: string; readonly judged: () => number }> {
  let judged = 0
  const server = createServer((request, response) => {
    const kinds = networks.map((network) => ({ x402Version: 2, scheme: 'exact', network }))
    if (request.url !== '/supported') judged++
    const judgement = {
      isValid: true,
      success: true,
      transaction: `0x${'11'.repeat(32)}`,
      network: networks[0],
      payer: agent,
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(request.url === '/supported' ? { kinds, extensions: [], signers: {} } : judgement))
  })
  return { url: await listen(server), judged: () => judged }
}

/** What payer and payee have; the difference of two is what moved. */
async function moneyOf(payee: string, asset: Asset): Promise<readonly bigint[]> {
  const balances = [asset === dollar ? agent : owner.address, payee].map((account) =>
    getBalance(client, { account, asset: asset.symbol }),
  )
  return (await Promise.all(balances)).map(({ available }) => available)
}

async function expectPaid(
  pay: () => Promise<Response>,
  moved: { readonly payee: string; readonly asset: Asset; readonly units: bigint },
): Promise<void> {
  const { payee, asset, units } = moved
  const before = await moneyOf(payee, asset)
  const response = await pay()
  expect(response.headers.get('PAYMENT-REQUIRED') ?? response.status).toBe(200)
  const after = await moneyOf(payee, asset)
  expect([after[0]! - before[0]!, after[1]! - before[1]!]).toEqual([-units, units - units / 1_000n])
}

describe('Turnpike alone', () => {
  it('takes a price in dollars on an Express server, with nothing but the address of the node and of the payee', async () => {
    const payTo = newPayee()
    const server = new x402ResourceServer()
    const seller = await addTurnpike(server, { url: node.url, payTo, place: 'only' })
    expect(seller).toMatchObject({ network: 'eip155:402402', asset: { symbol: 'pUSD' } })
    const url = await sellWithExpress(server, { 'GET /sky': { accepts: seller.accepts('$0.01') } })
    expect(await offersOf(`${url}/sky`)).toEqual([
      {
        scheme: 'exact',
        network: 'eip155:402402',
        amount: '10000',
        asset: dollar.address,
        payTo,
        maxTimeoutSeconds: 300,
        extra: { name: 'Turnpike USD', version: '1' },
      },
    ])
    await expectPaid(() => buying(dollar)(`${url}/sky`), { payee: payTo, asset: dollar, units: 10_000n })
    expect(await getPayments(client, { account: payTo })).toMatchObject([{ amount: 10_000n, toll: 10n }])
  })

  it('takes a price in another asset, with eighteen decimals, on a Hono server', async () => {
    const payTo = newPayee()
    const server = new x402ResourceServer()
    const seller = await addTurnpike(server, { url: node.url, payTo, place: 'only' })
    const app = new Hono()
    app.use(honoMiddleware({ 'GET /*': { accepts: seller.accepts('0.0000000005 tUSD') } }, server))
    app.get('/sky', (context) => context.json({ answer: 'blue' }))
    const listening = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
    await once(listening, 'listening')
    const url = opened(listening)
    await expectPaid(() => buying(coin)(`${url}/sky`), { payee: payTo, asset: coin, units: 500_000_000n })
  })

  it('is paid before the answer is made where a route says so', async () => {
    const payTo = newPayee()
    const server = new x402ResourceServer()
    const seller = await addTurnpike(server, { url: node.url, payTo, place: 'only' })
    const accepts = seller.accepts('$0.02', { extra: { paymentFlow: 'upfront' }, maxTimeoutSeconds: 30 })
    const url = await sellWithExpress(server, { 'GET /sky': { accepts } })
    expect(await offersOf(`${url}/sky`)).toMatchObject([{ maxTimeoutSeconds: 30, extra: { paymentFlow: 'upfront' } }])
    await expectPaid(() => buying(dollar)(`${url}/sky`), { payee: payTo, asset: dollar, units: 20_000n })
  })

  it('asks for no signature that lasts longer than the ledger allows', async () => {
    const payTo = newPayee()
    const server = new x402ResourceServer()
    const seller = await addTurnpike(server, { url: node.url, payTo, place: 'only' })
    const accepts = seller.accepts('0.0000000005 tUSD', { maxTimeoutSeconds: 86_400 })
    const url = await sellWithExpress(server, { 'GET /sky': { accepts } })
    expect(await offersOf(`${url}/sky`)).toMatchObject([{ maxTimeoutSeconds: 3_600 }])
    // By an owner: an agent's policy may allow less.
    await expectPaid(() => buying(coin)(`${url}/sky`), { payee: payTo, asset: coin, units: 500_000_000n })
  })

  it('leaves the price to the asset that is named', async () => {
    const server = new x402ResourceServer()
    const seller = await addTurnpike(server, { url: node.url, payTo: newPayee(), place: 'only', asset: 'tUSD' })
    const url = await sellWithExpress(server, { 'GET /sky': { accepts: seller.accepts(0.5) } })
    expect(await offersOf(`${url}/sky`)).toMatchObject([{ asset: coin.address, amount: '500000000000000000' }])
  })
})

describe('beside another network', () => {
  type Beside = {
    readonly options?: Partial<SellerOptions>
    readonly price?: unknown
    readonly extra?: Record<string, unknown>
  }

  /** A server that sells on Base for its route, to which Turnpike is added. */
  async function sellBeside({ options = {}, price = '$0.01', extra }: Beside = {}) {
    const payTo = newPayee()
    const facilitator = await foreignFacilitator(base, 'eip155:402402')
    const server = new x402ResourceServer([new HTTPFacilitatorClient({ url: facilitator.url })])
    server.register(base, new ExactEvmScheme())
    await addTurnpike(server, { url: node.url, payTo, ...options })
    const accepts = [{ scheme: 'exact', network: base, price, payTo: newPayee(), ...(extra && { extra }) }]
    const url = await sellWithExpress(server, { 'GET /sky': { accepts } })
    return { url: `${url}/sky`, payTo, judged: facilitator.judged }
  }

  it('is the second way to pay, at the same price, and the money is judged by the node alone', async () => {
    const { url, payTo, judged } = await sellBeside()
    const offers = await offersOf(url)
    expect(offers.map(({ network, amount, asset }) => [network, amount, asset])).toEqual([
      [base, '10000', baseDollar],
      ['eip155:402402', '10000', dollar.address],
    ])
    await expectPaid(() => buying(dollar)(url), { payee: payTo, asset: dollar, units: 10_000n })
    // The other facilitator says that it knows this network, too, and is made earlier; it is not asked.
    expect(judged()).toBe(0)
  })

  it('is the first one where the seller wants it', async () => {
    const { url } = await sellBeside({ options: { place: 'first' } })
    expect((await offersOf(url)).map(({ network }) => network)).toEqual(['eip155:402402', base])
  })

  it('works a price out once for each request, and keeps what holds for both', async () => {
    let times = 0
    const price = (): Price => `$0.0${++times}`
    const { url } = await sellBeside({ price, extra: { paymentFlow: 'upfront' } })
    expect(await offersOf(url)).toMatchObject([
      { network: base, amount: '10000', extra: { paymentFlow: 'upfront', name: 'USD Coin' } },
      { network: 'eip155:402402', amount: '10000', extra: { paymentFlow: 'upfront', name: 'Turnpike USD' } },
    ])
    expect(times).toBe(1)
  })

  it('offers nothing that it could not say exactly, and leaves the rest as it is', async () => {
    const units = { amount: '10000', asset: baseDollar, extra: { name: 'USD Coin', version: '2' } }
    for (const price of [units, '$0.0000001']) {
      const { url } = await sellBeside({ price })
      expect((await offersOf(url)).map(({ network }) => network)).toEqual([base])
    }
  })

  it('T98 lets a route that names this network have its say, when the seller has said which chain it is', async () => {
    const [payTo, other] = [newPayee(), newPayee()]
    const server = new x402ResourceServer([new HTTPFacilitatorClient({ url: (await foreignFacilitator(base)).url })])
    server.register('eip155:*', new ExactEvmScheme())
    await expect(addTurnpike(server, { url: node.url, payTo })).rejects.toMatchObject({ code: 'sdk/network_taken' })
    const seller = await addTurnpike(server, { url: node.url, payTo, chainId: 402402 })
    const url = await sellWithExpress(server, { 'GET /sky': { accepts: seller.accepts('$0.03', { payTo: other }) } })
    expect(await offersOf(`${url}/sky`)).toMatchObject([{ network: 'eip155:402402', amount: '30000', payTo: other }])
  })

  it('a node that is gone when the server starts takes no other way to pay with it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'turnpike-seller-'))
    const config = { home: directory, port: 0, dev: true, logLevel: 'error', segmentBytes: 2_097_152 } as const
    const gone = await startNode(createConfig(config))
    const server = new x402ResourceServer([new HTTPFacilitatorClient({ url: (await foreignFacilitator(base)).url })])
    server.register(base, new ExactEvmScheme())
    await addTurnpike(server, { url: gone.url, payTo: newPayee() })
    await gone.close()
    const accepts = { scheme: 'exact', network: base, price: '$0.01', payTo: newPayee() }
    const url = await sellWithExpress(server, { 'GET /sky': { accepts } })
    expect((await offersOf(`${url}/sky`)).map(({ network }) => network)).toEqual([base])
    await rm(directory, { recursive: true })
  })
})

describe('prices', () => {
  const schemeOf = async (): Promise<(price: Price) => Promise<{ amount: string; asset: string; extra?: unknown }>> => {
    const server = new x402ResourceServer()
    const { network } = await addTurnpike(server, { url: node.url, payTo: newPayee(), place: 'only' })
    const scheme = server.getRegisteredScheme(network, 'exact')!
    expect(scheme.getAssetDecimals!(coin.address.toUpperCase().replace('0X', '0x'), network)).toBe(18)
    return async (price) => scheme.parsePrice(price, network)
  }

  it('are exact', async () => {
    const parse = await schemeOf()
    const cases: readonly (readonly [Price, string, Asset])[] = [
      ['$0.01', '10000', dollar],
      ['0.01', '10000', dollar],
      [0.01, '10000', dollar],
      [1e-6, '1', dollar],
      ['0.01 USD', '10000', dollar],
      ['$12.345678', '12345678', dollar],
      ['0.01 pUSD', '10000', dollar],
      ['0.01 tusd', '10000000000000000', coin],
      ['0.000000000000000001 tUSD', '1', coin],
      [{ amount: '7', asset: coin.address }, '7', coin],
      [{ amount: '7', asset: dollar.address, extra: { name: 'Another Dollar', version: '9' } }, '7', dollar],
    ]
    for (const [price, amount, { address, eip712 }] of cases)
      expect(await parse(price), JSON.stringify(price)).toEqual({ amount, asset: address, extra: eip712 })
  })

  it('T105 T123 that are none, or not exact, or of an asset that is not here, are refused', async () => {
    const parse = await schemeOf()
    const cases: readonly (readonly [Price, string | undefined])[] = [
      ['$0.0000001', 'sdk/amount_invalid'],
      [1e-7, 'sdk/amount_invalid'],
      ['$0', 'sdk/amount_invalid'],
      ['$01', 'sdk/amount_invalid'],
      [`$${'9'.repeat(40)}`, 'sdk/amount_invalid'],
      ['1 EURC', 'sdk/unknown_asset'],
      [{ amount: '7', asset: baseDollar }, 'sdk/unknown_asset'],
      [{ amount: '0', asset: dollar.address }, 'sdk/amount_invalid'],
      [{ amount: '0x7', asset: dollar.address }, 'sdk/amount_invalid'],
      ['-1', undefined],
      ['1e3', undefined],
      [Number.NaN, undefined],
      ['', undefined],
    ]
    for (const [price, code] of cases) {
      const refused = await parse(price).catch((error: unknown) => error)
      expect(refused, JSON.stringify(price)).toBeInstanceOf(Error)
      if (code !== undefined) expect(refused, JSON.stringify(price)).toMatchObject({ code })
    }
  })
})

it('T123 says what is wrong, and leaves the server as it was', async () => {
  const payTo = newPayee()
  const cases: readonly (readonly [Partial<SellerOptions>, string])[] = [
    [{ url: 'http://127.0.0.1:1' }, 'sdk/unreachable'],
    [{ chainId: 8453 }, 'sdk/wrong_chain'],
    [{ asset: 'EURC' }, 'sdk/unknown_asset'],
    [{ payTo: '0x12' }, 'sdk/address_invalid'],
  ]
  for (const [options, code] of cases) {
    const server = new x402ResourceServer()
    const before = server.buildPaymentRequirementsFromOptions
    await expect(addTurnpike(server, { url: node.url, payTo, ...options })).rejects.toMatchObject({ code })
    expect(server.buildPaymentRequirementsFromOptions).toBe(before)
    expect(server.hasRegisteredScheme('eip155:402402', 'exact')).toBe(false)
  }
  const none = { register: () => undefined } as unknown as x402ResourceServer
  await expect(addTurnpike(none, { url: node.url, payTo })).rejects.toMatchObject({ code: 'sdk/server_unsupported' })
})
