// A program that offers a node more than it takes: many payments in flight, each sent again at once when it is turned away, with no
// regard for Retry-After. It takes one job as its argument, tells its parent every second that it is still there, and at the end what
// came of it.
import { Pool } from 'undici'
import { createPayer, createPayments } from '../../bench/payments.ts'
import type { Payment } from '../../bench/payments.ts'

export type FloodJob = {
  readonly url: string
  /** Names the payers' keys. */
  readonly seed: string
  readonly payers: number
  readonly payee: string
  /** Base units. */
  readonly value: string
  readonly seconds: number
  readonly inFlight: number
  /** How long an authorization is valid. */
  readonly lifetimeSeconds: number
}

/** A payment by what its payer knows. */
export type Sent = { readonly payer: string; readonly nonce: string }

/** What came of a flood. */
export type FloodResult = {
  /** Requests that were answered. */
  readonly offered: number
  readonly settled: number
  /** Different transactions among the settled. */
  readonly transactions: number
  /** Answers of 503. */
  readonly turnedAway: number
  readonly withoutRetryAfter: number
  /** Connections that ended before the answer. */
  readonly brokenOff: number
  /** Any other answer, by what it was, and how often. */
  readonly others: Readonly<Record<string, number>>
  /** From request to acknowledgement. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number }
  /** A few of those settled, and a few that were turned away to the last. */
  readonly samples: { readonly settled: readonly Sent[]; readonly turnedAway: readonly Sent[] }
}

/** To the parent. */
export type FloodReport = { readonly second: number } | FloodResult

const headers = { 'content-type': 'application/json' }
const batch = 256
const sampleSize = 200
/** A payment is not sent any more when less is left of its validity. */
const lastSeconds = 12

/** A payment that may be sent again as long as it is valid, in Unix seconds. */
type Offered = Payment & { readonly validBefore: number }

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000)
}

/** Signs payments as they are needed; what was turned away comes first, as long as it is valid, and before it what nobody knows. */
class Source {
  readonly #job: FloodJob
  readonly #payers
  readonly #again: Offered[] = []
  /** Nobody knows what came of these: the same bytes once more will tell. */
  readonly #unknown: Offered[] = []
  #fresh: Offered[] = []
  #batches = 0

  constructor(job: FloodJob) {
    this.#job = job
    this.#payers = Array.from({ length: job.payers }, (_, index) => createPayer(job.seed, index))
  }

  take(): Offered {
    const unknown = this.#unknown.pop()
    if (unknown !== undefined) return unknown
    for (let again = this.#again.pop(); again !== undefined; again = this.#again.pop())
      if (again.validBefore - nowSeconds() > lastSeconds) return again
    if (this.#fresh.length === 0) this.#fresh = this.#sign()
    return this.#fresh.pop() as Offered
  }

  putBack(payment: Offered): void {
    this.#again.push(payment)
  }

  putBackUnknown(payment: Offered): void {
    this.#unknown.push(payment)
  }

  get hasUnknown(): boolean {
    return this.#unknown.length > 0
  }

  get turnedAway(): readonly Payment[] {
    return this.#again
  }

  #sign(): Offered[] {
    const { seed, payee, value, lifetimeSeconds } = this.#job
    const validBefore = nowSeconds() + lifetimeSeconds
    const run = `${seed} ${this.#batches++}`
    const options = { count: batch, payers: this.#payers, payees: [payee], value: BigInt(value), run, validBefore }
    return createPayments(options).map((payment) => ({ ...payment, validBefore }))
  }
}

type Tally = {
  offered: number
  turnedAway: number
  withoutRetryAfter: number
  brokenOff: number
  readonly latenciesMs: number[]
  readonly transactions: Set<string>
  readonly settled: Sent[]
  readonly others: Record<string, number>
}

type Answer = { readonly statusCode: number; readonly saysWhen: boolean; readonly text: string }

/** The node's answer; undefined when the connection ended before it, as one does that was silent for too long. */
async function ask(pool: Pool, { body }: Payment): Promise<Answer | undefined> {
  try {
    const answer = await pool.request({ path: '/x402/settle', method: 'POST', headers, body })
    const saysWhen = answer.headers['retry-after'] !== undefined
    return { statusCode: answer.statusCode, saysWhen, text: await answer.body.text() }
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ECONNRESET', 'UND_ERR_SOCKET'].includes(String(error.code)))
      return undefined
    throw error
  }
}

async function offer(pool: Pool, source: Source, tally: Tally): Promise<void> {
  const payment = source.take()
  const begin = performance.now()
  const answer = await ask(pool, payment)
  if (answer === undefined) {
    tally.brokenOff++
    source.putBackUnknown(payment)
    return
  }
  const { text } = answer
  tally.offered++
  if (answer.statusCode === 503) {
    tally.turnedAway++
    if (!answer.saysWhen) tally.withoutRetryAfter++
    source.putBack(payment)
    return
  }
  const { success, transaction, errorReason } = JSON.parse(text) as {
    readonly success?: boolean
    readonly transaction?: string
    readonly errorReason?: string
  }
  if (answer.statusCode === 200 && success === true && transaction !== undefined) {
    tally.latenciesMs.push(performance.now() - begin)
    tally.transactions.add(transaction)
    if (tally.settled.length < sampleSize) tally.settled.push({ payer: payment.payer, nonce: payment.nonce })
    return
  }
  const other = `${answer.statusCode} ${errorReason ?? text.slice(0, 200)}`
  tally.others[other] = (tally.others[other] ?? 0) + 1
}

/** Floods until the time is up, and waits for every answer. */
async function flood(job: FloodJob): Promise<FloodResult> {
  const pool = new Pool(job.url, { connections: job.inFlight, pipelining: 1 })
  const source = new Source(job)
  const tally: Tally = {
    offered: 0,
    turnedAway: 0,
    withoutRetryAfter: 0,
    brokenOff: 0,
    latenciesMs: [],
    transactions: new Set(),
    settled: [],
    others: {},
  }
  const end = performance.now() + job.seconds * 1_000
  const goOn = async (): Promise<void> => {
    while (performance.now() < end || source.hasUnknown) await offer(pool, source, tally)
  }
  let second = 0
  const beat = setInterval(() => process.send?.({ second: ++second } satisfies FloodReport), 1_000)
  await Promise.all(Array.from({ length: job.inFlight }, goOn))
  clearInterval(beat)
  await pool.close()
  const latencies = Float64Array.from(tally.latenciesMs).toSorted()
  const at = (share: number): number => latencies[Math.floor((latencies.length - 1) * share)] ?? 0
  const { offered, turnedAway, withoutRetryAfter, brokenOff, others, transactions, settled } = tally
  return {
    offered,
    settled: latencies.length,
    transactions: transactions.size,
    turnedAway,
    withoutRetryAfter,
    brokenOff,
    others,
    latencyMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
    samples: {
      settled,
      turnedAway: source.turnedAway.slice(0, sampleSize).map(({ payer, nonce }) => ({ payer, nonce })),
    },
  }
}

if (import.meta.main) {
  process.send?.((await flood(JSON.parse(process.argv[2] ?? '') as FloodJob)) satisfies FloodReport)
  process.disconnect()
}
