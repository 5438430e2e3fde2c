// Half an hour of steady payments over HTTP, as they come and not as they are answered: what a payment waits, beside the same while a
// checkpoint is written and history is scanned; what grows; and whether the books add up. `--minutes N`, `--rate N`; `--quick`: one
// minute, nothing written.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'
import { createPayee, createPayer, createPayments, dollar } from './payments.ts'
import { describeLoad, describeMachine, renderTable, writeSection } from './report.ts'
import { fundAccounts, startTurnpike } from './server.ts'
import type { Server } from './server.ts'
import { measureRecoverUs, percentile } from './unit.ts'

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    rate: { type: 'string', default: '1000' },
  },
})
const minutes = Number(flags.minutes ?? (flags.quick ? 1 : 30))
const rate = Number(flags.rate)
const seed = 'soak'
const payers = Array.from({ length: 256 }, (_, index) => createPayer(seed, index))
// Books are kept of each: far more than any cache of the database holds.
const payees = Array.from({ length: 10_000 }, (_, index) => createPayee(seed, index))
const fundAmount = 1_000_000_000n
const value = 1_000n
const validSeconds = 120
const tickMs = 5
const watchMs = 50
const promised = 3
const headers = { 'content-type': 'application/json' }

type Times = { readonly quiet: number[]; readonly busy: number[] }
type Minute = { readonly tookMs: number[]; readonly residentBytes: number; readonly diskBytes: number }

const times: Times = { quiet: [], busy: [] }
/** A server runs for days: while its code is still being compiled, in the first minute, nobody is measured. */
let isWarm = flags.quick
const errors = new Map<string, number>()
let settled = 0
let tookMs: number[] = []
/** Whether all has been sent, and whether a checkpoint is being written and history scanned meanwhile. */
const now = { isOver: false, isBusy: false }
let checkpoints = 0
let pages = 0

function findUnfinished(home: string): boolean {
  return readdirSync(home).some((name) => name.startsWith('checkpoint-') && name.endsWith('.tmp'))
}

function residentBytesOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1_024
}

function bytesUnder(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.reduce((sum, { parentPath, name }) => {
    const found = statSync(join(parentPath, name), { throwIfNoEntry: false })
    return sum + (found === undefined ? 0 : found.blocks * 512)
  }, 0)
}

async function ask(pool: Pool, name: string, args: object): Promise<Record<string, unknown>> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'turnpike_query', params: [name, args] })
  const answer = await pool.request({ path: '/rpc', method: 'POST', headers, body })
  const { result, error } = (await answer.body.json()) as { result?: Record<string, unknown>; error?: unknown }
  if (result === undefined) throw new Error(JSON.stringify(error))
  return result
}

/** Reads all of history page by page, from the newest on and over again, while it is to. */
async function scan(pool: Pool): Promise<void> {
  let cursor: unknown
  while (now.isBusy && !now.isOver) {
    const { next } = await ask(pool, 'history/recent', cursor === undefined ? {} : { cursor })
    cursor = next
    pages++
  }
}

/** Looks whether a checkpoint is being written, and has history scanned as long. */
async function watch(pool: Pool, home: string): Promise<void> {
  let scanning = Promise.resolve()
  while (!now.isOver) {
    const before = now.isBusy
    now.isBusy = findUnfinished(home)
    if (now.isBusy && !before) {
      checkpoints++
      scanning = scan(pool)
    }
    if (!now.isBusy) await scanning
    await pause(watchMs)
  }
  await scanning
}

async function pay(pool: Pool, body: string): Promise<void> {
  const [at, wasBusy] = [performance.now(), now.isBusy]
  try {
    const answer = await pool.request({ path: '/x402/settle', method: 'POST', headers, body })
    const { success, errorReason } = (await answer.body.json()) as { success?: boolean; errorReason?: string }
    if (success !== true) throw new Error(errorReason ?? `status ${answer.statusCode}`)
    settled++
  } catch (error) {
    const { message } = error as Error
    errors.set(message, (errors.get(message) ?? 0) + 1)
  }
  const took = performance.now() - at
  tookMs.push(took)
  if (isWarm) times[wasBusy || now.isBusy ? 'busy' : 'quiet'].push(took)
}

/** So many of a list, from one of them on and round again. */
function turn<T>(list: readonly T[], from: number, count: number): readonly T[] {
  return Array.from({ length: count }, (_, i) => list[(from + i) % list.length]!)
}

/** Sends what is due, however late the answers are. */
async function send(pool: Pool, until: number): Promise<void> {
  const begin = performance.now()
  const open = new Set<Promise<void>>()
  let sent = 0
  while (performance.now() < until) {
    const due = Math.floor(((performance.now() - begin) / 1_000) * rate) - sent
    const payments = createPayments({
      count: due,
      payers: turn(payers, sent, due),
      payees: turn(payees, sent, due),
      value,
      run: `${process.pid} ${sent}`,
      validBefore: Math.floor(Date.now() / 1_000) + validSeconds,
    })
    sent += due
    for (const { body } of payments) {
      const paid: Promise<void> = pay(pool, body).finally(() => open.delete(paid))
      open.add(paid)
    }
    await pause(tickMs)
  }
  await Promise.all(open)
}

/** Notes what every minute came to. */
async function note(server: Server, home: string): Promise<readonly Minute[]> {
  const all: Minute[] = []
  for (let minute = 1; minute <= minutes; minute++) {
    await pause(60_000)
    all.push({ tookMs, residentBytes: residentBytesOf(server.pid), diskBytes: bytesUnder(home) })
    tookMs = []
    isWarm = true
    console.log(`  ${rowOf(all.at(-1)!, minute).join(', ')}`)
  }
  return all
}

async function spentOf(pool: Pool): Promise<bigint> {
  let spent = 0n
  for (const { address } of payers) {
    const { available } = await ask(pool, 'bank/balance', { account: address, asset: dollar.address })
    spent += fundAmount - BigInt(available as string)
  }
  return spent
}

const shares = [0.5, 0.99, 0.999]
const quantilesOf = (values: readonly number[]): string[] => shares.map((share) => percentile(values, share).toFixed(2))

function rowOf({ tookMs: took, residentBytes, diskBytes }: Minute, minute: number): string[] {
  const megabytes = [residentBytes, diskBytes].map((bytes) => (bytes / 1e6).toFixed(0))
  return [String(minute), took.length.toLocaleString('en'), ...quantilesOf(took), ...megabytes]
}

const root = fileURLToPath(new URL('../.turnpike/', import.meta.url))
mkdirSync(root, { recursive: true })
const home = mkdtempSync(join(root, 'bench-'))
const server = await startTurnpike(home)
try {
  const recoverUs = measureRecoverUs()
  const pool = new Pool(server.url, { connections: 512, pipelining: 1 })
  await fundAccounts(
    server,
    payers.map(({ address }) => address),
    fundAmount,
  )
  const watching = watch(pool, home)
  const until = performance.now() + minutes * 60_000 + 500
  const [all] = await Promise.all([note(server, home), send(pool, until)])
  now.isOver = true
  await watching
  const spent = await spentOf(pool)
  await pool.close()
  report({ all, recoverUs, spent })
} finally {
  await server.stop()
  rmSync(home, { recursive: true })
}

type Outcome = {
  readonly all: readonly Minute[]
  readonly recoverUs: number
  readonly spent: bigint
}

function report({ all, recoverUs, spent }: Outcome): void {
  const { quiet, busy } = times
  const worse = percentile(busy, 0.999) / percentile(quiet, 0.999)
  const waits = [
    ['quiet', quiet.length.toLocaleString('en'), ...quantilesOf(quiet)],
    ['while a checkpoint is written and history scanned', busy.length.toLocaleString('en'), ...quantilesOf(busy)],
  ]
  const chosen = all.map(rowOfIndex).filter((_, i) => [1, 2, 5, 10, 20].includes(i + 1) || i + 1 === all.length)
  const isSound = spent === BigInt(settled) * value
  if (!isSound) process.exitCode = 1
  const failed = [...errors].map(([reason, count]) => `${count} x ${reason}`).join(', ')
  const markdown = `## Half an hour, and what disturbs

\`npm run bench -- soak\`: ${rate.toLocaleString('en')} settles a second over HTTP for ${minutes} minutes, sent when they are due and not when others are answered, each from one of
256 payers to one of 10,000 payees, valid for ${validSeconds} seconds; the first minute is left out. ${checkpoints} checkpoints were written meanwhile, and as long all of history was read
page by page (${pages.toLocaleString('en')} pages). p99.9 then was ${worse.toFixed(1)} times the quiet one (promised: at most ${promised}). Settled: ${settled.toLocaleString('en')}; not: ${failed === '' ? 'none' : failed}.
The payers' balances say ${isSound ? 'the same' : `otherwise: ${spent} base units`}. R = ${recoverUs.toFixed(1)} us; load ${describeLoad()}; ${describeMachine()}.

${renderTable(['until a payment is answered, ms', 'payments', 'p50', 'p99', 'p99.9'], waits)}

${renderTable(['minute', 'payments', 'p50', 'p99', 'p99.9', 'resident, MB', 'on disk, MB'], chosen)}`
  console.log(`\n${markdown}`)
  const percentiles = {
    quiet: shares.map((share) => percentile(quiet, share)),
    busy: shares.map((share) => percentile(busy, share)),
  }
  if (!flags.quick && minutes >= 30)
    writeSection({ name: 'soak', markdown, figures: { rate, minutes, settled, checkpoints, percentiles, worse } })
}

function rowOfIndex(minute: Minute, index: number): string[] {
  return rowOf(minute, index + 1)
}
