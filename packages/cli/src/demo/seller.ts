// The seller: an ordinary Express API, priced with the unmodified official middleware, as its author would write it.
import { createServer, type Server } from 'node:http'
import { HTTPFacilitatorClient } from '@x402/core/server'
import { ExactEvmScheme } from '@x402/evm/exact/server'
import { paymentMiddleware, x402ResourceServer } from '@x402/express'
import express, { type Express, type Request, type Response } from 'express'
import { CliError } from '../failure.ts'
import { factorsMax, primeFactorsOf } from './factors.ts'
import { skyOf } from './sky.ts'
import { pointsMax, shortestTour, type Point } from './tour.ts'

/** In which money the seller is paid, and to whom. */
export type Terms = {
  readonly network: `eip155:${number}`
  readonly asset: { readonly address: string; readonly eip712: { readonly name: string; readonly version: string } }
  /** Base units for each answer. */
  readonly price: bigint
  readonly payTo: string
  /** Where payments are verified and settled. */
  readonly facilitatorUrl: string
}

/** How long a buyer's authorization is wanted to hold. */
const maxTimeoutSeconds = 60

function pricedRoutes({ network, asset, price, payTo }: Terms): Parameters<typeof paymentMiddleware>[0] {
  const accepts = {
    scheme: 'exact',
    network,
    payTo,
    price: { amount: price.toString(), asset: asset.address, extra: { ...asset.eip712 } },
    maxTimeoutSeconds,
  } as const
  return {
    'GET /sky': { accepts, description: 'When sun and moon rise and set at a place' },
    'GET /factors': { accepts, description: 'The prime factors of a number' },
    'GET /tour': { accepts, description: 'The shortest round trip through a few points' },
  }
}

function text(request: Request, name: string): string {
  const value = request.query[name]
  return typeof value === 'string' ? value : ''
}

// A question that is none is answered with 400, and the middleware charges nothing for it.
function turnAway(response: Response, problem: string): void {
  response.status(400).json({ problem })
}

function answerSky(request: Request, response: Response): void {
  const [latitude, longitude, date] = [
    Number(text(request, 'latitude') || NaN),
    Number(text(request, 'longitude') || NaN),
    text(request, 'date'),
  ]
  const isPlace = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
  if (!isPlace || !/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(Date.parse(date)))
    return turnAway(response, 'latitude, longitude or date')
  response.json(skyOf({ latitude, longitude }, date))
}

function answerFactors(request: Request, response: Response): void {
  const asked = text(request, 'number')
  const number = Number(asked)
  if (!/^[1-9][0-9]*$/.test(asked) || number > factorsMax)
    return turnAway(response, `number, a whole one up to ${factorsMax}`)
  response.json({ number, factors: primeFactorsOf(number) })
}

function parsePoints(asked: string): readonly Point[] {
  return asked.split(';').map((pair) => {
    const [x = NaN, y = NaN, ...more] = pair.split(',').map((part) => (part === '' ? NaN : Number(part)))
    return more.length === 0 ? { x, y } : { x: NaN, y: NaN }
  })
}

function answerTour(request: Request, response: Response): void {
  const points = parsePoints(text(request, 'points').slice(0, 1_000))
  const isUsable = points.length <= pointsMax && points.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))
  if (!isUsable) return turnAway(response, `points, at most ${pointsMax} as x,y;x,y`)
  response.json(shortestTour(points))
}

/** The API. */
export function createSeller(terms: Terms): Express {
  const { network, facilitatorUrl } = terms
  const server = new x402ResourceServer(new HTTPFacilitatorClient({ url: facilitatorUrl })).register(
    network,
    new ExactEvmScheme(),
  )
  const app = express()
  app.disable('x-powered-by')
  app.use(paymentMiddleware(pricedRoutes(terms), server))
  app.get('/sky', answerSky)
  app.get('/factors', answerFactors)
  app.get('/tour', answerTour)
  return app
}

/** Opens the API's port, behind which there is nothing yet. @throws CliError `demo/port_in_use` */
export function openPort({ host, port }: { readonly host: string; readonly port: number }): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>()
  const server = createServer()
  server.once('error', (cause) => {
    const message = `Port ${port} for the priced API can't be opened: ${cause.message}.`
    const hint = 'Stop what runs there, or choose another with --port: the API takes the next one.'
    reject(new CliError({ code: 'demo/port_in_use', message, hint, cause }))
  })
  server.listen(port, host, () => resolve(server))
  return promise
}
