// refund against a real node: the sum shown, nothing given back twice, and the refusals of the SDK.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createConfig, startNode, type Node } from '@turnpike/node'
import {
  charge,
  createClient,
  generatePrivateKey,
  getBalance,
  privateKeyAccount,
  requestFaucet,
  usd,
  type Client,
} from '@turnpike/sdk'
import { call, callJson } from '../surroundings.fixture.ts'

let node: Node
let home: string
let client: Client
const buyer = privateKeyAccount(generatePrivateKey())

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'turnpike-refund-'))
  node = await startNode(createConfig({ home, port: 0, dev: true, logLevel: 'error', segmentBytes: 2_097_152 }))
  client = createClient({ url: node.url })
  await requestFaucet(client, { address: buyer.address, amount: usd('5') })
})

afterAll(async () => {
  await node.close()
  await rm(home, { recursive: true })
})

const buyerHas = async (): Promise<bigint> => (await getBalance(client, { account: buyer.address })).available

it('shows the sum, repeats nothing, and refuses as the SDK does', async () => {
  const sellerKey = generatePrivateKey()
  const seller = privateKeyAccount(sellerKey)
  const { operation } = await charge(client, { signer: buyer, payee: seller.address, amount: usd('2') })
  const before = await buyerHas()
  const environment = { TURNPIKE_URL: node.url, TURNPIKE_OWNER_KEY: sellerKey, TURNPIKE_HOME: home }
  const first = await callJson(['refund', operation, '0.5'], environment)
  expect(first).toMatchObject({
    exitCode: 0,
    json: { payment: operation, asset: 'pUSD', amount: '500000', refunded: '500000', paid: '2000000', repeated: false },
  })
  const again = await call(['refund', operation, '0.50'], environment)
  expect(again.stdout).toContain('nothing was moved now. 0.50 pUSD of 2.00 pUSD was refunded.')
  expect(again.stdout).toContain(String(first.json['operation']))
  const once = await callJson(['refund', operation, '0.5', '--refunded-before', '0.50'], environment)
  expect(once).toMatchObject({ exitCode: 0, json: { refunded: '1000000', repeated: false } })
  expect(await callJson(['refund', operation, '1.01'], environment)).toMatchObject({
    exitCode: 1,
    json: { error: { code: 'sdk/refund_too_much', values: { left: '1000000', asked: '1010000' } } },
  })
  const stranger = { ...environment, TURNPIKE_OWNER_KEY: generatePrivateKey() }
  expect(await callJson(['refund', operation], stranger)).toMatchObject({
    exitCode: 1,
    json: { error: { code: 'sdk/not_the_payee' } },
  })
  expect((await call(['refund', '0x12'], environment)).exitCode).toBe(2)
  expect(await buyerHas()).toBe(before + 1_000_000n)
})
