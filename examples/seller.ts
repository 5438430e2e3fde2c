// A seller puts a price on an ordinary Express API with the official x402 middleware. Nothing in it is ours but the numbers.
// Run: PAY_TO=0x… npx node --conditions=@turnpike/source examples/seller.ts (against a node of `turnpike up --dev`)
import { HTTPFacilitatorClient } from '@x402/core/server'
import { ExactEvmScheme } from '@x402/evm/exact/server'
import { paymentMiddleware, x402ResourceServer } from '@x402/express'
import express from 'express'

const nodeUrl = process.env['NODE_URL'] ?? 'http://127.0.0.1:4020'
const payTo = process.env['PAY_TO']
if (payTo === undefined) throw new Error('Set PAY_TO to the address that is to be paid.')

// Who pays in what: the chain's id and its dollar, as GET /chain tells them. Amounts are base units, six decimals.
const network = 'eip155:402402'
const price = {
  amount: '10000',
  asset: '0x7474747474747474747474747474747474747401',
  extra: { name: 'Turnpike USD', version: '1' },
}

const server = new x402ResourceServer(new HTTPFacilitatorClient({ url: `${nodeUrl}/x402` }))
server.register(network, new ExactEvmScheme())

const app = express()
app.use(paymentMiddleware({ 'GET /echo': { accepts: { scheme: 'exact', network, price, payTo } } }, server))
app.get('/echo', (request, response) => {
  response.json({ echo: request.query['text'] ?? '' })
})

const listener = app.listen(Number(process.env['PORT'] ?? '4021'), '127.0.0.1', () => {
  const address = listener.address()
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/echo`)
})
