// Strangers who hold connections and do nothing good with them, against a real node: it goes on serving everybody else, and forgets
// them when they leave. ABUSE_CONNECTIONS says how many (a few hundred in CI, nearly ten thousand by hand).
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPayee, createPayer, createPayments } from '../../bench/payments.ts'
import { openBooks } from '../processes/books.ts'
import type { Books } from '../processes/books.ts'
import { createHome, startTurnpike } from '../processes/turnpike.ts'
import type { NodeProcess } from '../processes/turnpike.ts'
import { openSocket, parseAnswers } from './wire.ts'

const connections = Number(process.env['ABUSE_CONNECTIONS'] ?? 400)
/** How many connections are opened at a time: the system queues only so many. */
const atOnce = 100
const home = createHome()
const payer = createPayer('abuse connections', 0)
const payee = createPayee('abuse connections', 0)
let node: NodeProcess
let books: Books
let paid = 0n
beforeAll(async () => {
  node = await startTurnpike({
    home: home.path,
    settings: {
      TURNPIKE_CONCURRENCY_MAX: '16',
      TURNPIKE_STREAMS_MAX: '8',
      TURNPIKE_CONNECTIONS_PER_SOURCE_MAX: '10000',
    },
  })
  books = openBooks(node.url, 1)
  await books.fund(payer.address, 1_000_000n)
})
afterAll(async () => {
  await books.close()
  expect(await node.stop()).toBe(0)
  expect(node.errors()).toBe('')
  home.remove()
})

async function openMany(count: number, text: string): Promise<readonly Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const next = Array.from({ length: Math.min(atOnce, count - sockets.length) }, () => openSocket(node.url))
    for (const socket of await Promise.all(next)) {
      socket.pause()
      if (text !== '') socket.write(text)
      sockets.push(socket)
    }
  }
  return sockets
}

/** Bytes of objects in the heap of the node. */
async function heapBytes(): Promise<number> {
  const metrics = await (await fetch(`${node.url}/metrics`)).text()
  return Number(/^nodejs_heap_size_used_bytes ([0-9.e+]+)$/m.exec(metrics)![1])
}

/** Health, a read, and a payment that is counted. */
async function expectServed(): Promise<void> {
  const validBefore = Math.floor(Date.now() / 1_000) + 300
  const run = `connections ${paid}`
  const [payment] = createPayments({ count: 1, payers: [payer], payees: [payee], value: 1_000n, run, validBefore })
  expect((await books.get('/health')).status).toBe(200)
  expect(await books.post('/x402/settle', JSON.parse(payment!.body))).toMatchObject({
    status: 200,
    body: { success: true },
  })
  paid += 1_000n
  expect(await books.balanceOf(payer.address)).toBe(1_000_000n - paid)
}

const request = (length: number, body: string): string =>
  `POST /x402/settle HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${length}\r\n\r\n${body}`

it.each([
  ['never say a word', ''],
  ['never end their headers', 'POST /x402/settle HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: '],
  ['never send their body', request(2_000, '')],
  ['never end their body', request(2_000, '{"x402Version":2,"paymentPayload":')],
  ['never end their chunks', 'POST /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"jso'],
  ['never read what they ask for', 'GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.repeat(4)],
])('T154 many who %s keep nobody from paying', async (_name, text) => {
  const sockets = await openMany(connections, text)
  expect(sockets.filter(({ destroyed }) => destroyed).length).toBe(0)
  await expectServed()
  for (const socket of sockets) socket.destroy()
  await expectServed()
})

it('T154 one packet that asks for a thousand answers gets none', async () => {
  const text = 'GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.repeat(1_000)
  const sockets = await openMany(Math.min(connections, 100), text)
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.resume().once('close', resolve))))
  await expectServed()
})

it('T155 more streams than there may be are turned away, and the others keep nobody from paying', async () => {
  const streams = await openMany(8, 'GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  const others = await openMany(8, 'GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')
  const answers = others.map(async (socket) => {
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
    socket.resume()
    await once(socket, 'close')
    return parseAnswers(text).map(({ status, code }) => [status, code])
  })
  expect(await Promise.all(answers)).toEqual(others.map(() => [[503, 'gateway/too_many_streams']]))
  await expectServed()
  for (const socket of streams) socket.destroy()
})

it('T154 T120 whoever hangs up in the middle of a payment may send it again, and has paid once', async () => {
  const validBefore = Math.floor(Date.now() / 1_000) + 300
  const payments = createPayments({
    count: 50,
    payers: [payer],
    payees: [payee],
    value: 1n,
    run: 'hang up',
    validBefore,
  })
  for (const { body } of payments) {
    const socket = await openSocket(node.url)
    socket.write(request(body.length, body))
    socket.destroy()
  }
  for (const { body } of payments) {
    const { status, body: told } = await books.post('/x402/settle', JSON.parse(body))
    expect([status, (told as { readonly transaction: string }).transaction]).toEqual([
      200,
      expect.stringMatching(/^0x/),
    ])
  }
  paid += 50n
  expect(await books.balanceOf(payer.address)).toBe(1_000_000n - paid)
  await expectServed()
})

it('T150 T163 bodies in chunks of one byte take their size, and not many times that', async () => {
  const head =
    'POST /x402/settle HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
  const before = await heapBytes()
  const sockets = await openMany(8, `${head}${'1\r\n \r\n'.repeat(60_000)}`)
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.write('1\r\n \r\n', resolve))))
  await expectServed()
  expect((await heapBytes()) - before).toBeLessThan(100_000_000)
  for (const socket of sockets) socket.destroy()
  await expectServed()
})
