// The event stream: what it tells, to whom, from where it goes on, and whom it drops.
import { person } from '@turnpike/chain/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openAgent } from '../../testing/agent.ts'
import { createFetch, toHttpRequest } from '../../testing/fetch.ts'
import { openTestNode } from '../../testing/gateway.ts'
import type { Answered, TestNode } from '../../testing/gateway.ts'
import { createPayment } from '../../testing/payment.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { createMachine } from '../machine/createMachine.ts'
import { createEvents } from './events.ts'

let node: TestNode
const token = 'events-test-token'
const payer = person('events payer')
const payee = person('events payee').address
beforeEach(async () => {
  node = await openTestNode({ token, streamsMax: 4 })
  await node.fund(payer.address, 1_000_000n)
})
afterEach(() => node.close())

type Told = { readonly event: string; readonly id: string | undefined; readonly data: Answered }

/** A reader of one stream: waits for the next event. */
async function open(
  headers: { readonly [name: string]: string } = {},
): Promise<{ next(): Promise<Told>; cancel(): Promise<void>; rest(): Promise<string> }> {
  const response = await node.get('/events', headers)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  let text = ''
  const block = async (): Promise<string> => {
    while (!text.includes('\n\n')) {
      const { done, value } = await reader.read()
      if (done) throw new Error('the stream ended')
      text += decoder.decode(value, { stream: true })
    }
    const end = text.indexOf('\n\n')
    const found = text.slice(0, end)
    text = text.slice(end + 2)
    return found
  }
  return {
    async next() {
      for (;;) {
        const lines = (await block()).split('\n')
        if (lines[0]!.startsWith(':')) continue
        const field = (name: string): string | undefined =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
        return { event: field('event')!, id: field('id'), data: JSON.parse(field('data')!) as unknown }
      }
    },
    cancel: () => reader.cancel(),
    async rest() {
      let all = text
      for (let read = await reader.read(); !read.done; read = await reader.read()) all += decoder.decode(read.value)
      return all
    },
  }
}

const settle = (amount: bigint): Promise<Answered> =>
  node.ask('/x402/settle', createPayment({ payer, payee, now: node.now, amount }))

describe('blocks', () => {
  it('are told as they become durable, with their payments', async () => {
    const stream = await open()
    const { transaction } = await settle(1_000n)
    const { height, time } = node.ledger.status()
    expect(await stream.next()).toEqual({
      event: 'block',
      id: String(height),
      data: {
        height,
        time,
        operations: 1,
        payments: [
          {
            operation: transaction,
            payer: payer.address,
            account: payer.address,
            payee,
            asset: expect.any(String),
            amount: '1000',
            toll: '1',
          },
        ],
      },
    })
    await stream.cancel()
  })

  it('are told from where the reader left, also after a restart, each once and in order', async () => {
    const { height } = node.ledger.status()
    await settle(1n)
    await settle(2n)
    await node.restart()
    await settle(3n)
    const stream = await open({ 'last-event-id': String(height) })
    await settle(4n)
    const told = [await stream.next(), await stream.next(), await stream.next(), await stream.next()]
    expect(told.map(({ id, data }) => [Number(id), data.payments[0].amount])).toEqual(
      [1, 2, 3, 4].map((i) => [height + i, String(i)]),
    )
    await stream.cancel()
  })

  it('are begun anew by who comes from another chain', async () => {
    const { height } = node.ledger.status()
    const stream = await open({ 'last-event-id': String(height + 1) })
    expect(await stream.next()).toEqual({ event: 'reset', id: undefined, data: { height } })
    await settle(1n)
    expect((await stream.next()).id).toBe(String(height + 1))
    await stream.cancel()
  })

  it.each(['-1', '1.5', 'x', '1e3', '9999999999999999'])(
    'T32 a Last-Event-ID of %s means from now on',
    async (last) => {
      const stream = await open({ 'last-event-id': last })
      await settle(1n)
      expect((await stream.next()).id).toBe(String(node.ledger.status().height))
      await stream.cancel()
    },
  )

  it('hold no payment where money was only set aside', async () => {
    const stream = await open()
    await node.ask('/x402/verify', createPayment({ payer, payee, now: node.now }))
    expect((await stream.next()).data).toMatchObject({ operations: 1, payments: [] })
    await stream.cancel()
  })
})

it('T155 are looked up no further for a reader who has left', async () => {
  const blocks = 1_100
  for (let i = 0; i < blocks; i++) await settle(1n)
  const asked: number[] = []
  const counted: Pick<Ledger, 'status' | 'subscribe' | 'blocks'> = {
    status: () => node.ledger.status(),
    subscribe: (listener) => node.ledger.subscribe(listener),
    blocks(range) {
      asked.push(range.after)
      return node.ledger.blocks(range)
    },
  }
  const { clock, metrics } = await createMachine({ level: 'error' })
  const events = createEvents({ ledger: counted as Ledger, clock, metrics })
  const request = toHttpRequest(new Request('http://127.0.0.1/events', { headers: { 'last-event-id': '1' } }))
  const call = { request, path: {}, isOperator: () => false, text: async () => '', json: async () => undefined }
  const { body } = await events.route.run(call)
  await (body as ReadableStream).cancel()
  // Questions are answered one after the other.
  for (let i = 0; i < 3; i++) await node.ledger.blocks({ after: 0, limit: 1 })
  expect(asked).toEqual([1])
  events.close()
})

describe('refusals', () => {
  it('are told by class, and with their reason to the operator alone', async () => {
    const owner = person('events owner')
    await node.fund(owner.address, 1n)
    const key = person('events key')
    const account = await openAgent(node, { owner, key })
    await node.fund(account, 1_000_000n)
    const [anybody, operator] = [await open(), await open({ authorization: `Bearer ${token}` })]
    await node.ask('/x402/settle', createPayment({ payer: key, payee, now: node.now, amount: 100_001n }))
    const { time } = node.ledger.status()
    expect(await anybody.next()).toEqual({
      event: 'refusal',
      id: undefined,
      data: { account, payee, class: 'policy', time: expect.any(Number) },
    })
    expect(await operator.next()).toMatchObject({
      event: 'refusal',
      data: { account, payee, class: 'policy', code: 'policy/cap_payment', values: { capId: 'payment' } },
    })
    expect(time).toBeGreaterThan(0)
    await Promise.all([anybody.cancel(), operator.cancel()])
  })

  it('are not told where the signature did not hold', async () => {
    const stream = await open()
    const body = createPayment({ payer, payee, now: node.now })
    body.paymentPayload.payload.authorization['nonce'] = `0x${'55'.repeat(32)}`
    expect(await node.ask('/x402/settle', body)).toMatchObject({ errorReason: 'invalid_exact_evm_signature' })
    await settle(1n)
    expect((await stream.next()).event).toBe('block')
    await stream.cancel()
  })
})

describe('bounds', () => {
  it("T155 are a number of streams, not all of them one source's, and a place is free again when a reader leaves", async () => {
    const streams = [await open(), await open(), await open()]
    const response = await node.get('/events')
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    const other = { 'x-source': '192.0.2.2' }
    streams.push(await open(other))
    expect((await node.get('/events', other)).status).toBe(503)
    await streams.shift()!.cancel()
    streams.push(await open())
    for (const stream of streams) await stream.cancel()
  })

  it('T155 are a megabyte for a reader who does not read, who is dropped; the others go on', async () => {
    const slow = await node.get('/events')
    const stream = await open()
    const wave = 1_200 // About 440 kB of events.
    for (let i = 0; i < 3; i++) {
      const bodies = Array.from({ length: wave }, () => createPayment({ payer, payee, now: node.now, amount: 1n }))
      await Promise.all(bodies.map((body) => node.post('/x402/settle', body)))
      for (let told = 0; told < wave;) told += ((await stream.next()).data.payments as readonly unknown[]).length
    }
    await expect(slow.text()).rejects.toThrow()
    await stream.cancel()
  })

  it('are not needed by HEAD, which opens nothing', async () => {
    const fetch = createFetch(node.gateway.serve)
    for (let i = 0; i < 5; i++)
      expect((await fetch(new Request('http://127.0.0.1/events', { method: 'HEAD' }))).status).toBe(200)
    const stream = await open()
    await stream.cancel()
  })

  it('end with the node', async () => {
    const stream = await open()
    node.gateway.close()
    expect(await stream.rest()).toContain(': turnpike')
    expect((await node.get('/events')).status).toBe(503)
  })
})
