// HTTP alone: a facilitator on the same server library as the node that parses what it is sent and says yes. It checks
// nothing and keeps nothing, so whatever another server costs beyond it is spent on payments.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'

const [network = 'eip155:402402'] = process.argv.slice(2)
const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }

type Body = { readonly paymentPayload: { readonly payload: { readonly authorization: { readonly from: string } } } }

async function payerOf(request: Request): Promise<string> {
  return (JSON.parse(await request.text()) as Body).paymentPayload.payload.authorization.from
}

function answer(value: unknown): Response {
  return new Response(JSON.stringify(value), { headers })
}

const hono = new Hono()
const kinds = [{ x402Version: 2, scheme: 'exact', network }]
hono.get('/x402/supported', () => answer({ kinds, extensions: [], signers: {} }))
hono.post('/x402/verify', async ({ req }) => answer({ isValid: true, payer: await payerOf(req.raw) }))
hono.post('/x402/settle', async ({ req }) => {
  const transaction = `0x${randomBytes(32).toString('hex')}`
  return answer({ success: true, transaction, network, payer: await payerOf(req.raw) })
})

const server = createAdaptorServer({ fetch: hono.fetch, createServer }) as Server
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  console.log(JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}`, pid: process.pid }))
})
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
