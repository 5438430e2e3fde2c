// A shop with one priced answer behind the unmodified official middleware, for the benchmark from end to end.
import { HTTPFacilitatorClient } from '@x402/core/server'
import { ExactEvmScheme } from '@x402/evm/exact/server'
import { paymentMiddleware, x402ResourceServer } from '@x402/express'
import express from 'express'
import { createPayee, dollar } from '../payments.ts'

const [facilitator = ''] = process.argv.slice(2)
const network = `eip155:${dollar.chainId}` as const
const server = new x402ResourceServer(new HTTPFacilitatorClient({ url: facilitator })).register(
  network,
  new ExactEvmScheme(),
)
const extra = { name: dollar.name, version: dollar.version }
const accepts = {
  scheme: 'exact',
  network,
  payTo: createPayee('shop', 0),
  price: { amount: '1000', asset: dollar.address, extra },
  maxTimeoutSeconds: 60,
} as const
const app = express()
app.use(paymentMiddleware({ 'GET /answer': { accepts, description: 'An answer' } }, server))
app.get('/answer', (_request, response) => void response.json({ answer: 42 }))
const listener = app.listen(0, '127.0.0.1', () => {
  const bound = listener.address()
  const port = typeof bound === 'object' ? bound?.port : undefined
  console.log(JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}`, pid: process.pid }))
})
process.on('SIGTERM', () => process.exit(0))
