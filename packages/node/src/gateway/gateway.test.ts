// The routes of a whole node, as the contract promises them, without a socket.
import { dollar, person, testDollar } from '@turnpike/chain/testing'
import { encode, Hash, Hex, opToJson, sha256, Text, digest as hashTyped, nativeDomain } from '@turnpike/chain/wire'
import { queryStruct } from '@turnpike/chain/wire/accounts'
import { codec } from '@turnpike/chain/wire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAgent } from '../../testing/agent.ts'
import { createFetch } from '../../testing/fetch.ts'
import { openTestNode } from '../../testing/gateway.ts'
import type { Answered, TestNode } from '../../testing/gateway.ts'
import { createPayment } from '../../testing/payment.ts'
import { describe as describeRoutes } from './openapi.ts'
import { answerBytesMax, batchMax, bodyBytesMax } from './rpc/rpc.ts'

let node: TestNode
const token = 'gateway-test-token'
const owner = person('gateway owner')
beforeAll(async () => {
  node = await openTestNode({ token })
  await node.fund(owner.address, 1_000_000n)
})
afterAll(() => node.close())

const problem = async (response: Response): Promise<readonly unknown[]> => [
  response.status,
  response.headers.get('content-type'),
  ((await response.json()) as { readonly code: string }).code,
]
const operator = { authorization: `Bearer ${token}` }
const rpc = async (body: unknown, headers = {}): Promise<Answered> => (await node.post('/rpc', body, headers)).json()
const call = (method: string, params: unknown = [], id: unknown = 1): unknown => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
})

describe('/health, /chain, /metrics', () => {
  it('say that the node serves, and what', async () => {
    expect(await node.ask('/health')).toEqual({ status: 'ok', height: node.ledger.status().height })
    expect(await node.ask('/chain')).toMatchObject({
      chainId: 402_402,
      network: 'eip155:402402',
      engine: 'embedded',
      height: node.ledger.status().height,
      rpc: '/rpc',
      facilitator: '/x402',
      assets: [
        {
          symbol: 'pUSD',
          address: dollar,
          decimals: 6,
          currency: 'USD',
          eip712: { name: 'Turnpike USD', version: '1' },
        },
        {
          symbol: 'tUSD',
          address: testDollar,
          decimals: 18,
          currency: 'USD',
          eip712: { name: 'Turnpike Test USD', version: '1' },
        },
      ],
      contracts: {},
      params: { tollBasisPoints: 10 },
    })
  })

  it('give numbers in Prometheus text', async () => {
    const response = await node.get('/metrics')
    expect(response.headers.get('content-type')).toContain('text/plain')
    expect(await response.text()).toMatch(/turnpike_settle_seconds_count \d+/)
  })

  it('answer HEAD without a body', async () => {
    const response = await createFetch(node.gateway.serve)(new Request('http://127.0.0.1/health', { method: 'HEAD' }))
    expect([response.status, await response.text()]).toEqual([200, ''])
  })
})

describe('/faucet', () => {
  const to = person('gateway faucet').address

  it('gives what is asked for, in the asset that is named, durably', async () => {
    const first = await node.ask('/faucet', { address: to })
    expect(first).toEqual({ operation: expect.stringMatching(/^0x[0-9a-f]{64}$/), balance: '10000000' })
    expect(await node.ask(`/receipts/${first.operation}`)).toMatchObject({
      receipt: { type: 'faucet/drip', payment: { payee: to, amount: '10000000' } },
    })
    expect(await node.ask('/faucet', { address: to, amount: '5', asset: 'tUSD' })).toMatchObject({ balance: '5' })
    expect(await node.ask('/faucet', { address: to, amount: '5', asset: testDollar })).toMatchObject({ balance: '10' })
  })

  it('gives at most what its parameter says', async () => {
    expect(await node.ask('/faucet', { address: to, amount: '1000000000' })).toMatchObject({ balance: '1010000000' })
    expect(await problem(await node.post('/faucet', { address: to, amount: '1000000001' }))).toEqual([
      422,
      'application/problem+json',
      'faucet/too_much',
    ])
  })

  it.each([
    {},
    { address: '0x' },
    { address: to, amount: 5 },
    { address: to, amount: '-5' },
    { address: to, amount: '0x5' },
    { address: to, asset: 'EUR' },
    [],
    null,
    'x',
  ])('T32 refuses %j', async (body) => {
    expect(await problem(await node.post('/faucet', body))).toEqual([
      400,
      'application/problem+json',
      'gateway/malformed',
    ])
  })

  it('refuses nothing as an amount', async () => {
    expect(await problem(await node.post('/faucet', { address: to, amount: '0' }))).toEqual([
      400,
      'application/problem+json',
      'wire/amount_invalid',
    ])
  })

  it('wants JSON by its type, so that no page of a stranger can use it', async () => {
    expect(await problem(await node.post('/faucet', { address: to }, { 'content-type': 'text/plain' }))).toEqual([
      415,
      'application/problem+json',
      'gateway/content_type',
    ])
  })

  it('is not there on any other chain', async () => {
    const other = await openTestNode({ development: false })
    expect(await problem(await other.post('/faucet', { address: to }))).toEqual([
      404,
      'application/problem+json',
      'gateway/not_found',
    ])
    await other.close()
  })
})

describe('requests that are none', () => {
  it('T43 come under the name of another machine', async () => {
    for (const path of ['/chain', '/nowhere'])
      expect(await problem(await node.get(path, { host: 'rebound.example' }))).toEqual([
        421,
        'application/problem+json',
        'gateway/unknown_host',
      ])
  })

  it('have a path that is not there, or another method', async () => {
    expect(await problem(await node.get('/nowhere'))).toEqual([404, 'application/problem+json', 'gateway/not_found'])
    const response = await node.get('/x402/settle')
    expect(response.headers.get('allow')).toBe('POST')
    expect(await problem(response)).toEqual([405, 'application/problem+json', 'gateway/method'])
    expect((await node.get('/payments/a/b')).status).toBe(404)
    expect((await node.get('/receipts/%')).status).toBeGreaterThanOrEqual(400)
  })

  it.each(['/x402/verify', '/x402/settle'])('T150 %s takes 65,536 bytes and no more', async (path) => {
    const body = JSON.stringify(
      createPayment({ payer: owner, payee: person('x').address, now: node.now, amount: 999_999_999n }),
    )
    expect((await node.post(path, body.padEnd(65_536))).status).toBe(200)
    const response = await node.post(path, body.padEnd(65_537))
    expect(await problem(response)).toEqual([413, 'application/problem+json', 'gateway/too_large'])
  })

  it.each([
    '',
    'null',
    '[]',
    '"x"',
    '12',
    '{',
    '{}',
    '{"x402Version":2}',
    '{"x402Version":2,"paymentPayload":{}}',
    '{"x402Version":2,"paymentPayload":[],"paymentRequirements":{}}',
    '['.repeat(10_000),
  ])('T32 T151 to a facilitator are 400: %j', async (body) => {
    for (const path of ['/x402/verify', '/x402/settle'])
      expect(await problem(await node.post(path, body))).toEqual([400, 'application/problem+json', 'gateway/malformed'])
  })

  it('T163 T32 come compressed', async () => {
    expect(await problem(await node.post('/x402/settle', '{}', { 'content-encoding': 'gzip' }))).toEqual([
      415,
      'application/problem+json',
      'gateway/encoding',
    ])
  })
})

describe('/x402/supported', () => {
  it('names the network as sellers do', async () => {
    expect(await node.ask('/x402/supported')).toEqual({
      kinds: [{ x402Version: 2, scheme: 'exact', network: 'eip155:402402' }],
      extensions: ['payment-identifier'],
      signers: {},
    })
  })
})

describe('/receipts', () => {
  it('has nothing for an operation that never succeeded, and 400 for what is no id', async () => {
    expect(await problem(await node.get(`/receipts/0x${'11'.repeat(32)}`))).toEqual([
      404,
      'application/problem+json',
      'gateway/no_receipt',
    ])
    expect(await problem(await node.get('/receipts/0x11'))).toEqual([
      400,
      'application/problem+json',
      'gateway/malformed',
    ])
  })
})

describe('the receipt of an agent', () => {
  type Row = { readonly operation: string }

  it('T15 shows its budget to the operator, and to everybody else the hash of it', async () => {
    await openAgent(node, { owner, key: person('receipt agent') })
    const { result } = await rpc(call('turnpike_query', ['history/agents', { limit: 1 }]))
    const [{ operation }] = result.agents as [Row]
    const asked = await node.ask(`/receipts/${operation}`)
    const own = await (await node.get(`/receipts/${operation}`, operator)).json()
    expect(own['message'].document.caps).toHaveLength(4)
    expect(own['message'].words).toContain('Cap payment')
    expect(Object.keys(own['message']).filter((name) => !(name in asked['message']))).toEqual(['words', 'document'])
    expect(asked['message'].policy).toMatch(/^0x[0-9a-f]{64}$/)
  })

  it('is found by its nonce as long as history is kept, like that of a payment', async () => {
    await openAgent(node, { owner, key: person('lasting agent') })
    const { result } = await rpc(call('turnpike_query', ['history/agents', { limit: 1 }]))
    const [{ operation }] = result.agents as [Row]
    const { message } = await node.ask(`/receipts/${operation}`)
    const path = `/payments/0x${'00'.repeat(20)}/${message.account}/${message.nonce}`
    expect(await node.ask(path)).toMatchObject({ status: 'settled', operation, receipt: { op: operation } })
    node.now += 120_000
    await node.fund(owner.address, 1n) // A block, in which the record is pruned.
    expect(await node.ask(path)).toMatchObject({ status: 'settled', operation, receipt: { op: operation } })
  })
})

describe('/rpc', () => {
  const operation = async (): Promise<Answered> => {
    const agentKey = person(`gateway rpc ${Math.random()}`)
    await node.fund(agentKey.address, 10n)
    const { paymentPayload } = createPayment({ payer: agentKey, payee: owner.address, now: node.now, amount: 10n })
    const { from, to, value, validAfter, validBefore, nonce } = paymentPayload.payload.authorization
    const times = { validAfter: Number(validAfter), validBefore: Number(validBefore) }
    return {
      type: 'payments/transferWithAuthorization',
      asset: dollar,
      from,
      to,
      value,
      ...times,
      nonce,
      signatures: [paymentPayload.payload.signature],
    }
  }

  it('submits an operation as JSON and as bytes, once', async () => {
    const json = await operation()
    const { result } = await rpc(call('turnpike_submit', [json]))
    expect(result).toMatchObject({ type: 'payments/transferWithAuthorization', payment: { amount: '10' } })
    const stored = await node.ledger.receiptOf(result.op)
    expect(opToJson(stored!.op)).toMatchObject(json)
    const again = await rpc(call('turnpike_submit', [Hex.fromBytes(stored!.op.bytes)]))
    expect(again.result).toEqual(result)
  })

  it('answers a refusal with its code, values, hint and class', async () => {
    const json = await operation()
    await rpc(call('turnpike_submit', [json]))
    const { error } = await rpc(call('turnpike_submit', [{ ...json, value: '9' }]))
    expect(error).toEqual({
      code: -32_000,
      message: expect.any(String),
      data: { code: 'accounts/signature_invalid', values: {}, hint: expect.any(String), retry: 'never' },
    })
  })

  it.each([['0x'], ['0xzz'], ['0x01'], [{}], [null], [[]], [{ type: 'payments/nothing' }], [12]])(
    'T32 refuses the operation %j as malformed',
    async (json) => {
      expect(await rpc(call('turnpike_submit', [json]))).toMatchObject({
        error: { code: -32_000, data: { code: 'wire/malformed' } },
      })
    },
  )

  it('refuses an operation about an asset that is not there', async () => {
    expect(await rpc(call('turnpike_submit', [{ ...(await operation()), asset: owner.address }]))).toMatchObject({
      error: { data: { code: 'bank/unknown_asset' } },
    })
  })

  it('answers queries and parameters', async () => {
    expect(await rpc(call('turnpike_query', ['bank/supply', { asset: testDollar }]))).toMatchObject({
      result: { supply: expect.any(String) },
    })
    expect(await rpc(call('turnpike_query', ['bank/nothing']))).toMatchObject({
      error: { data: { code: 'wire/not_found' } },
    })
    expect(await rpc(call('turnpike_query', ['bank/supply', { asset: 1 }]))).toMatchObject({
      error: { data: { code: 'wire/malformed' } },
    })
    expect(await rpc(call('turnpike_query', []))).toMatchObject({ error: { code: -32_602 } })
    expect((await rpc(call('turnpike_params'))).result).toMatchObject({ tollBasisPoints: 10 })
  })

  it('keeps what is private for the operator, the account and its owner', async () => {
    const key = person('gateway private key')
    const account = await openAgent(node, { owner, key })
    const args = { account }
    const ask = (auth?: unknown, headers = {}): Promise<Answered> =>
      rpc(call('turnpike_query', ['policy/agent', args, auth]), headers)
    expect(await ask()).toMatchObject({ error: { data: { code: 'accounts/not_yours' } } })
    expect(await ask(undefined, operator)).toMatchObject({ result: { account, owner: owner.address } })
    const validBefore = node.now + 60_000
    const argsHash = Hash.fromBytes(sha256(encode(codec.record({ account: codec.address }), args)))
    const signed = (by: ReturnType<typeof person>, of = account): unknown => ({
      signature: Hex.fromBytes(
        by.sign(
          Hash.fromBytes(
            hashTyped(nativeDomain(402_402), queryStruct.hash([of, 'policy/agent', argsHash, validBefore])),
          ),
        ),
      ),
      validBefore,
    })
    expect(await ask(signed(key))).toMatchObject({ result: { account } })
    expect(await ask(signed(owner, owner.address))).toMatchObject({ error: { data: { code: 'accounts/not_yours' } } })
    expect(await ask(signed(owner))).toMatchObject({ result: { account } })
    expect(await ask(signed(person('gateway stranger')))).toMatchObject({
      error: { data: { code: 'accounts/not_yours' } },
    })
    for (const auth of [{}, { signature: '0x', validBefore }, { signature: `0x${'00'.repeat(65)}` }, 'x', 7])
      expect(await ask(auth)).toMatchObject({ error: { code: -32_602 } })
  })

  it('T43 turns a wrong token away, whatever is asked', async () => {
    const response = await node.post('/rpc', call('turnpike_params'), { authorization: 'Bearer wrong' })
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(await problem(response)).toEqual([401, 'application/problem+json', 'gateway/unknown_token'])
  })

  it('answers batches in order, and nothing to notifications', async () => {
    const batch = [
      call('turnpike_params', [], 'a'),
      { jsonrpc: '2.0', method: 'turnpike_params' },
      call('eth_chainId', [], null),
      7,
    ]
    expect(await rpc(batch)).toMatchObject([
      { id: 'a', result: {} },
      { id: null, error: { code: -32_601 } },
      { id: null, error: { code: -32_600 } },
    ])
    expect((await node.post('/rpc', { jsonrpc: '2.0', method: 'turnpike_params' })).status).toBe(204)
    expect((await node.post('/rpc', [{ jsonrpc: '2.0', method: 'nothing' }])).status).toBe(204)
  })

  it('T152 answers a batch up to a size, and says of the rest that it was not asked', async () => {
    const payee = person('batch payee').address
    const pay = (): unknown => createPayment({ payer: owner, payee, now: node.now, amount: 1n })
    await Promise.all(Array.from({ length: 100 }, () => node.ask('/x402/settle', pay())))
    const ask = call('turnpike_query', ['history/recent', { limit: 200 }])
    const single = JSON.stringify(await rpc(ask)).length
    const answers = await rpc(Array.from({ length: batchMax }, () => ask))
    expect(answers).toHaveLength(batchMax)
    const whole = (answers as unknown as readonly Answered[]).filter((answer) => answer['error'] === undefined)
    expect(whole).toHaveLength(Math.min(batchMax, Math.ceil(answerBytesMax / single)))
    expect(whole.length).toBeLessThan(batchMax)
    expect((answers as unknown as readonly Answered[]).at(-1)).toMatchObject({
      error: { data: { code: 'gateway/too_large' } },
    })
  })

  it('takes batches up to a number, and bodies up to a size', async () => {
    expect(await rpc(Array.from({ length: batchMax }, (_, id) => call('nothing', [], id)))).toHaveLength(batchMax)
    expect(await rpc(Array.from({ length: batchMax + 1 }, (_, id) => call('nothing', [], id)))).toMatchObject({
      id: null,
      error: { code: -32_600 },
    })
    expect(await rpc([])).toMatchObject({ error: { code: -32_600 } })
    expect((await node.post('/rpc', JSON.stringify(call('nothing')).padEnd(bodyBytesMax))).status).toBe(200)
    expect((await node.post('/rpc', JSON.stringify(call('nothing')).padEnd(bodyBytesMax + 1))).status).toBe(413)
  })

  it.each([
    ['{', -32_700],
    ['['.repeat(5_000), -32_700],
    [{}, -32_600],
    ['"x"', -32_600],
    [{ jsonrpc: '1.0', id: 1, method: 'turnpike_params' }, -32_600],
    [{ jsonrpc: '2.0', id: {}, method: 'turnpike_params' }, -32_600],
    [{ jsonrpc: '2.0', id: 1, method: 'turnpike_params', params: {} }, -32_602],
    [{ jsonrpc: '2.0', id: 1, method: 'eth_blockNumber' }, -32_601],
    [{ jsonrpc: '2.0', id: 1, method: '__proto__' }, -32_601],
  ])('T32 answers %j with error %d', async (body, code) => {
    expect(await rpc(body)).toMatchObject({ jsonrpc: '2.0', error: { code } })
  })
})

describe('/openapi.json', () => {
  it('describes exactly the routes that are served', async () => {
    const document = await node.ask('/openapi.json')
    expect(document.openapi).toBe('3.1.0')
    const described = Object.entries(document.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    )
    expect(described).toEqual(
      node.gateway.routes.map(
        ({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:([a-zA-Z]+)/g, '{$1}')}`,
      ),
    )
    expect(document).toEqual(JSON.parse(JSON.stringify(describeRoutes(node.gateway.routes))))
    expect(described.toSorted()).toEqual([
      'get /chain',
      'get /events',
      'get /health',
      'get /metrics',
      'get /openapi.json',
      'get /payments/{asset}/{payer}/{nonce}',
      'get /receipts/{operation}',
      'get /x402/supported',
      'post /faucet',
      'post /rpc',
      'post /x402/settle',
      'post /x402/verify',
    ])
  })

  it('names every parameter of every path', () => {
    for (const { path, parameters = [] } of node.gateway.routes) {
      const named = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
      expect(named).toEqual([...path.matchAll(/:([a-zA-Z]+)/g)].map(([, name]) => name))
    }
  })
})

describe('too much at once', () => {
  it('T152 is answered 503 with a time to wait, and what was taken is answered', async () => {
    const small = await openTestNode({ concurrencyMax: 4 })
    const payer = person('gateway flood')
    await small.fund(payer.address, 1_000_000n)
    const bodies = Array.from({ length: 50 }, () =>
      createPayment({ payer, payee: owner.address, now: small.now, amount: 10n }),
    )
    const answers = await Promise.all(bodies.map((body) => small.post('/x402/settle', body)))
    const served = answers.filter(({ status }) => status === 200)
    const turned = answers.filter(({ status }) => status === 503)
    expect(served.length + turned.length).toBe(50)
    expect(served.length).toBeGreaterThanOrEqual(3)
    expect(turned.length).toBeGreaterThan(0)
    for (const answer of served) expect(await answer.json()).toMatchObject({ success: true })
    for (const answer of turned) {
      expect(answer.headers.get('retry-after')).toBe('1')
      expect(await answer.json()).toMatchObject({ code: 'gateway/overloaded' })
    }
    expect(await small.balance(payer.address)).toBe(1_000_000n - BigInt(served.length) * 10n)
    expect((await small.get('/health')).status).toBe(200)
    await small.close()
  })
})

it('never lets the words of a caller into a header', async () => {
  const evil = 'x\r\nset-cookie: a=b'
  const responses = await Promise.all([
    node.get(`/payments/${encodeURIComponent(evil)}/x/y`),
    node.post('/x402/settle', {
      x402Version: 2,
      paymentPayload: { x402Version: 2, accepted: { scheme: evil, network: evil }, payload: {} },
      paymentRequirements: { scheme: evil, network: evil, amount: evil, asset: evil, payTo: evil },
    }),
    node.post('/rpc', call(evil)),
  ])
  for (const response of responses) for (const [, value] of response.headers) expect(value).not.toContain('cookie')
  expect(Text.toBytes(await responses[1].text()).length).toBeLessThan(1_000)
})
