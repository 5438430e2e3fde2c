// A stage for tests of the paying fetch: a real node, agents with budgets, a shop with the official middleware, and shops that a
// hostile hand wrote. Requests are recorded as they arrive, and money is read from the ledger.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { HTTPFacilitatorClient } from '@x402/core/server'
import type { PaymentPayload, PaymentRequirements, SettleResponse, VerifyResponse } from '@x402/core/types'
import { ExactEvmScheme } from '@x402/evm/exact/server'
import { paymentMiddleware, x402ResourceServer } from '@x402/express'
import { declarePaymentIdentifierExtension, PAYMENT_IDENTIFIER } from '@x402/extensions/payment-identifier'
import express from 'express'
import { createConfig, startNode } from '@turnpike/node'
import {
  createAgent,
  createClient,
  createPayingFetch,
  generatePrivateKey,
  getAgent,
  getBalance,
  privateKeyAccount,
  requestFaucet,
  sendTransfer,
  usd,
  type Account,
  type Budget,
  type Client,
  type LedgerError,
  type PayingFetch,
  type PayingFetchOptions,
} from '@turnpike/sdk'

/** The dollar of the development chain. */
export const dollar = '0x7474747474747474747474747474747474747401'
const network = 'eip155:402402'
/** A cent, in base units. */
export const cent = 10_000n

/** An agent and the fetch that pays with its key. */
export type StagedAgent = {
  readonly owner: Account
  readonly key: Account
  readonly account: string
  payingFetch(options?: Partial<PayingFetchOptions>): PayingFetch
  /** What it has paid, in base units: what left the account, and what its budget counted, which must agree. */
  paid(): Promise<bigint>
}

/** A node, and who acts on it. */
export type Stage = {
  readonly url: string
  readonly client: Client
  /** An agent with a dollar, under an owner of its own. */
  newAgent(budget?: Budget): Promise<StagedAgent>
  newPayee(): Account
  balanceOf(account: string): Promise<bigint>
  close(): Promise<void>
}

const funds = 1_000_000n

/** Starts a node in this process. */
export async function openStage(): Promise<Stage> {
  const home = await mkdtemp(join(tmpdir(), 'turnpike-buyer-'))
  const node = await startNode(createConfig({ home, port: 0, dev: true, logLevel: 'error', segmentBytes: 2_097_152 }))
  const close = async (): Promise<void> => {
    await node.close()
    await rm(home, { recursive: true })
  }
  return { ...stageAt(node.url), close }
}

/** A stage on a node that somebody else has started. */
export function stageAt(url: string): Omit<Stage, 'close'> {
  const client = createClient({ url, chainId: 402402 })
  const newKey = (): Account => privateKeyAccount(generatePrivateKey())
  const balanceOf = async (account: string): Promise<bigint> => (await getBalance(client, { account })).available
  return {
    url,
    client,
    newPayee: newKey,
    balanceOf,
    async newAgent(budget = { lifetime: usd('1') }) {
      const [owner, key] = [newKey(), newKey()]
      await requestFaucet(client, { address: owner.address, amount: funds })
      const { agent } = await createAgent(client, { owner, name: 'buyer', key, budget })
      await sendTransfer(client, { signer: owner, to: agent, amount: funds })
      return {
        owner,
        key,
        account: agent,
        payingFetch: (options = {}) =>
          createPayingFetch(client, { signer: key, budget: { perCall: usd('0.05') }, ...options }),
        async paid() {
          const { caps, balances } = await getAgent(client, { agent, signer: owner })
          const { available, held } = balances[0]!
          const used = caps.find(({ id }) => id === 'life')?.used ?? 0n
          const left = funds - available - held
          if (left !== used) throw new Error(`${left} left the account, and its budget counted ${used}.`)
          return used
        },
      }
    },
  }
}

/** A request as it arrived at a shop. */
export type Arrived = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** The payment that came with it. */
  readonly payment: PaymentPayload | undefined
  /** The header that carried it, as it came. */
  readonly credential: string | undefined
}

/** A server on loopback, and what arrived at it. */
export type Shop = { readonly url: string; readonly arrived: readonly Arrived[]; close(): Promise<void> }

async function listen(server: Server): Promise<{ readonly url: string; close(): Promise<void> }> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function readArrived({ method, url, headers }: IncomingMessage, body: string): Arrived {
  const credential = headers['payment-signature'] as string | undefined
  const payment =
    credential === undefined
      ? undefined
      : (JSON.parse(Buffer.from(credential, 'base64').toString('utf8')) as PaymentPayload)
  return { method: method ?? '', path: url ?? '', headers, body, payment, credential }
}

/** What a hostile shop does with a request. Nothing may be left unanswered but on purpose. */
export type Behaviour = (arrived: Arrived, response: ServerResponse, request: IncomingMessage) => void | Promise<void>

/** A shop that does whatever it is told to. */
export async function openHostileShop(behaviour: Behaviour): Promise<Shop> {
  const arrived: Arrived[] = []
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const each = readArrived(request, (await buffer(request)).toString('utf8'))
      arrived.push(each)
      await behaviour(each, response, request)
    }
    answer().catch(() => request.socket.destroy())
  })
  return { arrived, ...(await listen(server)) }
}

/** A price of the official shop. */
export type OfficialRoute = {
  readonly amount: bigint
  readonly payTo: string
  readonly flow?: 'authorization' | 'upfront'
  readonly method?: string
  readonly identifiesPayments?: boolean
  readonly work?: (run: number) => void | Promise<void>
}

/** Express with the official middleware, unmodified; its prices may be changed while it runs. */
export async function openOfficialShop(
  { url: nodeUrl }: Pick<Stage, 'url'>,
  routes: Record<string, OfficialRoute>,
): Promise<Shop & { runs(path: string): number }> {
  const arrived: Arrived[] = []
  const resources = new x402ResourceServer(new HTTPFacilitatorClient({ url: `${nodeUrl}/x402` }))
  resources.register('eip155:*', new ExactEvmScheme())
  const extra = { name: 'Turnpike USD', version: '1' }
  const priced = Object.entries(routes).map(([path, { payTo, flow, method = 'GET', identifiesPayments }]) => {
    const accepts = {
      scheme: 'exact',
      network,
      payTo,
      maxTimeoutSeconds: 60,
      price: () => ({
        amount: String(routes[path]!.amount),
        asset: dollar,
        extra: { ...extra, ...(flow === 'upfront' && { paymentFlow: flow }) },
      }),
    } as const
    const extensions = { [PAYMENT_IDENTIFIER]: declarePaymentIdentifierExtension(true) }
    return [`${method} ${path}`, { accepts, ...(identifiesPayments === true && { extensions }) }] as const
  })
  const app = express()
  app.use(express.text({ type: () => true }))
  app.use((request, _response, next) => {
    arrived.push(readArrived(request, typeof request.body === 'string' ? request.body : ''))
    next()
  })
  app.use(paymentMiddleware(Object.fromEntries(priced), resources))
  const runs = new Map<string, number>()
  for (const [path, { work }] of Object.entries(routes)) {
    app.all(path, async (_request, response) => {
      const run = (runs.get(path) ?? 0) + 1
      runs.set(path, run)
      try {
        await work?.(run)
        response.json({ answer: `${path} ${run}` })
      } catch {
        response.status(500).json({ error: 'the handler failed' })
      }
    })
  }
  return { arrived, runs: (path) => runs.get(path) ?? 0, ...(await listen(createServer(app))) }
}

/** One way to pay, as a hostile shop writes it. */
export function offerOf(payTo: string, amount: bigint | string, changes: object = {}): PaymentRequirements {
  const extra = { name: 'Turnpike USD', version: '1' }
  const offer = { scheme: 'exact', network, amount: String(amount), asset: dollar, payTo, maxTimeoutSeconds: 60, extra }
  return { ...offer, ...changes } as PaymentRequirements
}

/** Text as headers of x402 carry it. */
export function toHeader(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return Buffer.from(text).toString('base64')
}

/** Asks for money. */
export function demand(response: ServerResponse, offers: readonly unknown[], changes: object = {}): void {
  const required = {
    x402Version: 2,
    error: 'Payment required',
    resource: { url: 'http://shop' },
    accepts: offers,
    ...changes,
  }
  response.writeHead(402, { 'PAYMENT-REQUIRED': toHeader(required) }).end('{}')
}

/** Verifies or settles as a shop does, at the real node. */
export async function atFacilitator<V extends 'verify' | 'settle'>(
  { url }: Pick<Stage, 'url'>,
  verb: V,
  payment: PaymentPayload,
): Promise<V extends 'verify' ? VerifyResponse : SettleResponse> {
  const answer = await fetch(`${url}/x402/${verb}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ x402Version: 2, paymentPayload: payment, paymentRequirements: payment.accepted }),
  })
  return (await answer.json()) as V extends 'verify' ? VerifyResponse : SettleResponse
}

/** Delivers for a settled payment. */
export function deliver(response: ServerResponse, settled: SettleResponse, body = 'the goods'): void {
  response.writeHead(200, { 'PAYMENT-RESPONSE': toHeader(settled) }).end(body)
}

/** A shop of a hostile hand, and an agent that buys there. */
export type Scene = {
  readonly agent: StagedAgent
  readonly payee: string
  readonly shop: Shop
  /** The payments that arrived, as their headers carried them. */
  credentials(): readonly string[]
  /** What a purchase comes to. */
  buy(
    options?: Partial<PayingFetchOptions>,
    init?: object,
  ): Promise<{ readonly code?: string; readonly status?: number }>
}

/** Opens a shop that asks a cent of whoever brings no payment, unless told otherwise, and does the given to whoever does. */
export async function openScene(
  stage: Stage,
  { paid, unpaid }: { readonly paid: Behaviour; readonly unpaid?: Behaviour | undefined },
): Promise<Scene> {
  const agent = await stage.newAgent()
  const payee = stage.newPayee().address
  const ask: Behaviour = unpaid ?? ((_arrived, response) => demand(response, [offerOf(payee, cent)]))
  const shop = await openHostileShop((arrived, ...rest) =>
    (arrived.payment === undefined ? ask : paid)(arrived, ...rest),
  )
  return {
    agent,
    payee,
    shop,
    credentials: () => shop.arrived.flatMap(({ credential }) => credential ?? []),
    buy: (options = {}, init = {}) =>
      agent
        .payingFetch(options)(`${shop.url}/thing`, init)
        .then(
          ({ status }) => ({ status }),
          ({ code }: LedgerError) => ({ code }),
        ),
  }
}
