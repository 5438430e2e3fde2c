// A priced API as its author writes it: Express with the official middleware, unmodified. It keeps count of what it ran.
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { HTTPFacilitatorClient } from '@x402/core/server'
import { ExactEvmScheme } from '@x402/evm/exact/server'
import { paymentMiddleware, x402ResourceServer } from '@x402/express'
import { PAYMENT_IDENTIFIER, declarePaymentIdentifierExtension } from '@x402/extensions/payment-identifier'
import express from 'express'
import { dollar } from '../../bench/payments.ts'

/** What one route costs. */
export type Price = {
  /** Base units. */
  readonly amount: bigint
  readonly payTo: string
  /** Default 60. */
  readonly maxTimeoutSeconds?: number
  readonly flow?: 'authorization' | 'upfront'
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

/** A seller that accepts requests. */
export type Seller = {
  readonly url: string
  /** How often a route's handler has been run. */
  runs(path: string): number
  close(): Promise<void>
}

function optionOf({ amount, payTo, maxTimeoutSeconds = 60, flow = 'authorization', asset = dollar, network }: Price) {
  const { address, name, version } = asset
  const extra = { name, version, ...(flow === 'upfront' && { paymentFlow: flow }) }
  return {
    scheme: 'exact',
    network: network ?? (`eip155:${dollar.chainId}` as const),
    payTo,
    maxTimeoutSeconds,
    price: { amount: String(amount), asset: address, extra },
  }
}

/** Starts a seller that trusts the facilitators under the given addresses. */
export async function startSeller(
  facilitators: readonly string[],
  routes: Readonly<Record<`/${string}`, PricedRoute>>,
): Promise<Seller> {
  const resources = new x402ResourceServer(facilitators.map((url) => new HTTPFacilitatorClient({ url })))
  resources.register('eip155:*', new ExactEvmScheme())
  const priced = Object.entries(routes).map(([path, { prices, identifiesPayments = false }]) => {
    const extensions = { [PAYMENT_IDENTIFIER]: declarePaymentIdentifierExtension() }
    return [`GET ${path}`, { accepts: prices.map(optionOf), ...(identifiesPayments && { extensions }) }] as const
  })
  const app = express()
  app.use(paymentMiddleware(Object.fromEntries(priced), resources))
  const runs = new Map<string, number>()
  for (const [path, { work }] of Object.entries(routes)) {
    app.get(path, async (_request, response) => {
      const run = (runs.get(path) ?? 0) + 1
      runs.set(path, run)
      try {
        await work?.()
        response.json({ answer: `${path} ${run}` })
      } catch {
        response.status(500).json({ error: 'the handler failed' })
      }
    })
  }
  const server: Server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    runs: (path) => runs.get(path) ?? 0,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
