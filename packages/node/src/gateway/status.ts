// GET /health, /chain and /metrics: whether the node serves, which chain it has, and its numbers.
import { paramsOf } from '@turnpike/chain'
import type { GenesisDocument } from '@turnpike/chain'
import * as z from 'zod/mini'
import type { Ledger } from '../ledger/ledger.ts'
import type { HttpAnswer } from '../machine/http.ts'
import type { Metrics } from '../machine/Machine.ts'
import { json } from './route.ts'
import type { Route } from './route.ts'

/** How the node is. */
export type Health =
  | { readonly status: 'ok'; readonly height: number }
  | { readonly status: 'starting'; readonly progress: number }
  | { readonly status: 'stopping' }
  /** Reads go on. */
  | { readonly status: 'read-only'; readonly height: number; readonly reason: string }

const healthShape = z.object({
  status: z.enum(['ok', 'starting', 'stopping', 'read-only']),
  height: z.optional(z.number()),
  progress: z.optional(z.number()),
  reason: z.optional(z.string()),
})

const assetShape = z.object({
  symbol: z.string(),
  address: z.string(),
  decimals: z.number(),
  currency: z.string(),
  eip712: z.object({ name: z.string(), version: z.string() }),
})

const chainShape = z.object({
  chainId: z.number(),
  network: z.string(),
  genesis: z.string(),
  engine: z.string(),
  height: z.number(),
  blockTime: z.number(),
  rpc: z.string(),
  facilitator: z.string(),
  assets: z.array(assetShape),
  contracts: z.record(z.string(), z.string()),
  params: z.record(z.string(), z.unknown()),
})

/** Blocks are made when there is something to put into them; a waiting client may look this often, in ms. */
const blockTimeMs = 1

export type StatusOptions = {
  readonly ledger: Ledger
  readonly genesis: GenesisDocument
  readonly metrics: Metrics
  readonly health: () => Health
}

/** The health as an answer. */
export function answerHealth(health: Health): HttpAnswer {
  return json(health, health.status === 'ok' ? 200 : 503)
}

/** The three routes. */
export function createStatusRoutes({ ledger, genesis, metrics, health }: StatusOptions): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/health',
      summary: 'Whether the node takes requests.',
      answers: [
        { status: 200, description: 'It does.', schema: healthShape },
        {
          status: 503,
          description: 'It is starting or stopping, or takes no operations because its disk is nearly full.',
          schema: healthShape,
        },
      ],
      load: 'free',
      run: () => answerHealth(health()),
    },
    {
      method: 'GET',
      path: '/chain',
      summary: 'The chain: identity, height, assets, parameters.',
      answers: [{ status: 200, description: 'The chain.', schema: chainShape }],
      load: 'bounded',
      run: () => answerChain(ledger, genesis),
    },
    {
      method: 'GET',
      path: '/metrics',
      summary: 'Numbers for operators in Prometheus text format.',
      answers: [{ status: 200, description: 'The numbers.', contentType: 'text/plain' }],
      load: 'free',
      run: async () => ({
        status: 200,
        headers: { 'content-type': metrics.contentType, 'cache-control': 'no-store' },
        body: await metrics.text(),
      }),
    },
  ]
}

async function answerChain(ledger: Ledger, { assets }: GenesisDocument): Promise<HttpAnswer> {
  const view = ledger.view()
  const params = paramsOf(ledger.app, view)
  await ledger.durable()
  return json({
    chainId: ledger.chainId,
    network: `eip155:${ledger.chainId}`,
    genesis: ledger.genesis,
    engine: 'embedded',
    height: view.height,
    blockTime: blockTimeMs,
    rpc: '/rpc',
    facilitator: '/x402',
    assets: assets.map(({ symbol, address, decimals, currency, name, version }) => ({
      symbol,
      address,
      decimals,
      currency,
      eip712: { name, version },
    })),
    contracts: {},
    params,
  })
}
