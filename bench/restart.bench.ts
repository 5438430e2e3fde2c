// A restart: an engine with a million accounts in its checkpoint and a million operations in the log behind it. Signers are
// recorded in the log, so a restart verifies no signature; here they are made up, which costs the same.
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { createChain, createState, developmentModules, protocolOf } from '@turnpike/chain'
import { Address, createOp, Hash, installHashes, sha256 } from '@turnpike/chain/wire'
import type { AnyMessage, Definition, Op } from '@turnpike/chain/wire'
import * as faucet from '@turnpike/chain/wire/faucet'
import * as payments from '@turnpike/chain/wire/payments'
import { createMachine, openEmbeddedEngine } from '@turnpike/node'
import type { Engine } from '@turnpike/node'
import { describeMachine, renderTable, writeSection } from './report.ts'

const quick = process.argv.includes('--quick')
const accounts = quick ? 100_000 : 1_000_000
const operations = quick ? 100_000 : 1_000_000
const batch = 1_000
const never = 999_999_999_999
const validityMs = 55_000
/** So much time passes with each block, or the operator would have too many live nonces. */
const blockMs = 1_000
const dollar = Address.parse('0x7474747474747474747474747474747474747401')!
const operator = addressOf(0xffff_ffff)
const signature = { kind: 1, bytes: new Uint8Array(65) } as const
const machine = await createMachine({ level: 'error' })
installHashes(machine.hashes)
const app = createChain(developmentModules)
const assets = [{ symbol: 'pUSD', name: 'Turnpike USD', version: '1', decimals: 6, currency: 'USD', address: dollar }]

type Data = { readonly home: string; readonly time: number }

function addressOf(index: number): Address.Address {
  return Address.fromBytes(sha256(Uint8Array.of(index >>> 24, index >>> 16, index >>> 8, index)))
}

function genesisAt(time: number): unknown {
  const fixed = { format: 1, chainId: 402402, sequencer: Hash.zero, operator, tollAccount: operator }
  return { ...fixed, time, assets, params: {} }
}

type Opening = Data & {
  readonly checkpointBytes?: number
  readonly onReplay?: () => undefined
  readonly now?: () => number
}

function open({ home, time, now, ...options }: Opening): Promise<Engine> {
  const onFatal = (error: unknown): never => {
    throw error
  }
  const parts = now === undefined ? machine : { ...machine, clock: { ...machine.clock, now } }
  return openEmbeddedEngine({
    app,
    genesis: genesisAt(time),
    home,
    machine: parts,
    freeBytesMin: 0,
    onFatal,
    ...options,
  })
}

/** Hands in as many operations as asked for, in blocks of a thousand. */
async function submit(
  engine: Engine,
  count: number,
  create: (i: number) => readonly [Op, Address.Address],
): Promise<void> {
  for (let at = 0; at < count; at += batch) {
    now += blockMs
    const made = Array.from({ length: Math.min(batch, count - at) }, (_, i) => create(at + i))
    await Promise.all(made.map(([op, by]) => engine.submit(op, [by])))
  }
}

let now = 0
let nonces = 0
function nonce(): Hash.Hash {
  return `0x${(++nonces).toString(16).padStart(64, '0')}` as Hash.Hash
}

/** Accounts with money, and a checkpoint of them; then payments among them, and none. */
async function prepare(data: Data): Promise<void> {
  const { domains } = protocolOf(app, createState(app, genesisAt(data.time), [0, 0]))
  const create = (definition: Definition, message: AnyMessage): Op =>
    createOp(domains, { definition, message, signatures: [signature] })
  now = data.time
  const funded = await open({ ...data, now: () => now })
  await submit(funded, accounts, (i) => {
    const fields = { account: operator, nonce: nonce(), validBefore: now + validityMs }
    const message = { type: 'faucet/drip', to: addressOf(i), asset: dollar, amount: 900_000_000n, ...fields }
    return [create(faucet.drip, message), operator]
  })
  await funded.close()
  const paying = await open({ ...data, now: () => now, checkpointBytes: never })
  await submit(paying, operations, (i) => {
    const from = addressOf((i * 7919) % accounts)
    const validBefore = Math.floor((now + validityMs) / 1_000)
    const parties = { from, to: addressOf((i * 104_729 + 1) % accounts), value: 1_000n }
    const fields = { asset: dollar, ...parties, validAfter: 0, validBefore, nonce: nonce() }
    return [create(payments.transferWithAuthorization, { type: 'payments/transferWithAuthorization', ...fields }), from]
  })
  await paying.close()
}

if (!isMainThread) {
  const data = workerData as Data & { readonly step: 'prepare' | 'measure' }
  if (data.step === 'prepare') await prepare(data)
  else {
    const begin = performance.now()
    let loadedMs = 0
    let cpu = process.threadCpuUsage()
    const onReplay = (): undefined => {
      if (loadedMs > 0) return
      loadedMs = performance.now() - begin
      cpu = process.threadCpuUsage()
    }
    const engine = await open({ ...data, checkpointBytes: never, onReplay })
    const tookMs = performance.now() - begin
    const { user, system } = process.threadCpuUsage(cpu)
    const cpuUs = (user + system) / operations
    parentPort?.postMessage({ loadedMs, tookMs, cpuUs, height: engine.status().height })
    await engine.close()
  }
} else await measure()

type Measured = { readonly loadedMs: number; readonly tookMs: number; readonly cpuUs: number; readonly height: number }

function inThread(step: 'prepare' | 'measure', data: Data): Promise<Measured | undefined> {
  const worker = new Worker(fileURLToPath(import.meta.url), {
    workerData: { ...data, step },
    argv: process.argv.slice(2),
  })
  const { promise, resolve, reject } = Promise.withResolvers<Measured | undefined>()
  let measured: Measured | undefined
  worker.on('message', (message: Measured) => (measured = message))
  worker.on('error', reject)
  worker.on('exit', () => resolve(measured))
  return promise
}

async function measure(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'turnpike-restart-'))
  try {
    const data = { home, time: Date.now() - ((accounts + operations) / batch + 2) * blockMs }
    await inThread('prepare', data)
    const { loadedMs, tookMs, cpuUs, height } = (await inThread('measure', data))!
    const rows = [
      ['checkpoint', accounts.toLocaleString('en'), (loadedMs / 1_000).toFixed(1)],
      ['log behind it', operations.toLocaleString('en'), ((tookMs - loadedMs) / 1_000).toFixed(1)],
      ['whole restart', '', (tookMs / 1_000).toFixed(1)],
    ]
    const table = renderTable(['part', 'accounts, operations', 'seconds'], rows)
    const load = loadavg()
      .map((of) => of.toFixed(2))
      .join(' ')
    const summary = `height ${height}; ${cpuUs.toFixed(1)} us of CPU per operation of the log; load ${load}; ${describeMachine()}`
    console.log(`${summary}\n\n${table}`)
    if (quick) return
    const markdown = `## A restart\n\n\`npm run bench -- restart\`: engine alone, history not included. ${summary}.\n\n${table}`
    writeSection({ name: 'restart', markdown, figures: { accounts, operations, loadedMs, tookMs, cpuUs } })
  } finally {
    rmSync(home, { recursive: true })
  }
}
