// A restart: an engine with a million accounts in its checkpoint and a million operations in the log behind it. Signers are
// recorded in the log, so a restart verifies no signature; here they are made up, which costs the same. And what a payment
// has to wait for while a checkpoint of that state is written, beside the same without one.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { createChain, createState, developmentModules, protocolOf } from '@turnpike/chain'
import { Address, createOp, Hash, installHashes, sha256 } from '@turnpike/chain/wire'
import type { AnyMessage, Definition, Op } from '@turnpike/chain/wire'
import * as faucet from '@turnpike/chain/wire/faucet'
import * as payments from '@turnpike/chain/wire/payments'
import { createMachine, openEmbeddedEngine } from '@turnpike/node'
import type { Engine, LogFields, Machine } from '@turnpike/node'
import { describeLoad, describeMachine, renderTable, writeSection } from './report.ts'
import { percentile } from './unit.ts'

const quick = process.argv.includes('--quick')
const accounts = quick ? 100_000 : 1_000_000
const operations = quick ? 100_000 : 1_000_000
const batch = 1_000
const never = 999_999_999_999
const validityMs = 55_000
/** So much time passes with each block, or the operator would have too many live nonces. */
const blockMs = 1_000
const serveMs = quick ? 8_000 : 30_000
/** And longer until a checkpoint was written, which waits until the mirror has loaded. */
const checkpointMs = 60_000
const lines = 16
const dollar = Address.parse('0x7474747474747474747474747474747474747401')!
const operator = addressOf(0xffff_ffff)
const signature = { kind: 1, bytes: new Uint8Array(65) } as const
const machine = await createMachine({ level: 'warn' })
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
  readonly logger?: Machine['logger']
}

function open({ home, time, now, logger = machine.logger, ...options }: Opening): Promise<Engine> {
  const onFatal = (error: unknown): never => {
    throw error
  }
  const parts = { ...machine, logger, ...(now && { clock: { ...machine.clock, now } }) }
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

type Create = (definition: Definition, message: AnyMessage) => Op

function creating(data: Data): Create {
  const { domains } = protocolOf(app, createState(app, genesisAt(data.time), [0, 0]))
  return (definition, message) => createOp(domains, { definition, message, signatures: [signature] })
}

function createPayment(create: Create, i: number): readonly [Op, Address.Address] {
  const from = addressOf((i * 7919) % accounts)
  const validBefore = Math.floor((now + validityMs) / 1_000)
  const parties = { from, to: addressOf((i * 104_729 + 1) % accounts), value: 1_000n }
  const fields = { asset: dollar, ...parties, validAfter: 0, validBefore, nonce: nonce() }
  return [create(payments.transferWithAuthorization, { type: 'payments/transferWithAuthorization', ...fields }), from]
}

/** Accounts with money, and a checkpoint of them; then payments among them, and none. */
async function prepare(data: Data): Promise<void> {
  const create = creating(data)
  now = data.time
  const funded = await open({ ...data, now: () => now })
  await submit(funded, accounts, (i) => {
    const fields = { account: operator, nonce: nonce(), validBefore: now + validityMs }
    const message = { type: 'faucet/drip', to: addressOf(i), asset: dollar, amount: 900_000_000n, ...fields }
    return [create(faucet.drip, message), operator]
  })
  await funded.close()
  const paying = await open({ ...data, now: () => now, checkpointBytes: never })
  await submit(paying, operations, (i) => createPayment(create, i))
  await paying.close()
}

type Restart = { readonly loadedMs: number; readonly tookMs: number; readonly cpuMs: number; readonly height: number }

async function restart(data: Data): Promise<Restart> {
  const begin = performance.now()
  let loadedMs = 0
  const cpu = process.threadCpuUsage()
  const onReplay = (): undefined => {
    if (loadedMs === 0) loadedMs = performance.now() - begin
  }
  const engine = await open({ ...data, checkpointBytes: never, onReplay })
  const tookMs = performance.now() - begin
  if (loadedMs === 0) loadedMs = tookMs // Nothing was left to be executed.
  const { user, system } = process.threadCpuUsage(cpu)
  const { height } = engine.status()
  await engine.close()
  return { loadedMs, tookMs, cpuMs: (user + system) / 1_000, height }
}

type Waits = { readonly quiet: readonly number[]; readonly writing: readonly number[]; readonly checkpoints: number }

/** Payments one after the other in a few lines, each until it is durable, while checkpoints come and go. */
async function serve(data: Data): Promise<Waits> {
  const create = creating(data)
  nonces = 2 ** 40
  const windows: { readonly from: number; readonly to: number }[] = []
  const info = (_: string, fields: LogFields = {}): void => {
    if (fields['tookMs'] === undefined) return
    const to = performance.now()
    windows.push({ from: to - Number(fields['tookMs']), to })
  }
  const engine = await open({ ...data, logger: { ...machine.logger, info } })
  const waits: { readonly at: number; readonly tookMs: number }[] = []
  const end = performance.now() + serveMs
  const lastEnd = end + (quick ? 0 : checkpointMs)
  let count = 0
  const line = async (): Promise<void> => {
    while (performance.now() < end || (windows.length === 0 && performance.now() < lastEnd)) {
      now = Date.now()
      const [op, by] = createPayment(create, count++)
      const at = performance.now()
      await engine.submit(op, [by])
      waits.push({ at, tookMs: performance.now() - at })
    }
  }
  await Promise.all(Array.from({ length: lines }, line))
  const isWriting = (at: number): boolean => windows.some(({ from, to }) => at >= from && at <= to)
  await engine.close() // What was being written until now is told of.
  const [writing, quiet] = [waits.filter(({ at }) => isWriting(at)), waits.filter(({ at }) => !isWriting(at))]
  return {
    quiet: quiet.map(({ tookMs }) => tookMs),
    writing: writing.map(({ tookMs }) => tookMs),
    checkpoints: windows.length,
  }
}

const steps = { prepare, restart, serve }

if (!isMainThread) {
  const { step, ...data } = workerData as Data & { readonly step: keyof typeof steps }
  parentPort?.postMessage(await steps[step](data))
} else await measure()

/** What lies on the disk so that a start need not execute what it saves, per payment. */
function redoBytes(home: string): number {
  const files = readdirSync(home).filter((name) => name.startsWith('redo-'))
  return files.reduce((sum, name) => sum + statSync(join(home, name)).size, 0) / operations
}

/** Runs a step in a thread of its own, so that none inherits another's heap. */
function inThread<S extends keyof typeof steps>(step: S, data: Data): Promise<Awaited<ReturnType<(typeof steps)[S]>>> {
  const worker = new Worker(fileURLToPath(import.meta.url), {
    workerData: { ...data, step },
    argv: process.argv.slice(2),
  })
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<(typeof steps)[S]>>>()
  worker.on('message', resolve)
  worker.on('error', reject)
  return promise
}

async function measure(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'turnpike-restart-'))
  try {
    const data = { home, time: Date.now() - ((accounts + operations) / batch + 2) * blockMs }
    await inThread('prepare', data)
    const bytes = redoBytes(home)
    const restarted = { ...(await inThread('restart', data)), bytes }
    const waits = await inThread('serve', data)
    report(restarted, waits)
  } finally {
    rmSync(home, { recursive: true })
  }
}

type Restarted = Restart & { readonly bytes: number }

function report({ loadedMs, tookMs, cpuMs, height, bytes }: Restarted, { quiet, writing, checkpoints }: Waits): void {
  const parts = [
    ['checkpoint and write sets', accounts.toLocaleString('en'), (loadedMs / 1_000).toFixed(1)],
    ['log behind them', operations.toLocaleString('en'), ((tookMs - loadedMs) / 1_000).toFixed(1)],
    ['whole restart', '', (tookMs / 1_000).toFixed(1)],
  ]
  const shares = [0.5, 0.99, 0.999]
  const waits = [
    ['no checkpoint', quiet],
    [`while one of ${checkpoints} is written`, writing],
  ] as const
  const tables = [
    renderTable(['part', 'accounts, operations', 'seconds'], parts),
    renderTable(
      ['until a payment is durable, ms', 'payments', 'p50', 'p99', 'p99.9'],
      waits.map(([name, of]) => [
        name,
        of.length.toLocaleString('en'),
        ...shares.map((share) => percentile(of, share).toFixed(2)),
      ]),
    ),
  ].join('\n\n')
  const summary = `height ${height}; ${(cpuMs / 1_000).toFixed(1)} s of CPU on the thread that starts; ${bytes.toFixed(0)} bytes of write sets kept per payment; ${lines} payments in flight; load ${describeLoad()}; ${describeMachine()}`
  console.log(`${summary}\n\n${tables}`)
  if (quick) return
  const markdown = `## A restart\n\n\`npm run bench -- restart\`: engine alone, history not included. ${summary}.\n\n${tables}`
  const percentiles = Object.fromEntries(
    waits.map(([name, of]) => [name, shares.map((share) => percentile(of, share))]),
  )
  writeSection({
    name: 'restart',
    markdown,
    figures: { accounts, operations, loadedMs, tookMs, cpuMs, bytes, checkpoints, percentiles },
  })
}
