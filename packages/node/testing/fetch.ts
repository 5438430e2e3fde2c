// The gateway behind the classes of the web, as tests like to ask it: no sockets, everything else as over them.
import type { HttpRequest, Serve } from '../src/machine/http.ts'

/** A fetch function over a gateway. */
export function createFetch(serve: Serve): (request: Request) => Promise<Response> {
  return async (request) => {
    const { status, headers, body } = await serve(toHttpRequest(request))
    const isEmpty = request.method === 'HEAD' || body === undefined
    return new Response(isEmpty ? null : body instanceof Uint8Array ? Uint8Array.from(body) : body, { status, headers })
  }
}

/** A request of the web as the gateway sees it; it comes from where the header `x-source` says. */
export function toHttpRequest(request: Request): HttpRequest {
  const { pathname, search, host } = new URL(request.url)
  return {
    method: request.method,
    target: pathname + search,
    source: request.headers.get('x-source') ?? '127.0.0.1',
    header: (name) => request.headers.get(name) ?? (name === 'host' ? host : undefined),
    async text(bytesMax) {
      const text = await request.text()
      return Buffer.byteLength(text) > bytesMax ? undefined : text
    },
  }
}
