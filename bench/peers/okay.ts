// HTTP alone: a facilitator on the same server as the node's, that of Node, which parses what it is sent and says yes. It checks
// nothing and keeps nothing, so whatever another server costs beyond it is spent on payments.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'

const [network = 'eip155:402402'] = process.argv.slice(2)
const supported = { kinds: [{ x402Version: 2, scheme: 'exact', network }], extensions: [], signers: {} }

type Body = { readonly paymentPayload: { readonly payload: { readonly authorization: { readonly from: string } } } }

function answer(outgoing: ServerResponse, value: unknown): void {
  const text = JSON.stringify(value)
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', 'content-length': text.length }
  outgoing.writeHead(200, headers)
  outgoing.end(text)
}

function decide(url: string | undefined, text: string): unknown {
  if (url === '/x402/supported') return supported
  const payer = (JSON.parse(text) as Body).paymentPayload.payload.authorization.from
  if (url === '/x402/verify') return { isValid: true, payer }
  return { success: true, transaction: `0x${randomBytes(32).toString('hex')}`, network, payer }
}

const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
  const pieces: Buffer[] = []
  incoming.on('data', (piece: Buffer) => pieces.push(piece))
  // In a turn of its own, as whoever waits for a disk answers: that is a fifth cheaper than inside the parser's call.
  incoming.on('end', () => setImmediate(() => answer(outgoing, decide(incoming.url, Buffer.concat(pieces).toString()))))
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  console.log(JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}`, pid: process.pid }))
})
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
