// Hono with the official middleware, on Node's own HTTP server.
import { once } from 'node:events'
import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { HTTPFacilitatorClient } from '@x402/core/server'
import { ExactEvmScheme } from '@x402/evm/exact/server'
import { paymentMiddleware, x402ResourceServer } from '@x402/hono'
import { Hono } from 'hono'
import type { OpenServer, Stock } from '../seller.ts'
import { routesOf } from './express.ts'

export async function openHono(stock: Stock): Promise<OpenServer> {
  const resources = new x402ResourceServer(stock.facilitators.map((url) => new HTTPFacilitatorClient({ url })))
  resources.register('eip155:*', new ExactEvmScheme())
  const app = new Hono()
  app.use(paymentMiddleware(routesOf(stock), resources))
  for (const { path } of stock.routes) {
    app.get(path, async (context) => {
      const { status, body } = await stock.handle(path)
      return context.json(body, status)
    })
  }
  const listening = Promise.withResolvers<number>()
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
    listening.resolve(port),
  ) as Server
  return {
    url: `http://127.0.0.1:${await listening.promise}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
