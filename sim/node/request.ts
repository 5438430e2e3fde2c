// A request as the node's gateway gets it once its bytes have come through a socket.
import type { HttpRequest } from '@turnpike/node'

/** What somebody sends: a body goes by POST. */
export type Sent = { readonly headers?: { readonly [name: string]: string }; readonly text?: string }

const host = '127.0.0.1:4020'

/** A request to the node of a run. */
export function createRequest(target: string, { headers = {}, text }: Sent): HttpRequest {
  return {
    method: text === undefined ? 'GET' : 'POST',
    target,
    source: '127.0.0.1',
    header: (name) => headers[name] ?? (name === 'host' ? host : undefined),
    text: async (bytesMax) => (Buffer.byteLength(text ?? '') > bytesMax ? undefined : (text ?? '')),
  }
}
