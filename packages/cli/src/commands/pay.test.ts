// pay, against a node that another command runs and a shop with the official middleware.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient, generatePrivateKey, getAsset, privateKeyAccount } from '@turnpike/sdk'
import { createSeller, openPort } from '../demo/seller.ts'
import { begin, call, callJson, type Calling } from '../surroundings.fixture.ts'

const [ownerKey, agentKey] = [generatePrivateKey(), generatePrivateKey()]
const payee = privateKeyAccount(generatePrivateKey()).address
let home: string
let node: Calling
let shop: Server
let shopUrl: string
let environment: Record<string, string>

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'turnpike-pay-'))
  node = begin(['up', '--dev', '--port', '0', '--json'], { TURNPIKE_HOME: home, TURNPIKE_LOG_LEVEL: 'error' })
  const { url } = JSON.parse(await node.firstLine) as { readonly url: string }
  environment = {
    TURNPIKE_HOME: home,
    TURNPIKE_URL: url,
    TURNPIKE_OWNER_KEY: ownerKey,
  }
  const chain = await createClient({ url }).chain()
  const terms = { network: chain.network, asset: getAsset(chain, undefined), price: 10_000n, payTo: payee }
  shop = await openPort({ host: '127.0.0.1', port: 0 })
  shop.on('request', createSeller({ ...terms, facilitatorUrl: `${url}/x402` }))
  shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`
  await call(['wallet', 'fund', privateKeyAccount(ownerKey).address, '--amount', '1'], environment)
  const creating = ['agent', 'create', 'buyer', '--no-password', '--lifetime', '0.02']
  expect((await call(creating, environment)).exitCode).toBe(0)
  expect((await call(['wallet', 'send', 'buyer', '0.50'], environment)).exitCode).toBe(0)
})

afterAll(async () => {
  shop.closeAllConnections()
  shop.close()
  node.signal()
  await node.ended
  await rm(home, { recursive: true })
})

const balances = async (): Promise<readonly unknown[]> => {
  const shown = await Promise.all(['buyer', payee].map((who) => callJson(['wallet', 'show', who], environment)))
  return shown.map(({ json }) => (json['balances'] as { readonly available: string }[])[0]!.available)
}

it('pays what an address costs, says so by the ledger’s word, and marks the answer as a stranger’s (T104)', async () => {
  const { exitCode, json } = await callJson(['pay', `${shopUrl}/factors?number=360`, '--agent', 'buyer'], environment)
  expect(exitCode).toBe(0)
  expect(Object.keys(json)).toEqual(['status', 'paid', 'untrusted'])
  expect(json).toMatchObject({
    status: 200,
    paid: { status: 'settled', amount: '10000', asset: 'pUSD', payee },
    untrusted: { body: expect.stringContaining('[2,2,2,3,3,5]') as string, isTruncated: false },
  })
  const { operation } = json['paid'] as { readonly operation: string }
  expect((await callJson(['receipts', operation], environment)).exitCode).toBe(0)
  expect(await balances()).toEqual(['0.49', '0.00999'])

  const text = await call(['pay', `${shopUrl}/factors?number=7`, '--agent', 'buyer'], environment)
  expect(text).toMatchObject({ exitCode: 0, stderr: '' })
  expect(text.stdout).toContain(`paid       yes: 0.01 pUSD to ${payee}`)
  expect(await balances()).toEqual(['0.48', '0.01998'])
})

it('says why not, with the values that matter', async () => {
  const argv = ['pay', `${shopUrl}/factors?number=7`, '--agent', 'buyer']
  expect(await callJson([...argv, '--max', '0.005'], environment)).toMatchObject({
    exitCode: 1,
    json: { error: { code: 'sdk/over_budget', values: { amount: '10000', max: '5000' } } },
  })
  expect(await callJson(argv, environment)).toMatchObject({
    exitCode: 1,
    json: {
      error: {
        code: 'policy/cap_lifetime',
        message: expect.stringContaining('Refused by the ledger: Cap life has 0.00 USD left') as string,
        values: { capId: 'life', remaining: '0' },
      },
    },
  })
  expect(await balances()).toEqual(['0.48', '0.01998'])
})

it('pays with the key of the variable, sends what it is told to, and exits with 1 for what the shop turns away', async () => {
  const variables = { ...environment, TURNPIKE_AGENT_KEY: agentKey }
  const made = await callJson(['agent', 'create', 'second'], variables)
  await call(['wallet', 'send', String(made.json['agent']), '0.05'], environment)
  const tour = ['pay', `${shopUrl}/factors?number=no`, '--method', 'get', '--header', 'accept: text/plain\nx-a: b']
  expect(await callJson(tour, variables)).toMatchObject({
    exitCode: 1,
    json: { status: 400, paid: { status: 'held', payer: privateKeyAccount(agentKey).address } },
  })
  expect(await balances()).toEqual(['0.48', '0.01998'])
})

it('shows what was bought and by which payment when the ledger does not answer afterwards', async () => {
  const variables = { ...environment, TURNPIKE_AGENT_KEY: agentKey }
  const silent = await openPort({ host: '127.0.0.1', port: 0 })
  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url!.startsWith('/payments/')) return void response.writeHead(503).end()
    const { method = 'GET', headers } = request
    const body = method === 'GET' ? {} : { body: await buffer(request) }
    const type = headers['content-type'] ?? 'application/json'
    const answer = await fetch(environment['TURNPIKE_URL'] + request.url!, {
      method,
      headers: { 'content-type': type },
      ...body,
    })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  }
  silent.on('request', (request, response) => void forward(request, response))
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const argv = ['pay', `${shopUrl}/factors?number=9`]
  const { exitCode, json } = await callJson(argv, { ...variables, TURNPIKE_URL: url })
  expect({ exitCode, json }).toMatchObject({
    exitCode: 0,
    json: { status: 200, paid: { status: 'unasked', amount: '10000' }, untrusted: { isTruncated: false } },
  })
  const text = await call(argv, { ...variables, TURNPIKE_URL: url })
  expect(text).toMatchObject({ exitCode: 0, stderr: '' })
  expect(text.stdout).toContain('[3,3]')
  const again = /^ask again +turnpike (receipts 0x[0-9a-f]{64})$/m.exec(text.stdout)![1]!
  expect((await call(again.split(' '), environment)).exitCode).toBe(0)
  silent.closeAllConnections()
  silent.close()
})

it('fetches what is free, and is told how it is used', async () => {
  expect(await callJson(['pay', `${shopUrl}/nothing`, '--agent', 'buyer'], environment)).toMatchObject({
    exitCode: 1,
    json: { status: 404, paid: null },
  })
  for (const argv of [['pay', shopUrl], ['pay', shopUrl, '--agent', 'buyer', '--header', 'no header'], ['pay']])
    expect(await callJson(argv, environment)).toMatchObject({ exitCode: 2, json: { error: { code: 'cli/usage' } } })
})
