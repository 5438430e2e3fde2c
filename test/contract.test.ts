// What other people's programs may rely on, row by row, against a real process: routes, shapes, status codes, error codes.
// The commands are in processes/commands.test.ts; npm start and npm test have tests of their own.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  cancelAuthorization,
  createAgent,
  createClient,
  freezeAgent,
  generatePrivateKey,
  privateKeyAccount,
  usd,
} from '@turnpike/sdk'
import type { Client } from '@turnpike/sdk'
import { Hash } from '@turnpike/chain/wire'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPayee, createPayer, createPayments, dollar } from '../bench/payments.ts'
import type { Payment } from '../bench/payments.ts'
import { openBooks } from './processes/books.ts'
import type { Books } from './processes/books.ts'
import { readEvents } from './processes/events.ts'
import { createHome, startTurnpike } from './processes/turnpike.ts'
import type { NodeProcess } from './processes/turnpike.ts'

const testDollar = '0x7474747474747474747474747474747474747402'
const payer = createPayer('contract', 0)
const payee = createPayee('contract', 0)
const hash = expect.stringMatching(/^0x[0-9a-f]{64}$/) as string
const text = expect.stringMatching(/./) as string

const home = createHome()
let node: NodeProcess
let books: Books
let client: Client

beforeAll(async () => {
  node = await startTurnpike({ home: home.path })
  books = openBooks(node.url)
  client = createClient({ url: node.url })
})
afterAll(async () => {
  await books.close()
  await node.kill()
  home.remove()
})

let runs = 0
function createPayment({ from = payer, lifetimeSeconds = 600 } = {}): Payment {
  const validBefore = Math.floor(Date.now() / 1_000) + lifetimeSeconds
  const run = `contract ${++runs}`
  const [payment] = createPayments({ count: 1, payers: [from], payees: [payee], value: 1_000n, run, validBefore })
  return payment as Payment
}

async function facilitate(
  call: 'verify' | 'settle',
  body: unknown,
): Promise<{ readonly status: number; readonly body: unknown }> {
  return books.post(`/x402/${call}`, typeof body === 'string' ? JSON.parse(body) : body)
}

/** Every error that no other protocol prescribes. */
function problem(status: number, code: string): unknown {
  return { type: text, title: text, status, code, detail: text, hint: text }
}

describe('genesis of a development chain', () => {
  test('chain 402402, pUSD and tUSD of currency USD, toll of 10 basis points, no money', async () => {
    const { status, body } = await books.get('/chain')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      chainId: 402402,
      network: 'eip155:402402',
      engine: 'embedded',
      height: expect.any(Number) as number,
      blockTime: expect.any(Number) as number,
      rpc: '/rpc',
      facilitator: '/x402',
      assets: [
        { symbol: 'pUSD', address: dollar.address, decimals: 6, eip712: { name: 'Turnpike USD', version: '1' } },
        { symbol: 'tUSD', address: testDollar, decimals: 18, eip712: { name: 'Turnpike Test USD', version: '1' } },
      ],
      contracts: {},
      params: { tollBasisPoints: 10, authLifetimeMaxMs: 3_660_000, holdMaxMs: 60_000, freePerMinute: 60 },
    })
    expect(await Promise.all([books.supply(), books.supply(testDollar)])).toEqual([0n, 0n])
  })

  test('secrets are the owner’s alone, and in no answer', async () => {
    const { body } = await books.get('/chain')
    for (const file of ['operator.key', 'operator.token', 'sequencer.key'])
      expect(JSON.stringify(body)).not.toContain(readFileSync(join(home.path, file), 'utf8').trim().replace(/^0x/, ''))
  })
})

test('GET /health says ok and the height', async () => {
  expect(await books.get('/health')).toEqual({
    status: 200,
    body: { status: 'ok', height: expect.any(Number) as number },
  })
})

describe('POST /faucet', () => {
  test('gives the default, or what is asked in the asset that is asked, durable when answered', async () => {
    const { address } = createPayer('contract faucet', 0)
    expect(await books.post('/faucet', { address })).toEqual({
      status: 200,
      body: { operation: hash, balance: '10000000' },
    })
    expect(await books.post('/faucet', { address, amount: '5', asset: 'tUSD' })).toMatchObject({
      status: 200,
      body: { balance: '5' },
    })
    expect(await books.balanceOf(address)).toBe(10_000_000n)
  })

  test.for([
    [{}, 400, 'gateway/malformed'],
    [{ address: payer.address, amount: '01' }, 400, 'gateway/malformed'],
    [{ address: payer.address, amount: '0' }, 400, 'wire/amount_invalid'],
    [{ address: payer.address, amount: '1000000001' }, 422, 'faucet/too_much'],
    [{ address: payer.address, asset: 'EUR' }, 400, 'gateway/malformed'],
  ] as const)('refuses %j with %i %s', async ([body, status, code]) => {
    expect(await books.post('/faucet', body)).toEqual({ status, body: problem(status, code) })
  })
})

describe('the facilitator', () => {
  beforeAll(() => books.fund(payer.address, 1_000_000n))

  test('GET /x402/supported lists the scheme with the literal network', async () => {
    expect(await books.get('/x402/supported')).toEqual({
      status: 200,
      body: {
        kinds: [{ x402Version: 2, scheme: 'exact', network: 'eip155:402402' }],
        extensions: ['payment-identifier'],
        signers: {},
      },
    })
  })

  test('verify and settle answer 200 with the payer as it was spelled and a transaction', async () => {
    const { body } = createPayment()
    expect(await facilitate('verify', body)).toEqual({ status: 200, body: { isValid: true, payer: payer.address } })
    expect(await facilitate('settle', body)).toEqual({
      status: 200,
      body: { success: true, transaction: hash, network: 'eip155:402402', payer: payer.address },
    })
  })

  test.for([
    [
      'a body of version 1',
      (body: string) => body.replaceAll('"x402Version":2', '"x402Version":1'),
      'invalid_x402_version',
    ],
    ['another network', (body: string) => body.replaceAll('eip155:402402', 'eip155:8453'), 'invalid_network'],
    ['another scheme', (body: string) => body.replaceAll('"exact"', '"upto"'), 'unsupported_scheme'],
    ['another asset', (body: string) => body.replaceAll('747401"', '747409"'), 'asset_not_deployed_contract'],
    [
      'another name of the token',
      (body: string) => body.replaceAll('Turnpike USD', 'Dollar'),
      'invalid_exact_evm_token_name_mismatch',
    ],
    ['a leading zero', (body: string) => body.replace('"value":"1000"', '"value":"01000"'), 'invalid_payload'],
    ['hexadecimal', (body: string) => body.replace('"value":"1000"', '"value":"0x3e8"'), 'invalid_payload'],
    [
      'more than 2^128 - 1',
      (body: string) => body.replaceAll('"1000"', `"${2n ** 200n}"`),
      'invalid_exact_evm_insufficient_balance',
    ],
    [
      'another signer',
      (body: string) => body.replace(/"signature":"0x.{8}/, '"signature":"0x00000001'),
      'invalid_exact_evm_signature',
    ],
    [
      'a transfer method that is not offered',
      (body: string) => body.replaceAll('"version":"1"}', '"version":"1","assetTransferMethod":"permit2"}'),
      'unsupported_payload_type',
    ],
  ] as const)('%s is refused with its reason, in 200, and tells no values', async ([, change, reason]) => {
    const body = change(createPayment().body)
    const verified = await facilitate('verify', body)
    expect(verified).toMatchObject({ status: 200, body: { isValid: false, invalidReason: reason } })
    const settled = await facilitate('settle', body)
    expect(settled).toMatchObject({ status: 200, body: { success: false, errorReason: reason, transaction: '' } })
    expect(JSON.stringify([verified.body, settled.body])).not.toMatch(/null|values|remaining/)
  })

  test.for([['{'], ['[]'], ['null'], ['"x402"']])('%s is no request: 400', async ([body]) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await request(`${node.url}/x402/settle`, { method: 'POST', headers, body: body! })
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([400, 'application/problem+json'])
    expect(await answer.body.json()).toEqual(problem(400, expect.stringMatching(/^[a-z]+\/[a-z_]+$/) as string))
  })

  test('a body beyond 64 KiB is refused before it is read: 413', async () => {
    expect(await facilitate('settle', { padding: 'x'.repeat(70_000) })).toMatchObject({ status: 413 })
  })
})

describe('GET /payments', () => {
  test('unknown, held, settled', async () => {
    const { body, nonce } = createPayment()
    const asked = { payer: payer.address, nonce }
    expect(await books.outcomeOf(asked)).toEqual({ status: 'unknown' })
    await facilitate('verify', body)
    expect(await books.outcomeOf(asked)).toMatchObject({ status: 'held', operation: hash })
    const settled = await facilitate('settle', body)
    const { transaction } = settled.body as { readonly transaction: string }
    const payment = { payer: payer.address.toLowerCase(), payee: payee.toLowerCase(), amount: '1000', toll: '1' }
    expect(await books.outcomeOf(asked)).toMatchObject({
      status: 'settled',
      operation: transaction,
      receipt: { payment },
    })
  })

  test('cancelled', async () => {
    const { nonce, body } = createPayment()
    const signer = privateKeyAccount(`0x${Buffer.from(payer.key).toString('hex')}`)
    await cancelAuthorization(client, { signer, nonce: Hash.parse(nonce)! })
    expect(await books.outcomeOf({ payer: payer.address, nonce })).toMatchObject({ status: 'cancelled' })
    const reason = 'invalid_exact_evm_nonce_already_used'
    expect(await facilitate('settle', body)).toMatchObject({ body: { success: false, errorReason: reason } })
  })

  test('expired, once a block is later than the validBefore that is asked about', async () => {
    const { nonce } = createPayment()
    const path = `/payments/${dollar.address}/${payer.address}/${nonce}`
    const past = Math.floor(Date.now() / 1_000) - 60
    await books.fund(payer.address, 1n)
    expect((await books.get(`${path}?validBefore=${past}`)).body).toEqual({ status: 'expired' })
    expect((await books.get(`${path}?validBefore=${past + 3_600}`)).body).toEqual({ status: 'unknown' })
  })

  test('400 for what is no address, hash or number', async () => {
    const malformed = { status: 400, body: problem(400, 'gateway/malformed') }
    expect(await books.get('/payments/0x1/0x2/0x3')).toEqual(malformed)
    const { nonce } = createPayment()
    expect(await books.get(`/payments/${dollar.address}/${payer.address}/${nonce}?validBefore=soon`)).toEqual(malformed)
  })
})

describe('GET /receipts', () => {
  test('a receipt with its 250 leaf bytes, the message and its signers', async () => {
    const { body } = await facilitate('settle', createPayment().body)
    const { transaction } = body as { readonly transaction: string }
    const answer = await books.get(`/receipts/${transaction}`)
    expect(answer).toMatchObject({
      status: 200,
      body: {
        receipt: { op: transaction, type: 'payments/transferWithAuthorization', code: 0, policyVersion: 0 },
        leaf: expect.stringMatching(/^0x[0-9a-f]{500}$/) as string,
        message: { type: 'payments/transferWithAuthorization', value: '1000' },
        signers: [payer.address.toLowerCase()],
      },
    })
  })

  test('404 for an operation that never succeeded', async () => {
    const answer = await books.get(`/receipts/0x${'12'.repeat(32)}`)
    expect(answer).toEqual({ status: 404, body: problem(404, 'gateway/no_receipt') })
  })
})

describe('POST /rpc', () => {
  const call = async (method: string, params: unknown): Promise<unknown> =>
    (await books.post('/rpc', { jsonrpc: '2.0', id: 7, method, params })).body

  test('turnpike_params and turnpike_query answer under the id that was sent', async () => {
    expect(await call('turnpike_params', [])).toMatchObject({ jsonrpc: '2.0', id: 7, result: { tollBasisPoints: 10 } })
    const supply = await call('turnpike_query', ['bank/supply', { asset: dollar.address }])
    expect(supply).toMatchObject({ id: 7, result: { supply: expect.stringMatching(/^[0-9]+$/) as string } })
  })

  test('turnpike_submit refuses with code, values, hint and retry', async () => {
    const stranger = privateKeyAccount(generatePrivateKey())
    await expect(freezeAgent(client, { agent: payee, owner: stranger })).rejects.toMatchObject({
      code: expect.stringMatching(/^(accounts|policy)\/[a-z_]+$/) as string,
      hint: text,
      retry: expect.stringMatching(/^(never|later|owner|approval)$/) as string,
    })
    expect(await call('turnpike_submit', ['0x00'])).toMatchObject({
      error: { code: -32000, message: text, data: { code: 'wire/malformed', hint: text, retry: 'never' } },
    })
  })

  test.for([['eth_chainId'], ['turnpike_nothing']])('%s is not there yet: -32601', async ([method]) => {
    expect(await call(method!, [])).toMatchObject({ error: { code: -32601 } })
  })

  test('JSON-RPC 2.0: parse errors, invalid requests, batches, notifications', async () => {
    const send = async (body: string): Promise<readonly [number, unknown]> => {
      const headers = { 'content-type': 'application/json' }
      const answer = await request(`${node.url}/rpc`, { method: 'POST', headers, body })
      const words = await answer.body.text()
      return [answer.statusCode, words === '' ? undefined : JSON.parse(words)]
    }
    expect(await send('{')).toMatchObject([200, { id: null, error: { code: -32700 } }])
    expect(await send('{"id":1}')).toMatchObject([200, { error: { code: -32600 } }])
    expect(await send('[]')).toMatchObject([200, { error: { code: -32600 } }])
    const one = { jsonrpc: '2.0', method: 'turnpike_params', params: [] }
    const [, answers] = await send(JSON.stringify([{ ...one, id: 'a' }, one, { ...one, id: 'b' }]))
    expect(answers).toMatchObject([{ id: 'a' }, { id: 'b' }])
    expect(await send(JSON.stringify(one))).toEqual([204, undefined])
  })
})

describe('GET /events', () => {
  test('blocks with their height as id, resumed from any height', async () => {
    const { height } = (await books.get('/health')).body as { readonly height: number }
    const { body } = await facilitate('settle', createPayment().body)
    const [block] = await readEvents(node.url, { count: 1, after: height })
    expect(block).toMatchObject({ event: 'block', id: String(height + 1) })
    const operation = (body as { readonly transaction: string }).transaction
    expect(block?.data).toMatchObject({
      height: height + 1,
      time: expect.any(Number) as number,
      operations: 1,
      payments: [{ operation, payee: payee.toLowerCase(), asset: dollar.address, amount: '1000', toll: '1' }],
    })
    const all = await readEvents(node.url, { count: height + 1, after: 0 })
    expect(all.map(({ id }) => Number(id))).toEqual(Array.from({ length: height + 1 }, (_, index) => index + 1))
  })

  test('a height that the chain has not reached: reset', async () => {
    const [reset] = await readEvents(node.url, { count: 1, after: 1_000_000 })
    expect(reset).toMatchObject({ event: 'reset', data: { height: expect.any(Number) as number } })
  })

  test('refusals of payments whose signature held, without an id', async () => {
    const poor = createPayer('contract poor', 0)
    await books.fund(poor.address, 1n)
    const seen = readEvents(node.url, {
      count: 1,
      event: 'refusal',
      onOpen: () => facilitate('settle', createPayment({ from: poor }).body),
    })
    expect(await seen).toMatchObject([
      { event: 'refusal', id: undefined, data: { account: poor.address.toLowerCase(), class: 'balance' } },
    ])
  })
})

test('GET /metrics is Prometheus text', async () => {
  const answer = await request(`${node.url}/metrics`)
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, expect.stringContaining('text/plain')])
  expect(await answer.body.text()).toMatch(
    /^# HELP turnpike_[a-z_]+ .+\n# TYPE turnpike_[a-z_]+ (?:counter|gauge|histogram)\nturnpike_/m,
  )
})

test('GET /openapi.json describes every route of this contract', async () => {
  const { status, body } = await books.get('/openapi.json')
  expect(status).toBe(200)
  const { openapi, paths } = body as { readonly openapi: string; readonly paths: Record<string, object> }
  expect(openapi).toMatch(/^3\.1\./)
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const promised = [
    '/health',
    '/chain',
    '/x402/supported',
    '/payments/{asset}/{payer}/{nonce}',
    '/receipts/{operation}',
    '/events',
    '/metrics',
  ]
  const posted = ['/faucet', '/x402/verify', '/x402/settle', '/rpc']
  expect(described.toSorted()).toEqual(
    expect.arrayContaining([...promised.map((path) => `GET ${path}`), ...posted.map((path) => `POST ${path}`)]),
  )
})

test('what is nowhere is 404, another method 405, both as problems', async () => {
  expect(await books.get('/nowhere')).toEqual({ status: 404, body: problem(404, 'gateway/not_found') })
  expect(await books.post('/health', {})).toEqual({ status: 405, body: problem(405, 'gateway/method') })
})

describe('T15 private reads', () => {
  const publicHome = createHome()
  let open: NodeProcess
  let stranger: Books

  beforeAll(async () => {
    open = await startTurnpike({ home: publicHome.path, args: ['--dev', '--dev-public', '--host', '0.0.0.0'] })
    stranger = openBooks(`http://127.0.0.1:${new URL(open.url).port}`)
  })
  afterAll(async () => {
    await stranger.close()
    await open.kill()
    publicHome.remove()
  })

  test('a budget is answered to its owner and the operator, to nobody else', async () => {
    const url = `http://127.0.0.1:${new URL(open.url).port}`
    const reader = createClient({ url })
    const owner = privateKeyAccount(generatePrivateKey())
    await stranger.fund(owner.address, 1_000_000n)
    const key = privateKeyAccount(generatePrivateKey())
    const { agent } = await createAgent(reader, { owner, name: 'private', key, budget: { lifetime: usd('1') } })
    const ask = async (headers: Record<string, string>): Promise<unknown> => {
      const body = JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'turnpike_query',
        params: ['policy/agent', { account: agent }],
      })
      const answer = await request(`${url}/rpc`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      })
      return answer.body.json()
    }
    expect(await ask({})).toMatchObject({ error: { code: -32000, data: { code: 'accounts/not_yours' } } })
    const token = readFileSync(join(publicHome.path, 'operator.token'), 'utf8').trim()
    expect(await ask({ authorization: `Bearer ${token}` })).toMatchObject({ result: { account: agent } })
    const forged = `Bearer ${'0'.repeat(token.length)}`
    expect(await ask({ authorization: forged })).toMatchObject({ status: 401, code: 'gateway/unknown_token' })
  })
})
