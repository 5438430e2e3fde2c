// A plain proxy between a seller and its facilitator, with a hand on the line: it can let something happen before a call goes
// through, and lose the answer of one.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { request } from 'undici'

/** One call on its way. */
export type RelayedCall = { readonly path: string; readonly body: string }

/** A running relay. */
export type Relay = {
  readonly url: string
  readonly calls: readonly RelayedCall[]
  /** What happens to the answer of a call: passed on, or lost with the connection. Default: passed on. */
  onAnswer: (call: RelayedCall) => Promise<'pass' | 'lose'>
  close(): Promise<void>
}

/** Starts a relay to the server at an address. */
export async function startRelay(target: string): Promise<Relay> {
  const calls: RelayedCall[] = []
  const server = createServer((incoming, outgoing) => {
    const forward = async (): Promise<void> => {
      const body = await buffer(incoming)
      const call = { path: incoming.url ?? '/', body: body.toString('utf8') }
      calls.push(call)
      const method = incoming.method === 'POST' ? 'POST' : 'GET'
      const headers = { 'content-type': incoming.headers['content-type'] ?? 'application/json' }
      const answer = await request(target + call.path, { method, headers, ...(method === 'POST' && { body }) })
      const bytes = await buffer(answer.body)
      if ((await relay.onAnswer(call)) === 'lose') return void incoming.socket.destroy()
      outgoing.writeHead(answer.statusCode, { 'content-type': String(answer.headers['content-type']) }).end(bytes)
    }
    forward().catch(() => incoming.socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const relay: Relay = {
    url: `http://127.0.0.1:${port}`,
    calls,
    onAnswer: async () => 'pass',
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return relay
}
