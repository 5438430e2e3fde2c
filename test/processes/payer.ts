// A program that pays, in a process of its own: it signs, keeps many payments in flight, and when the node is gone it waits
// for it and sends the same bytes again until each is answered. It takes one job as its argument and reports by messages.
import { Pool } from 'undici'
import { createPayer, createPayments } from '../../bench/payments.ts'
import type { Payer, Payment } from '../../bench/payments.ts'

/** What to pay. The same job gives the same bytes in every process. */
export type Job = {
  readonly url: string
  /** Names the payers' keys. */
  readonly seed: string
  readonly payers: number
  readonly payee: string
  /** Base units. */
  readonly value: string
  /** Names the nonces. */
  readonly run: string
  /** How many different payments; without it, until told to finish. */
  readonly count?: number
  /** How many times each is sent. */
  readonly copies: number
  readonly inFlight: number
  /** How many of every ten payments are verified first. */
  readonly verifiedOfTen: number
  /** Unix seconds. */
  readonly validBefore: number
}

/** What became of one request to settle, in the facilitator's words. */
export type Answer = {
  readonly payer: string
  readonly nonce: string
  /** `settled`, or the reason that was given. */
  readonly outcome: string
  readonly transaction: string
  /** Whether the same bytes had been sent before without an answer. */
  readonly repeated: boolean
}

/** From the payer. */
export type Report = { readonly answers: readonly Answer[] } | { readonly finished: true }

/** To the payer: the node accepts requests again, or no new payments any more. */
export type Order = 'up' | 'finish'

type Result = {
  readonly success?: boolean
  readonly isValid?: boolean
  readonly transaction?: string
  readonly errorReason?: string
  readonly invalidReason?: string
}

const headers = { 'content-type': 'application/json' }

/** Undefined when nothing is known of the outcome. */
async function post(pool: Pool, path: string, payload: string): Promise<Result | undefined> {
  try {
    const { statusCode, body } = await pool.request({ path, method: 'POST', headers, body: payload })
    const answer = await body.text()
    if (statusCode === 503) return undefined
    return statusCode === 200 ? (JSON.parse(answer) as Result) : { errorReason: `status ${statusCode}: ${answer}` }
  } catch {
    return undefined
  }
}

/** Pays until there is nothing left to pay. */
async function pay(job: Job): Promise<void> {
  const pool = new Pool(job.url, { connections: job.inFlight, pipelining: 1 })
  const payers = Array.from({ length: job.payers }, (_, index) => createPayer(job.seed, index))
  const answers: Answer[] = []
  const finishing = new AbortController()
  let up = Promise.withResolvers<void>()
  process.on('message', (order: Order) => {
    if (order === 'finish') finishing.abort()
    up.resolve()
    up = Promise.withResolvers()
  })

  const untilAnswered = async (
    path: string,
    payload: string,
  ): Promise<{ readonly result: Result; readonly repeated: boolean }> => {
    for (let tries = 1; ; tries++) {
      const next = up.promise
      const result = await post(pool, path, payload)
      if (result !== undefined) return { result, repeated: tries > 1 }
      await next
    }
  }
  const note = (answer: Answer): void => {
    if (answers.push(answer) === 1) setImmediate(() => send({ answers: answers.splice(0) }))
  }
  const payOne = async (payment: Payment, isVerified: boolean): Promise<void> => {
    const { payer, nonce, body } = payment
    if (isVerified) {
      const { result, repeated } = await untilAnswered('/x402/verify', body)
      const reason = result.invalidReason ?? result.errorReason ?? 'no reason'
      if (result.isValid !== true)
        return note({ payer, nonce, outcome: `verify: ${reason}`, transaction: '', repeated })
    }
    const { result, repeated } = await untilAnswered('/x402/settle', body)
    const outcome = result.success === true ? 'settled' : (result.errorReason ?? 'no reason')
    note({ payer, nonce, outcome, transaction: result.transaction ?? '', repeated })
  }

  const total = (job.count ?? Infinity) * job.copies
  let next = 0
  const payNext = async (): Promise<void> => {
    for (let index = next++; index < total && !finishing.signal.aborted; index = next++) {
      const number = job.count === undefined ? index : index % job.count
      await payOne(sign(job, payers, number), number % 10 < job.verifiedOfTen)
    }
  }
  await Promise.all(Array.from({ length: Math.min(job.inFlight, total) }, payNext))
  send({ answers: answers.splice(0) })
  send({ finished: true })
  await pool.close()
  process.disconnect()
}

function sign(job: Job, payers: readonly Payer[], number: number): Payment {
  const payer = payers[number % payers.length] as Payer
  const [payment] = createPayments({
    count: 1,
    payers: [payer],
    payees: [job.payee],
    value: BigInt(job.value),
    run: `${job.run} ${number}`,
    validBefore: job.validBefore,
  })
  return payment as Payment
}

function send(report: Report): void {
  process.send?.(report)
}

if (import.meta.main) await pay(JSON.parse(process.argv[2] ?? '') as Job)
