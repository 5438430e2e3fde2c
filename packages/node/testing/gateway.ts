// A whole node without its socket, for tests of rails and gateway: real disk, real log, real threads; only the clock is the test's.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createChain, developmentModules, parseGenesis } from '@turnpike/chain'
import { genesisDocument, operator } from '@turnpike/chain/testing'
import { openEmbeddedEngine } from '../src/engine/embedded/openEmbeddedEngine.ts'
import { openGenesis } from '../src/engine/genesisFile.ts'
import { createAssets } from '../src/gateway/assets.ts'
import { createGateway } from '../src/gateway/gateway.ts'
import type { Gateway } from '../src/gateway/gateway.ts'
import type { Ledger } from '../src/ledger/ledger.ts'
import { openLedger } from '../src/ledger/openLedger.ts'
import { createMachine } from '../src/machine/createMachine.ts'
import { createMetrics } from '../src/machine/metrics.ts'
import type { Machine } from '../src/machine/Machine.ts'
import { createTurnpikeRail } from '../src/rails/turnpike/turnpike.ts'
import { createVerifier } from '../src/signatures/pool.ts'
import { createFetch } from './fetch.ts'

export type GatewayOptions = {
  readonly params?: { readonly [name: string]: unknown }
  readonly token?: string
  /** Whether no token is asked. */
  readonly open?: boolean
  readonly development?: boolean
  readonly concurrencyMax?: number
  readonly streamsMax?: number
}

/** The JSON of an answer, of which a test says what it expects. */
// oxlint-disable-next-line typescript/no-explicit-any -- what comes of a wrong shape is a failed expectation, which is the point
export type Answered = any

/** A node under test. */
export type TestNode = {
  readonly ledger: Ledger
  readonly gateway: Gateway
  readonly home: string
  /** The clock, in ms; it stands still until the test moves it. */
  now: number
  /** What the disk has left; undefined: what it really has. */
  freeBytes: number | undefined
  get(path: string, headers?: { readonly [name: string]: string }): Promise<Response>
  post(path: string, body: unknown, headers?: { readonly [name: string]: string }): Promise<Response>
  /** The JSON of an answer. */
  ask(path: string, body?: unknown): Promise<Answered>
  fund(address: string, amount: bigint): Promise<void>
  balance(address: string): Promise<bigint>
  /** Stops in order and starts on the same directory. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** When the tests' chain begins, and its first blocks a second later. */
const start = 1_800_000_001_000

/** Opens a development node in a directory of its own. */
export async function openTestNode(options: GatewayOptions = {}): Promise<TestNode> {
  const home = await mkdtemp(join(tmpdir(), 'gateway-'))
  const real = await createMachine({ level: 'error' })
  const node = { now: start, home } as { -readonly [name in keyof TestNode]: TestNode[name] }
  const machine = (): Machine => ({
    ...real,
    metrics: createMetrics(),
    clock: { ...real.clock, now: () => node.now },
    disk: { ...real.disk, getFreeBytes: async (path) => node.freeBytes ?? real.disk.getFreeBytes(path) },
  })
  const verifier = createVerifier({ threads: real.threads, clock: real.clock, workers: 1, onFailure: raise })
  const run = async (): Promise<void> => {
    Object.assign(node, await compose({ options, home, machine: machine(), verifier }))
  }
  const stop = async (): Promise<void> => {
    node.gateway.close()
    await node.ledger.close()
  }
  await run()
  node.get = (path, headers = {}) =>
    createFetch(node.gateway.serve)(new Request(`http://127.0.0.1:4020${path}`, { headers }))
  node.post = (path, body, headers = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const length = String(new TextEncoder().encode(text).length)
    const all = { 'content-type': 'application/json', 'content-length': length, ...headers }
    return createFetch(node.gateway.serve)(
      new Request(`http://127.0.0.1:4020${path}`, { method: 'POST', headers: all, body: text }),
    )
  }
  node.ask = async (path, body) => (await (body === undefined ? node.get(path) : node.post(path, body))).json()
  node.fund = async (address, amount) => {
    const response = await node.post('/faucet', { address, amount: amount.toString() })
    if (response.status !== 200) throw new Error(`the faucet answered ${await response.text()}`)
  }
  node.balance = async (address) => {
    const { result } = await node.ask('/rpc', {
      jsonrpc: '2.0',
      id: 1,
      method: 'turnpike_query',
      params: ['bank/balance', { account: address, asset: genesisAsset }],
    })
    return BigInt(result.available)
  }
  node.restart = async () => {
    await stop()
    await run()
  }
  node.close = async () => {
    await stop()
    await verifier.close()
    await rm(home, { recursive: true })
  }
  return node
}

const genesisAsset = '0x7474747474747474747474747474747474747401'

function raise(error: unknown): never {
  throw error
}

type Parts = {
  readonly options: GatewayOptions
  readonly home: string
  readonly machine: Machine
  readonly verifier: ReturnType<typeof createVerifier>
}

async function compose({
  options,
  home,
  machine,
  verifier,
}: Parts): Promise<{ readonly ledger: Ledger; readonly gateway: Gateway }> {
  const app = createChain(developmentModules)
  const genesis = await openGenesis({ disk: machine.disk, home, app, given: genesisDocument(options.params) })
  const ledger = await openLedger({
    app,
    genesis,
    home,
    machine,
    verifier,
    openEngine: (hooks) =>
      openEmbeddedEngine({ app, genesis, home, machine, segmentBytes: 4_194_304, onFatal: raise, ...hooks }),
    onFatal: raise,
  })
  const {
    token = 'test-operator-token',
    open = false,
    development = true,
    concurrencyMax = 2_048,
    streamsMax = 256,
  } = options
  const gateway = createGateway({
    ledger,
    rail: createTurnpikeRail({ ledger, random: machine.random }),
    genesis: parseGenesis(genesis),
    machine,
    assets: createAssets(machine.disk, undefined),
    operator: { token, open },
    development: development ? { key: operator.key, hosts: [] } : undefined,
    concurrencyMax,
    streamsMax,
  })
  return { ledger, gateway }
}
