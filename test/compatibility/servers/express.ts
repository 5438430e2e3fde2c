// Express with the official middleware: today's version, and 2.10, which knows no flows.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { HTTPFacilitatorClient } from '@x402/core/server'
import { ExactEvmScheme } from '@x402/evm/exact/server'
import { paymentMiddleware, x402ResourceServer } from '@x402/express'
import { PAYMENT_IDENTIFIER, declarePaymentIdentifierExtension } from '@x402/extensions/payment-identifier'
import express from 'express'
import type { RequestHandler } from 'express'
import { HTTPFacilitatorClient as OldFacilitatorClient } from 'x402-core-old/server'
import { ExactEvmScheme as OldExactEvmScheme } from 'x402-evm-old/exact/server'
import { paymentMiddleware as oldPaymentMiddleware, x402ResourceServer as OldResourceServer } from 'x402-express-old'
import type { OpenServer, Option, Stock } from '../seller.ts'

/** A route in the words of the middleware for Express and Hono. */
export type RouteConfig = { readonly accepts: Option[]; readonly extensions?: Record<string, unknown> }

/** The routes of a seller in the words of the middleware for Express and Hono. */
export function routesOf({ routes }: Stock): Record<string, RouteConfig> {
  const extensions = { [PAYMENT_IDENTIFIER]: declarePaymentIdentifierExtension() }
  return Object.fromEntries(
    routes.map(({ path, accepts, identifiesPayments }) => [
      `GET ${path}`,
      { accepts, ...(identifiesPayments && { extensions }) },
    ]),
  )
}

async function open(stock: Stock, middleware: RequestHandler): Promise<OpenServer> {
  const app = express()
  app.use(middleware)
  for (const { path } of stock.routes) {
    app.get(path, async (_request, response) => {
      const { status, body } = await stock.handle(path)
      response.status(status).json(body)
    })
  }
  const server = app.listen(0, '127.0.0.1')
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

export function openExpress(stock: Stock): Promise<OpenServer> {
  const resources = new x402ResourceServer(stock.facilitators.map((url) => new HTTPFacilitatorClient({ url })))
  resources.register('eip155:*', new ExactEvmScheme())
  return open(stock, paymentMiddleware(routesOf(stock), resources))
}

export function openExpressOld(stock: Stock): Promise<OpenServer> {
  const resources = new OldResourceServer(stock.facilitators.map((url) => new OldFacilitatorClient({ url })))
  resources.register('eip155:*', new OldExactEvmScheme())
  return open(stock, oldPaymentMiddleware(routesOf(stock), resources))
}
