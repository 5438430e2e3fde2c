// A priced API as its author writes it, on whichever official server: what it costs, what it does, and how often it was done.
import { dollar } from '../../bench/payments.ts'
import { servers } from './servers.ts'
import type { ServerName } from './servers.ts'

/** When the money moves: after the handler, or before it. */
export type Flow = 'authorization' | 'upfront'

/** What one route costs. */
export type Price = {
  /** Base units. */
  readonly amount: bigint
  readonly payTo: string
  /** Default 60. */
  readonly maxTimeoutSeconds?: number
  readonly flow?: Flow
  /** Default: the dollar of the chain. */
  readonly asset?: { readonly address: string; readonly name: string; readonly version: string }
  /** Default: the development chain. */
  readonly network?: `eip155:${number}`
}

/** A priced route: what it costs (one of several prices), and what it does once called. */
export type PricedRoute = {
  readonly prices: readonly Price[]
  /** Default: answers at once. A rejection becomes a 500. */
  readonly work?: () => Promise<unknown>
  readonly identifiesPayments?: boolean
}

/** A price in the words of every official server. */
export type Option = {
  readonly scheme: 'exact'
  readonly network: `eip155:${number}`
  readonly payTo: string
  readonly maxTimeoutSeconds: number
  readonly price: { readonly amount: string; readonly asset: string; readonly extra: Record<string, string> }
}

/** What a handler says. */
export type HandlerAnswer = { readonly status: 200 | 500; readonly body: Readonly<Record<string, string>> }

/** What any server is given to sell. */
export type Stock = {
  readonly facilitators: readonly string[]
  readonly routes: readonly {
    readonly path: string
    readonly accepts: Option[]
    readonly identifiesPayments: boolean
  }[]
  /** Does what a route does. */
  handle(path: string): Promise<HandlerAnswer>
}

/** A server that accepts requests. */
export type OpenServer = { readonly url: string; close(): Promise<void> }

/** A seller that accepts requests. */
export type Seller = OpenServer & {
  /** How often a route's handler has been run. */
  runs(path: string): number
}

function optionOf(price: Price): Option {
  const { amount, payTo, maxTimeoutSeconds = 60, flow = 'authorization', asset = dollar, network } = price
  const { address, name, version } = asset
  return {
    scheme: 'exact',
    network: network ?? `eip155:${dollar.chainId}`,
    payTo,
    maxTimeoutSeconds,
    price: {
      amount: String(amount),
      asset: address,
      extra: { name, version, ...(flow === 'upfront' && { paymentFlow: flow }) },
    },
  }
}

/** Starts a seller that trusts the facilitators under the given addresses. */
export async function startSeller(
  facilitators: readonly string[],
  routes: Readonly<Record<`/${string}`, PricedRoute>>,
  server: ServerName = 'express 2.27',
): Promise<Seller> {
  const runs = new Map<string, number>()
  const works = new Map(Object.entries(routes).map(([path, { work }]) => [path, work]))
  const open = await servers[server].open({
    facilitators,
    routes: Object.entries(routes).map(([path, { prices, identifiesPayments = false }]) => ({
      path,
      accepts: prices.map(optionOf),
      identifiesPayments,
    })),
    async handle(path) {
      const run = (runs.get(path) ?? 0) + 1
      runs.set(path, run)
      try {
        await works.get(path)?.()
        return { status: 200, body: { answer: `${path} ${run}` } }
      } catch {
        return { status: 500, body: { error: 'the handler failed' } }
      }
    },
  })
  return { ...open, runs: (path) => runs.get(path) ?? 0 }
}
