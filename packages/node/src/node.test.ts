// Real nodes on real sockets and directories: how they start, what they refuse, and that a restart loses nothing.
import { mkdtemp, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { person } from '@turnpike/chain/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Answered } from '../testing/gateway.ts'
import { createPayment } from '../testing/payment.ts'
import { createConfig, examine, startNode } from './index.ts'
import type { Node, NodeConfig } from './index.ts'

let home = ''
let nodes: Node[] = []
beforeEach(async () => {
  home = join(await mkdtemp(join(tmpdir(), 'node-')), 'home')
  nodes = []
})
afterEach(async () => {
  for (const node of nodes) await node.close()
  await rm(join(home, '..'), { recursive: true })
})

async function start(config: Partial<NodeConfig> = { dev: true }): Promise<Node> {
  const node = await startNode(createConfig({ home, port: 0, segmentBytes: 4_194_304, logLevel: 'error', ...config }))
  nodes.push(node)
  return node
}

async function stop(node: Node): Promise<void> {
  nodes = nodes.filter((other) => other !== node)
  await node.close()
}

async function post(node: Node, path: string, body: unknown): Promise<Answered> {
  const response = await fetch(`${node.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return response.json()
}

const genesis = {
  format: 1,
  chainId: 990_001,
  operator: person('genesis operator').address,
  tollAccount: person('genesis toll').address,
  assets: [{ symbol: 'USDX', name: 'X', version: '1', decimals: 6, currency: 'USD', address: `0x${'ab'.repeat(20)}` }],
  params: {},
}

async function writeGenesis(document: unknown): Promise<string> {
  const path = join(home, '..', 'genesis.json')
  await writeFile(path, JSON.stringify(document))
  return path
}

describe('a development node', () => {
  it('serves payments over HTTP, and goes on where it was', async () => {
    const [payer, payee] = [person('node payer'), person('node payee')]
    const first = await start()
    expect(first).toMatchObject({ chainId: 402_402, pagesUrl: `${first.url}/` })
    await post(first, '/faucet', { address: payer.address, amount: '5000' })
    const body = createPayment({ payer, payee: payee.address, now: Date.now() })
    expect(await post(first, '/x402/verify', body)).toEqual({ isValid: true, payer: payer.address })
    const answer = await post(first, '/x402/settle', body)
    expect(answer).toMatchObject({ success: true })
    const height = first.height()
    await stop(first)
    const second = await start()
    expect([second.genesis, second.height()]).toEqual([first.genesis, height])
    expect(await post(second, '/x402/settle', body)).toEqual(answer)
    await stop(second)
    expect(await examine({ home })).toMatchObject({ ok: true, height, violations: [] })
  })

  it('keeps its secrets for its owner alone', async () => {
    await stop(await start())
    expect((await stat(home)).mode & 0o777).toBe(0o700)
    for (const name of ['sequencer.key', 'operator.key', 'operator.token', 'genesis.json'])
      expect((await stat(join(home, name))).mode & 0o777).toBe(0o600)
    expect(await readFile(join(home, 'operator.token'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
  })

  it('asks no token on loopback, and one where others reach it', async () => {
    const ask = (node: Node, headers = {}): Promise<Answered> =>
      fetch(`${node.url.replace('0.0.0.0', '127.0.0.1')}/rpc`, {
        method: 'POST',
        headers,
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'turnpike_query',
          params: ['policy/refusals', { account: person('a').address }],
        }),
      }).then((response) => response.json())
    const local = await start()
    expect(await ask(local)).toMatchObject({ result: { refusals: [] } })
    await stop(local)
    const open = await start({ dev: true, devPublic: true, host: '0.0.0.0' })
    expect(await ask(open)).toMatchObject({ error: { data: { code: 'accounts/not_yours' } } })
    const token = open.pagesUrl.split('#')[1]
    expect(await ask(open, { authorization: `Bearer ${token}` })).toMatchObject({ result: { refusals: [] } })
  })

  it('answers only under the name of its machine', async () => {
    const node = await start()
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const call = request(
        { host: '127.0.0.1', port: node.port, path: '/chain', headers: { host: 'rebound.example' } },
        (response) => {
          response.resume()
          resolve(response.statusCode)
        },
      )
      call.on('error', reject)
      call.end()
    })
    expect(status).toBe(421)
  })

  it('is the only one on its directory, and on its port', async () => {
    const node = await start()
    await expect(start()).rejects.toMatchObject({ code: 'node/locked' })
    await expect(examine({ home })).rejects.toMatchObject({ code: 'node/locked' })
    const other = join(home, '..', 'other')
    await expect(start({ dev: true, home: other, port: node.port })).rejects.toMatchObject({
      code: 'node/address_in_use',
    })
    // What did not start has given everything back.
    await stop(await start({ dev: true, home: other }))
  })

  it('does not make up keys that its chain depends on, and takes no others', async () => {
    await stop(await start())
    const key = join(home, 'operator.key')
    await rename(key, `${key}.old`)
    await expect(start()).rejects.toMatchObject({ code: 'node/key_missing' })
    await writeFile(key, `0x${'01'.repeat(32)}\n`)
    await expect(start()).rejects.toMatchObject({ code: 'node/wrong_key' })
    await rename(`${key}.old`, key)
    await stop(await start())
    await unlink(join(home, 'operator.token'))
    await stop(await start()) // Nothing depends on a token: there is a new one.
  })

  it('is not started without --dev, nor another chain with it', async () => {
    await stop(await start())
    await expect(start({})).rejects.toMatchObject({ code: 'node/chain_id' })
  })
})

describe('any other node', () => {
  it('starts from a genesis document, asks a token, and has no faucet', async () => {
    const genesisFile = await writeGenesis(genesis)
    const node = await start({ genesisFile })
    expect(node.chainId).toBe(990_001)
    expect(node.pagesUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#[0-9a-f]{64}$/)
    expect(await post(node, '/faucet', { address: genesis.operator })).toMatchObject({ status: 404 })
    await stop(node)
    const again = await start({ genesisFile })
    expect(again.genesis).toBe(node.genesis)
    await stop(again)
    await stop(await start({})) // The directory knows its chain.
    await expect(start({ dev: true })).rejects.toMatchObject({
      code: expect.stringMatching(/^node\/(chain_id|key_missing)$/),
    })
  })

  it('refuses a second, different genesis', async () => {
    await stop(await start({ genesisFile: await writeGenesis(genesis) }))
    await expect(start({ genesisFile: await writeGenesis({ ...genesis, chainId: 990_002 }) })).rejects.toMatchObject({
      code: 'engine/other_genesis',
    })
  })

  it.each([1, 8453, 84_532, 402_402])('refuses the public chain id %d', async (chainId) => {
    await expect(start({ genesisFile: await writeGenesis({ ...genesis, chainId }) })).rejects.toMatchObject({
      code: 'node/chain_id',
    })
  })

  it('needs a genesis document, and one that is valid', async () => {
    await expect(start({})).rejects.toMatchObject({ code: 'engine/no_genesis' })
    await expect(start({ genesisFile: join(home, 'nothing.json') })).rejects.toMatchObject({
      code: 'node/genesis_file',
    })
    await expect(start({ genesisFile: await writeGenesis([]) })).rejects.toThrow()
    await expect(start({ genesisFile: await writeGenesis({ ...genesis, assets: 'none' }) })).rejects.toThrow('assets')
    await expect(
      start({ genesisFile: await writeGenesis({ ...genesis, sequencer: `0x${'11'.repeat(32)}` }) }),
    ).rejects.toMatchObject({ code: 'node/wrong_key' })
  })
})

describe('a node that stops', () => {
  it('answers what is in progress, and has it on the disk', async () => {
    const [payer, payee] = [person('stop payer'), person('stop payee').address]
    const node = await start()
    await post(node, '/faucet', { address: payer.address, amount: '100000' })
    const bodies = Array.from({ length: 50 }, () => createPayment({ payer, payee, now: Date.now(), amount: 10n }))
    const settling = bodies.map((body) =>
      post(node, '/x402/settle', body).then(
        ({ success }) => (success === true ? 'settled' : 'not now'),
        () => 'not now',
      ),
    )
    await Promise.race(settling)
    await stop(node)
    const answers = await Promise.all(settling)
    const again = await start()
    for (const [i, body] of bodies.entries()) {
      if (answers[i] !== 'settled') continue
      const { from, nonce } = body.paymentPayload.payload.authorization
      const response = await fetch(
        `${again.url}/payments/${String(body.paymentRequirements['asset'])}/${String(from)}/${String(nonce)}`,
      )
      expect(await response.json()).toMatchObject({ status: 'settled' })
    }
    expect(answers).toContain('settled')
  })
})
