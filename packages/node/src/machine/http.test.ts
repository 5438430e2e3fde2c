// What goes over a real socket comes to the gateway as it was sent, and its answers leave as it gave them.
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { HttpAnswer, HttpRequest, Serve } from './http.ts'
import { listen } from './listen.ts'
import type { Listener } from './listen.ts'

let open: Listener[] = []
afterEach(async () => {
  await Promise.all(open.map((listener) => listener.close()))
  open = []
})

async function start(serve: Serve): Promise<Listener> {
  const listener = await listen(serve, { host: '127.0.0.1', port: 0, limits: { closeTimeoutMs: 50 } })
  open.push(listener)
  return listener
}

/** Sends pieces one by one on a connection of their own; everything that comes back until it ends. */
async function converse(listener: Listener, pieces: readonly (string | Uint8Array)[]): Promise<string> {
  const socket = connect({ port: listener.port, host: '127.0.0.1', noDelay: true })
  let answer = ''
  socket.on('error', () => undefined)
  socket.on('data', (data) => (answer += data.toString()))
  await once(socket, 'connect')
  for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve))
  await once(socket, 'close')
  return answer
}

const echo = async (request: HttpRequest): Promise<HttpAnswer> => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify([request.method, request.target, request.header('x-tag') ?? null, await request.text(10)]),
})

describe('a request', () => {
  it('comes with its method, its target and its body', async () => {
    const { url } = await start(echo)
    const response = await fetch(`${url}/path?a=1`, { method: 'POST', body: 'hello', headers: { 'X-Tag': 'é' } })
    expect(response.headers.get('content-length')).toBe('33')
    expect(await response.json()).toEqual(['POST', '/path?a=1', 'é', 'hello'])
  })

  it.each([
    [['ab', 'c', 'de', 'f'], 'abcdef'],
    [[...Array(10).keys()].map(String), '0123456789'],
    [[...Array(11).keys()].map(String), null],
    [['é', 'ü'], 'éü'],
  ])('with a body in the pieces %j is %s', async (pieces, text) => {
    const listener = await start(echo)
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n'
    const chunks = pieces.map((piece) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`)
    expect(await converse(listener, [head, ...chunks, '0\r\n\r\n'])).toContain(
      `["POST","/",null,${JSON.stringify(text)}]`,
    )
  })

  it('T43 with a header twice has both, so that neither passes for the only one', async () => {
    const listener = await start(echo)
    const text = 'GET / HTTP/1.1\r\nHost: x\r\nX-Tag: a\r\nx-tag: b\r\nConnection: close\r\n\r\n'
    expect(await converse(listener, [text])).toMatch(/\["GET","\/","a, b",""\]$/)
  })

  it.each([
    ['http://node.example/path?a=1', '/path?a=1'],
    ['/a/../b//c?d', '/a/../b//c?d'],
    ['*', '*'],
  ])('for %s has the target %s', async (sent, target) => {
    const listener = await start(echo)
    const answer = await converse(listener, [`OPTIONS ${sent} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`])
    expect(answer).toContain(`["OPTIONS","${target}",null,""]`)
  })

  it('T163 in chunks is counted while it is read', async () => {
    const listener = await start(echo)
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n'
    expect(await converse(listener, [head, '5\r\n12345\r\n', '5\r\n67890\r\n0\r\n\r\n'])).toContain('"1234567890"]')
    expect(await converse(listener, [head, '5\r\n12345\r\n', '6\r\n678901\r\n0\r\n\r\n'])).toContain('null,null]')
  })

  it('keeps letters that two pieces share', async () => {
    const listener = await start(echo)
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n'
    expect(await converse(listener, [head, new Uint8Array([0xc3]), new Uint8Array([0xa9])])).toContain('"é"]')
  })

  it('T154 that ends in the middle is told to who reads it', async () => {
    const told = Promise.withResolvers<unknown>()
    const listener = await start(async (request) => {
      await request.text(100).catch(told.resolve)
      return { status: 400, headers: {} }
    })
    const socket = connect(listener.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123', () => socket.destroy())
    expect(await told.promise).toBeInstanceOf(Error)
  })
})

describe('an answer', () => {
  it('to HEAD says how long the body would be, and has none', async () => {
    const { url } = await start(() => ({ status: 200, headers: {}, body: 'four' }))
    const response = await fetch(url, { method: 'HEAD' })
    expect([response.headers.get('content-length'), await response.text()]).toEqual(['4', ''])
  })

  it('without a body has none', async () => {
    const { url } = await start(() => ({ status: 204, headers: {} }))
    const response = await fetch(url)
    expect([response.status, await response.text()]).toEqual([204, ''])
  })

  it('may be bytes', async () => {
    const { url } = await start(() => ({ status: 200, headers: {}, body: new Uint8Array([1, 2, 3]) }))
    expect(new Uint8Array(await (await fetch(url)).arrayBuffer())).toEqual(new Uint8Array([1, 2, 3]))
  })

  it('that fails in the middle does not look whole', async () => {
    const broken = (): ReadableStream<Uint8Array> =>
      new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array([65])),
        pull: (controller) => controller.error(new Error('the source broke')),
      })
    const { url } = await start(() => ({ status: 200, headers: {}, body: broken() }))
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow()
  })
})
