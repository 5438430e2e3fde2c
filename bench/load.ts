// The load generator, always in a process of its own: signs its payments first, then keeps N of them in flight.
// Reads one job as JSON from its argument and prints one result as JSON.
import { Pool } from 'undici'
import { createPayee, createPayer, createPayments } from './payments.ts'
import type { Payment } from './payments.ts'
import { readCpuSeconds, waitUntilIdle } from './processCpu.ts'

/** What to send, where, and whose CPU to read. */
export type LoadJob = {
  readonly url: string
  readonly verifyPath: string
  readonly settlePath: string
  /** With `verify+settle` each payment is verified and then settled; its latency is that of both calls. */
  readonly mode: 'verify' | 'settle' | 'verify+settle'
  readonly inFlight: number
  /** Payments that count. */
  readonly count: number
  /** Payments sent before, so that neither side is measured cold. */
  readonly warmup: number
  /** How many different payments there are among them; fewer than sent makes duplicates. */
  readonly distinct?: number
  /** Names the payers, who must be funded. */
  readonly seed: string
  readonly payers: number
  readonly payees: number
  /** Names the nonces: another run has other ones. */
  readonly run: string
  /** Unix seconds. Absent: 300 seconds from now. */
  readonly validBefore?: number
  /** The process that serves. */
  readonly pid: number
}

/** What came of it. */
export type LoadResult = {
  readonly perSecond: number
  readonly latencyMs: { readonly p50: number; readonly p90: number; readonly p99: number; readonly p999: number }
  readonly settled: number
  /** Different operations among the settled. */
  readonly operations: number
  /** Reasons of failure and how often each was given. */
  readonly errors: Readonly<Record<string, number>>
  /** CPU of the server for one payment in microseconds, all threads, work left for later included. */
  readonly serverCpuUs: number
  readonly clientCpuUs: number
}

type Answer = {
  readonly success?: boolean
  readonly isValid?: boolean
  readonly transaction?: string
  readonly errorReason?: string
  readonly invalidReason?: string
}

type Tally = { settled: number; readonly operations: Set<string>; readonly errors: Record<string, number> }

const headers = { 'content-type': 'application/json' }

/** One call, by the lowest door of the client: a body stream per answer would cost as much as the server spends on HTTP. */
function post(pool: Pool, path: string, payload: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let status = 0
    let text = ''
    pool.dispatch(
      { path, method: 'POST', headers, body: payload },
      {
        onRequestStart() {},
        onResponseStart(_controller, statusCode) {
          status = statusCode
        },
        onResponseData(_controller, piece) {
          text += piece.toString('latin1')
        },
        onResponseEnd: () =>
          resolve(status === 200 ? (JSON.parse(text) as Answer) : { errorReason: `status ${status}` }),
        onResponseError: (_controller, error) => reject(error),
      },
    )
  })
}

async function pay(pool: Pool, job: LoadJob, { body }: Payment): Promise<Answer> {
  if (job.mode !== 'settle') {
    const verified = await post(pool, job.verifyPath, body)
    if (job.mode === 'verify' && verified.isValid === true) return { success: true, transaction: '' }
    if (verified.isValid !== true) return { errorReason: `verify: ${verified.invalidReason ?? verified.errorReason}` }
  }
  return post(pool, job.settlePath, body)
}

function note(tally: Tally, answer: Answer): void {
  if (answer.success === true && answer.transaction !== undefined) {
    tally.settled++
    tally.operations.add(answer.transaction)
    return
  }
  const reason = answer.errorReason ?? 'no reason'
  tally.errors[reason] = (tally.errors[reason] ?? 0) + 1
}

/** Sends all payments with N in flight; returns the latency of each in milliseconds. */
async function send(pool: Pool, job: LoadJob, payments: readonly Payment[], tally: Tally): Promise<Float64Array> {
  const latencies = new Float64Array(payments.length)
  let next = 0
  const sendNext = async (): Promise<void> => {
    for (let index = next++; index < payments.length; index = next++) {
      const payment = payments[index] as Payment
      const start = performance.now()
      const answer = await pay(pool, job, payment).catch((error: unknown): Answer => ({ errorReason: String(error) }))
      latencies[index] = performance.now() - start
      note(tally, answer)
    }
  }
  await Promise.all(Array.from({ length: job.inFlight }, sendNext))
  return latencies
}

function sign(job: LoadJob): Payment[] {
  const total = job.warmup + job.count
  const distinct = job.distinct ?? total
  const payments = createPayments({
    count: distinct,
    payers: Array.from({ length: job.payers }, (_, index) => createPayer(job.seed, index)),
    payees: Array.from({ length: job.payees }, (_, index) => createPayee(job.seed, index)),
    value: 1_000n,
    run: job.run,
    validBefore: job.validBefore ?? Math.floor(Date.now() / 1_000) + 300,
  })
  return Array.from({ length: total }, (_, index) => payments[index % distinct] as Payment)
}

function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** Runs one job to its end. */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const payments = sign(job)
  const pool = new Pool(job.url, { connections: job.inFlight, pipelining: 1 })
  const warm: Tally = { settled: 0, operations: new Set(), errors: {} }
  await send(pool, job, payments.slice(0, job.warmup), warm)
  if (warm.settled < job.warmup) throw new Error(`the warm-up failed: ${JSON.stringify(warm.errors)}`)
  const tally: Tally = { settled: 0, operations: new Set(), errors: {} }
  const client = process.cpuUsage()
  const before = readCpuSeconds(job.pid)
  const start = performance.now()
  const latencies = await send(pool, job, payments.slice(job.warmup), tally)
  const seconds = (performance.now() - start) / 1_000
  const { user, system } = process.cpuUsage(client)
  await waitUntilIdle(job.pid)
  const serverSeconds = readCpuSeconds(job.pid) - before
  await pool.close()
  const sorted = latencies.toSorted()
  const [p50, p90, p99, p999] = [0.5, 0.9, 0.99, 0.999].map((share) => percentile(sorted, share)) as [
    number,
    number,
    number,
    number,
  ]
  return {
    perSecond: job.count / seconds,
    latencyMs: { p50, p90, p99, p999 },
    settled: tally.settled,
    operations: tally.operations.size,
    errors: tally.errors,
    serverCpuUs: (serverSeconds * 1_000_000) / job.count,
    clientCpuUs: (user + system) / job.count,
  }
}

if (import.meta.main) {
  const [argument] = process.argv.slice(2)
  if (argument === undefined) throw new Error('usage: load.ts JOB, where JOB is JSON')
  console.log(JSON.stringify(await runLoad(JSON.parse(argument) as LoadJob)))
}
