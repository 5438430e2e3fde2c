// The examples, run as their readers run them: each a process of its own, against a real node.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createConfig, startNode, type Node } from '@turnpike/node'
import {
  createClient,
  freezeAgent,
  generatePrivateKey,
  getBalance,
  getPayments,
  privateKeyAccount,
  type Client,
} from '@turnpike/sdk'

let node: Node
let home: string
let client: Client
const children = new Set<ChildProcess>()

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'turnpike-examples-'))
  node = await startNode(createConfig({ home, port: 0, dev: true, logLevel: 'error', segmentBytes: 2_097_152 }))
  client = createClient({ url: node.url })
})

afterAll(async () => {
  for (const child of children) child.kill()
  await node.close()
  await rm(home, { recursive: true })
})

type Running = {
  readonly firstLine: Promise<string>
  readonly ended: Promise<{ readonly exitCode: number | null; readonly output: string }>
}

/** Starts an example with nothing in its environment but what it names. */
function start(example: string, variables: Readonly<Record<string, string>>, ...words: readonly string[]): Running {
  const file = fileURLToPath(new URL(`../examples/${example}.ts`, import.meta.url))
  const env = { PATH: process.env['PATH'], NODE_URL: node.url, ...variables }
  const child = spawn(process.execPath, ['--conditions=@turnpike/source', file, ...words], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  const line = Promise.withResolvers<string>()
  const end = Promise.withResolvers<{ exitCode: number | null; output: string }>()
  let output = ''
  const take = (chunk: Buffer): void => {
    output += chunk.toString()
    if (output.includes('\n')) line.resolve(output.split('\n')[0]!)
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  child.on('close', (exitCode) => {
    children.delete(child)
    line.reject(new Error(`${example} ended: ${output}`))
    end.resolve({ exitCode, output })
  })
  line.promise.catch(() => undefined)
  return { firstLine: line.promise, ended: end.promise }
}

it('an owner makes an agent, a seller prices an API, the agent pays until its owner freezes it, the seller gives back', async () => {
  const [ownerKey, agentKey, sellerKey] = [generatePrivateKey(), generatePrivateKey(), generatePrivateKey()]
  const [owner, seller] = [privateKeyAccount(ownerKey), privateKeyAccount(sellerKey)]

  const made = await start('owner', { OWNER_KEY: ownerKey, AGENT_KEY: agentKey }).ended
  expect(made).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining('Cap payment: at most 0.05 USD in one payment.') as string,
  })
  const agent = /agent (0x[0-9a-f]{40})/.exec(made.output)![1]!

  const url = await start('seller', { PAY_TO: seller.address, PORT: '0' }).firstLine
  const asking = { AGENT_KEY: agentKey, API_URL: `${url}?text=hello` }
  expect(await start('agent', asking).ended).toEqual({ exitCode: 0, output: '{"echo":"hello"}\n' })
  expect((await getBalance(client, { account: agent })).available).toBe(1_990_000n)
  expect((await getBalance(client, { account: seller.address })).available).toBe(9_990n)

  await freezeAgent(client, { agent, owner })
  const refused = await start('agent', asking).ended
  expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining('is frozen') as string })
  const payments = await getPayments(client, { account: seller.address, role: 'payee' })
  expect(payments).toHaveLength(1)

  // Frozen or not, what comes back arrives; and a second call brings nothing more.
  const refund = () => start('refund', { SELLER_KEY: sellerKey }, payments[0]!.operation, '0.004').ended
  const sum = 'back, 0.004 pUSD of 0.01 pUSD in all.\n'
  expect(await refund()).toEqual({ exitCode: 0, output: `0.004 pUSD went ${sum}` })
  expect(await refund()).toEqual({ exitCode: 0, output: `0.004 pUSD had gone ${sum}` })
  expect((await getBalance(client, { account: agent })).available).toBe(1_994_000n)
  expect((await getBalance(client, { account: seller.address })).available).toBe(5_990n)
})

it('a buyer pays with every call until a cap ends it, and says which and when it fits again', async () => {
  const [agentKey, sellerKey] = [generatePrivateKey(), generatePrivateKey()]
  const seller = privateKeyAccount(sellerKey)
  expect(await start('owner', { OWNER_KEY: generatePrivateKey(), AGENT_KEY: agentKey }).ended).toMatchObject({
    exitCode: 0,
  })
  const url = await start('seller', { PAY_TO: seller.address, PORT: '0' }).firstLine
  const { exitCode, output } = await start('buyer', { AGENT_KEY: agentKey, API_URL: url }).ended
  const lines = output.trimEnd().split('\n')
  expect([exitCode, lines.length, lines[0]]).toEqual([0, 102, '0.01: {"echo":"1"}'])
  expect(lines[100]).toContain('Refused by the ledger: Cap day has 0.00 USD left and this costs 0.01 USD.')
  expect(lines[101]).toMatch(/^It fits again at \d{4}-/)
  const agent = privateKeyAccount(agentKey).address
  expect((await getBalance(client, { account: agent })).available).toBe(1_000_000n)
  expect((await getBalance(client, { account: seller.address })).available).toBe(999_000n)
})
