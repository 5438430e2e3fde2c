// How a node starts, stops and is examined, as an operator sees it: one process per directory, exit codes, and clients that
// hang up in the middle.
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createPayee, createPayer, createPayments } from '../../bench/payments.ts'
import type { Payment } from '../../bench/payments.ts'
import { openBooks } from './books.ts'
import type { Books } from './books.ts'
import { startPayers } from './payers.ts'
import { createHome, findFreePort, runTurnpike, startTurnpike, watchStart } from './turnpike.ts'
import type { NodeProcess } from './turnpike.ts'

const value = 1_000n
const funds = 1_000_000n
const payer = createPayer('life', 0)
const payee = createPayee('life', 0)

let home: ReturnType<typeof createHome>
let port: number
let node: NodeProcess
let books: Books

beforeEach(async () => {
  home = createHome()
  port = await findFreePort()
  node = await startTurnpike({ home: home.path, port })
  books = openBooks(node.url)
})

afterEach(async () => {
  await books.close()
  await node.kill()
  home.remove()
})

async function doctor(): Promise<{ readonly code: number | null; readonly answer: unknown }> {
  const { code, out } = await runTurnpike(['doctor', '--home', home.path, '--json'])
  return { code, answer: JSON.parse(out) as unknown }
}

function createPayment(run: string): Payment {
  const validBefore = Math.floor(Date.now() / 1_000) + 600
  const [payment] = createPayments({ count: 1, payers: [payer], payees: [payee], value, run, validBefore })
  return payment as Payment
}

test('a signal that comes again while it stops, from the terminal and from who started it, leaves it its time', async () => {
  await books.fund(payer.address, funds)
  const code = node.stop('SIGINT')
  for (let echo = 0; echo < 3; echo++) {
    await setImmediate()
    process.kill(node.ready.pid, 'SIGINT')
  }
  expect(await code).toBe(0)
  expect(existsSync(join(home.path, 'log', 'closed'))).toBe(true)
})

describe('one process per data directory', () => {
  test('T149 a second node is refused, naming the first, which goes on', async () => {
    const second = ['up', '--dev', '--home', home.path, '--port', String(await findFreePort()), '--json']
    const { code, out } = await runTurnpike(second)
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'node/locked', values: { pid: node.ready.pid } } })
    expect(out).toContain(`Process ${node.ready.pid} `)
    expect((await books.get('/health')).status).toBe(200)
  })

  test('after kill -9 the directory is free at once', async () => {
    await node.kill()
    node = await startTurnpike({ home: home.path, port })
    expect((await books.get('/health')).status).toBe(200)
  })
})

test('while it reads its log it says so, and how far it is: 503 starting', async () => {
  await node.kill()
  const { node: next, answers } = await watchStart({ home: home.path, port })
  node = next
  const starting = { status: 503, body: { status: 'starting', progress: expect.any(Number) as number } }
  const earlier = answers.filter(({ status }) => status !== 200)
  expect(earlier.length).toBeGreaterThan(0)
  expect(earlier).toEqual(earlier.map(() => starting))
  expect((await books.get('/health')).body).toEqual({ status: 'ok', height: 0 })
})

describe('stopping', () => {
  test.for(['SIGTERM', 'SIGINT'] as const)(
    '%s under load: exit code 0, and all that was acknowledged is kept',
    async (signal) => {
      await books.fund(payer.address, funds * 10n)
      const validBefore = Math.floor(Date.now() / 1_000) + 600
      const job = { seed: 'life', payers: 1, payee, value: String(value), run: signal, copies: 1, validBefore }
      const clients = startPayers([{ ...job, url: node.url, inFlight: 16, verifiedOfTen: 3 }])
      await clients.reach(100)
      expect(await node.stop(signal)).toBe(0)
      expect(node.errors()).toBe('')
      node = await startTurnpike({ home: home.path, port })
      clients.tell('finish')
      await clients.finished()
      for (const { payer: from, nonce, transaction } of clients.answers)
        expect(await books.outcomeOf({ payer: from, nonce })).toMatchObject({
          status: 'settled',
          operation: transaction,
        })
      expect(await books.balanceOf(payer.address)).toBe(funds * 10n - value * BigInt(clients.answers.length))
      expect(await node.stop()).toBe(0)
      expect(await doctor()).toMatchObject({ code: 0, answer: { ok: true, violations: [] } })
    },
  )
})

describe('doctor', () => {
  test('2 while a node runs, naming it', async () => {
    expect(await doctor()).toMatchObject({
      code: 2,
      answer: { error: { code: 'node/locked', values: { pid: node.ready.pid } } },
    })
  })

  test('2 where there is no chain', async () => {
    const { code, out } = await runTurnpike(['doctor', '--home', join(home.path, 'nowhere'), '--json'])
    expect([code, JSON.parse(out)]).toMatchObject([2, { error: { code: 'engine/no_genesis' } }])
  })

  test('0 when everything holds, also after kill -9', async () => {
    await books.fund(payer.address, funds)
    await node.kill()
    expect(await doctor()).toMatchObject({ code: 0, answer: { ok: true, operations: 1, violations: [] } })
  })

  test('T148 1 when a byte in the middle of the log was changed, and then no node starts', async () => {
    for (let count = 0; count < 3; count++) await books.fund(payer.address, funds)
    await node.stop()
    changeByte(join(home.path, 'log'))
    expect(await doctor()).toMatchObject({
      code: 1,
      answer: {
        ok: false,
        violations: [{ name: 'engine/log_damaged', finding: expect.stringContaining('height 1') as string }],
      },
    })
    const restart = await runTurnpike(['up', '--dev', '--home', home.path, '--port', String(port), '--json'])
    expect(restart.code).toBe(1)
    expect(JSON.parse(restart.out)).toMatchObject({ error: { code: 'engine/log_damaged' } })
  })
})

/** Flips a bit of the first record in the first segment: not the torn tail of a crash, but damage. */
function changeByte(log: string): void {
  const [segment] = readdirSync(log).toSorted()
  const path = join(log, segment ?? '')
  expect(statSync(path).size).toBeGreaterThan(1_000)
  const file = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, 200)
  writeSync(file, Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 200)
  closeSync(file)
}

describe('a client that hangs up', () => {
  const request = (body: string, length = Buffer.byteLength(body)): string =>
    `POST /x402/settle HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`

  async function sendAndHangUp(text: string): Promise<void> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    await new Promise<void>((resolve) => socket.write(text, () => resolve()))
    socket.destroy()
  }

  test('in the middle of its body: nothing happens, and the same payment settles later', async () => {
    await books.fund(payer.address, funds)
    const { body } = createPayment('half')
    await sendAndHangUp(request(body.slice(0, body.length / 2), Buffer.byteLength(body)))
    expect(await books.balanceOf(payer.address)).toBe(funds)
    expect((await books.post('/x402/settle', JSON.parse(body))).body).toMatchObject({ success: true })
    expect(await books.balanceOf(payer.address)).toBe(funds - value)
  })

  test('T120 before its answer: the payment is made once, and whoever asks learns of it', async () => {
    await books.fund(payer.address, funds)
    const payment = createPayment('whole')
    await books.post('/x402/verify', JSON.parse(payment.body))
    await sendAndHangUp(request(payment.body))
    const { body } = await books.post('/x402/settle', JSON.parse(payment.body))
    const { transaction } = body as { readonly transaction: string }
    expect(body).toMatchObject({ success: true })
    expect(await books.outcomeOf({ payer: payer.address, nonce: payment.nonce })).toMatchObject({
      status: 'settled',
      operation: transaction,
    })
    expect(await books.balanceOf(payer.address)).toBe(funds - value)
  })

  test('a thousand times: the node answers as before', async () => {
    await books.fund(payer.address, funds)
    const payments = Array.from({ length: 1_000 }, (_, index) => createPayment(`many ${index % 50}`))
    for (let start = 0; start < payments.length; start += 100)
      await Promise.all(payments.slice(start, start + 100).map(({ body }) => sendAndHangUp(request(body))))
    for (const { body, nonce } of payments.slice(0, 50)) {
      await books.post('/x402/settle', JSON.parse(body))
      expect(await books.outcomeOf({ payer: payer.address, nonce })).toMatchObject({ status: 'settled' })
    }
    expect(await books.balanceOf(payer.address)).toBe(funds - 50n * value)
    expect(node.errors()).toBe('')
  })
})
