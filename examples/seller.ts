// A seller puts a price on an ordinary Express API with the official x402 middleware; one call of ours tells it how it is paid here.
// Run: PAY_TO=0x… npx node --conditions=@turnpike/source examples/seller.ts (against a node of `turnpike up --dev`)
import { paymentMiddleware, x402ResourceServer } from '@x402/express'
import express from 'express'
import { addTurnpike } from '@turnpike/sdk/seller'

const payTo = process.env['PAY_TO']
if (payTo === undefined) throw new Error('Set PAY_TO to the address that is to be paid.')

// Who sells on another network already gives the server he has, and leaves `place` and `accepts` as they are.
const server = new x402ResourceServer()
const url = process.env['NODE_URL'] ?? 'http://127.0.0.1:4020'
const turnpike = await addTurnpike(server, { url, chainId: 402402, payTo, place: 'only' })

const app = express()
app.use(paymentMiddleware({ 'GET /echo': { accepts: turnpike.accepts('$0.01') } }, server))
app.get('/echo', (request, response) => {
  response.json({ echo: request.query['text'] ?? '' })
})

const listener = app.listen(Number(process.env['PORT'] ?? '4021'), '127.0.0.1', (error) => {
  if (error) throw error
  const address = listener.address()
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/echo`)
})
