// Any method, target and Host, any JSON at /rpc and any payment: each is answered, with a code where it is refused, and never by a
// mistake of the node.
import { dollar, fuzzJsonParser, fuzzParser, person } from '@turnpike/chain/testing'
import { Text } from '@turnpike/chain/wire'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestNode } from '../../testing/gateway.ts'
import type { TestNode } from '../../testing/gateway.ts'
import { createPayment } from '../../testing/payment.ts'
import { decodeCursor, encodeCursor } from '../ledger/historyBudget.ts'
import { requireKnownHost } from './hosts.ts'
import { Problem } from './problem.ts'

const decoder = new TextDecoder()
const payer = person('fuzz payer')
const payee = person('fuzz payee').address
let node: TestNode
beforeAll(async () => {
  node = await openTestNode()
  await node.fund(payer.address, 1_000_000n)
})
afterAll(() => node.close())

type Asked = { readonly method: string; readonly target: string; readonly body?: string }

const source = '127.0.0.1'

/** What the gateway answers: the status, and the code where there is one. */
async function ask({ method, target, body = '' }: Asked): Promise<{ readonly status: number; readonly text: string }> {
  const headers = new Map([
    ['host', 'localhost'],
    ['content-type', 'application/json'],
    ['content-length', String(Text.toBytes(body).length)],
  ])
  const request = { method, target, source, header: (name: string) => headers.get(name), text: async () => body }
  const { status, body: answered } = await node.gateway.serve(request)
  if (answered instanceof ReadableStream) await answered.cancel()
  expect(status).toBeLessThan(500)
  return { status, text: typeof answered === 'string' ? answered : '' }
}

it('T32 T33 any method and target', async () => {
  const [address, hash] = [`0x${'00'.repeat(20)}`, `0x${'00'.repeat(32)}`]
  const targets = ['/', '/health', '/chain', '/metrics', '/openapi.json', '/events', '/rpc', `/receipts/${hash}`]
  const outcomes = await fuzzParser({
    name: 'target',
    seeds: [...targets, `/payments/${address}/${address}/${hash}?validBefore=1800000000`]
      .map((target) => `GET ${target}`)
      .concat('POST /x402/settle')
      .map(Text.toBytes),
    pieces: ['/', '//', '..', '%2F', '%00', '%', '?', '#', ';', '\\', 'HEAD ', 'OPTIONS ', '__proto__'].map(
      Text.toBytes,
    ),
    async judge(input) {
      const [method = '', target = ''] = decoder.decode(input).split(/ ([^]*)/)
      const { status, text } = await ask({ method, target })
      const code = status < 400 ? '' : (JSON.parse(text) as { readonly code: string }).code
      return `${status} ${code}`
    },
  })
  expect(outcomes).toContain('404 gateway/no_receipt')
})

it('T32 T43 any Host', async () => {
  const outcomes = await fuzzParser({
    name: 'host',
    seeds: ['localhost:4020', '127.0.0.1', '[::1]:4020', 'node.example'].map(Text.toBytes),
    pieces: ['.', ':', '@', '[', ']', '%', ', ', '\0', 'evil.example', '127.0.0.1'].map(Text.toBytes),
    errors: [Problem],
    judge(input) {
      const host = decoder.decode(input)
      const request = { method: 'GET', target: '/', source, header: () => host, text: async () => '' }
      requireKnownHost(request, ['node.example'])
      expect(host).toMatch(/^(localhost|node\.example|[0-9.]+|\[[0-9a-f:.]+\])(:[0-9]+)?$/i)
      return 'known'
    },
  })
  expect(outcomes.size).toBe(2)
})

it('T32 any bytes as a cursor', async () => {
  const outcomes = await fuzzParser({
    name: 'cursor',
    seeds: [encodeCursor(0), encodeCursor(Number.MAX_SAFE_INTEGER)],
    judge(input) {
      const before = decodeCursor(input)
      if (before === undefined) return 'none'
      expect(encodeCursor(before)).toEqual(input)
      return 'one'
    },
  })
  expect(outcomes).toEqual(new Set(['one', 'none']))
})

it('T32 any JSON at /rpc', async () => {
  const call = {
    jsonrpc: '2.0',
    id: 1,
    method: 'turnpike_query',
    params: ['bank/balance', { account: payee, asset: dollar }],
  }
  const outcomes = await fuzzJsonParser({
    name: 'rpc',
    seeds: [
      call,
      { ...call, params: ['history/payments', { account: payee }, { signature: '0x', validBefore: 1 }] },
      { ...call, method: 'turnpike_submit', params: [{ message: { type: 'token/transfer' } }] },
      [call, { ...call, method: 'turnpike_params', params: [] }],
    ],
    async judge(json) {
      const { status, text } = await ask({ method: 'POST', target: '/rpc', body: JSON.stringify(json) })
      if (status !== 200) return String(status)
      const answers = [JSON.parse(text)].flat() as readonly {
        readonly error?: { readonly code: number; readonly data?: { readonly code: string } }
      }[]
      const codes = answers.map(({ error }) => `${error?.code ?? 'answered'} ${error?.data?.code ?? ''}`)
      for (const code of codes) expect(code).not.toMatch(/^-32603/)
      return codes[0] ?? 'no answer'
    },
  })
  expect(outcomes).toContain('answered ')
})

it('T32 any JSON as a payment', async () => {
  const sound = createPayment({ payer, payee, now: node.now, identifier: 'fuzz_identifier_0' })
  const outcomes = await fuzzJsonParser({
    name: 'payment',
    seeds: [sound],
    async judge(json) {
      const { status, text } = await ask({ method: 'POST', target: '/x402/verify', body: JSON.stringify(json) })
      const answer = JSON.parse(text) as { readonly invalidReason?: string; readonly code?: string }
      return `${status} ${answer.invalidReason ?? answer.code ?? 'valid'}`
    },
  })
  expect(outcomes).toContain('200 valid')
})
