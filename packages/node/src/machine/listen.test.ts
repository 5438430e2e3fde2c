// Real sockets: what a stranger may send and hold open.
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { headerBytesMax, listen, pipelinedMax } from './listen.ts'
import type { HttpAnswer, Serve } from './http.ts'
import type { Listener, ListenLimits } from './listen.ts'

let open: Listener[] = []
afterEach(async () => {
  await Promise.all(open.map((listener) => listener.close()))
  open = []
})

async function start(serve: Serve, limits: Partial<ListenLimits> = {}): Promise<Listener> {
  const listener = await listen(serve, { host: '127.0.0.1', port: 0, limits: { closeTimeoutMs: 50, ...limits } })
  open.push(listener)
  return listener
}

/** Everything that comes back on a connection until it ends. */
async function converse(listener: Listener, text: string): Promise<string> {
  const socket = connect(listener.port, '127.0.0.1')
  socket.on('error', () => undefined) // A reset after the answer is what these tests provoke.
  let answer = ''
  socket.on('data', (data) => (answer += data.toString()))
  socket.write(text)
  await once(socket, 'close')
  return answer
}

async function openSocket(listener: Listener): Promise<Socket> {
  const socket = connect(listener.port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

const plain = (text: string): HttpAnswer => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: text })

describe('a port', () => {
  it('T150 takes headers up to its limit and answers 431 beyond, without asking the gateway', async () => {
    let asked = 0
    const listener = await start(() => plain(`asked ${++asked}`))
    const head = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: '
    const fits = await converse(listener, `${head}${'a'.repeat(headerBytesMax - 200)}\r\n\r\n`)
    expect(fits).toMatch(/^HTTP\/1\.1 200 [^]*asked 1$/)
    const long = await converse(listener, `${head}${'a'.repeat(headerBytesMax + 1)}\r\n\r\n`)
    expect(long).toMatch(/^HTTP\/1\.1 431 /)
    expect(asked).toBe(1)
  })

  it('T154 drops a client that never ends its headers, and goes on serving', async () => {
    const listener = await start(() => plain('ok'), { headersTimeoutMs: 50, requestTimeoutMs: 50 })
    const answer = await converse(listener, 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(await (await fetch(listener.url)).text()).toBe('ok')
  })

  it('T154 turns connections away beyond its limit', async () => {
    const listener = await start(() => plain('ok'), { connectionsMax: 2 })
    const [first, second] = [await openSocket(listener), await openSocket(listener)]
    const third = await openSocket(listener)
    await once(third, 'close')
    expect(await listener.connections()).toBe(2)
    first.destroy()
    second.destroy()
  })

  it('T154 drops a client that sends its body byte by byte for too long', async () => {
    const listener = await start(async (request) => plain((await request.text(1_000_000)) ?? ''), {
      headersTimeoutMs: 50,
      requestTimeoutMs: 100,
    })
    const socket = await openSocket(listener)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n')
    const trickle = setInterval(() => socket.write('a'), 5)
    await closed
    clearInterval(trickle)
  })

  it('T154 drops a client that does not take its answer', async () => {
    const ended = Promise.withResolvers<void>()
    const piece = new Uint8Array(65_536)
    const endless = (): ReadableStream<Uint8Array> =>
      new ReadableStream({ pull: (controller) => controller.enqueue(piece), cancel: () => ended.resolve() })
    const listener = await start(() => ({ status: 200, headers: {}, body: endless() }), { stalledTimeoutMs: 100 })
    const reader = await openSocket(listener)
    reader.pause()
    reader.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await ended.promise
    const closed = once(reader, 'close')
    reader.resume()
    await closed
  })

  it('T154 answers a few requests in a row in their order, and ends a connection that is owed more', async () => {
    let asked = 0
    const listener = await start(() => plain(`asked ${++asked}`))
    const one = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
    const last = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    const answer = await converse(listener, `${one.repeat(pipelinedMax - 1)}${last}`)
    expect(answer.match(/asked \d/g)).toEqual(['asked 1', 'asked 2', 'asked 3', 'asked 4'])
    await converse(listener, one.repeat(1_000))
    expect(asked).toBeLessThanOrEqual(2 * pipelinedMax)
    const patient = await openSocket(listener)
    for (let i = 0; i < 3 * pipelinedMax; i++) {
      patient.write(one)
      await once(patient, 'data')
    }
    patient.destroy()
  })

  it('T154 makes room by closing idle connections when all are taken', async () => {
    const listener = await start(() => plain('ok'), { connectionsMax: 2 })
    const idle = [await openSocket(listener), await openSocket(listener)]
    for (const socket of idle) {
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      await once(socket, 'data')
    }
    const closed = idle.map((socket) => once(socket, 'close'))
    await once(await openSocket(listener), 'close')
    await Promise.all(closed)
    expect(await (await fetch(listener.url)).text()).toBe('ok')
  })

  it('answers what is not HTTP with 400', async () => {
    const listener = await start(() => plain('ok'))
    expect(await converse(listener, '\u0000\u0001 not HTTP\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  })

  it('closes after the answers in progress, and takes no new request meanwhile', async () => {
    const started = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const listener = await start(
      async () => {
        started.resolve()
        await release.promise
        return plain('late but whole')
      },
      { closeTimeoutMs: 60_000 },
    )
    const agent = new Agent({ keepAlive: true })
    const answer = new Promise<string>((resolve, reject) => {
      request(listener.url, { agent }, (response: IncomingMessage) => {
        let text = ''
        response.on('data', (data) => (text += String(data)))
        response.on('end', () => resolve(text))
      })
        .on('error', reject)
        .end()
    })
    await started.promise
    const closed = listener.close()
    await expect(fetch(listener.url)).rejects.toThrow('fetch failed')
    release.resolve()
    expect(await answer).toBe('late but whole')
    await closed
    agent.destroy()
  })

  it('closes in bounded time although an answer never ends', async () => {
    const listener = await start(() => ({ status: 200, headers: {}, body: new ReadableStream<Uint8Array>() }))
    const response = await fetch(listener.url)
    await listener.close()
    await expect(response.text()).rejects.toThrow()
  })

  it('says in whose way it is', async () => {
    const { port } = await start(() => plain('ok'))
    const host = '127.0.0.1'
    const failure = { code: 'node/address_in_use', values: { host, port } }
    await expect(listen(() => plain('ok'), { host, port })).rejects.toMatchObject(failure)
    const away = listen(() => plain('ok'), { host: '192.0.2.1', port: 0 })
    await expect(away).rejects.toMatchObject({ code: 'node/address_not_available' })
  })
})
