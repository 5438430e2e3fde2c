// A baseline is only honest if it keeps what it promises. Before it is measured it goes through the same trials as a
// node of ours: kill -9 under load, many settles of one payment at once, and payments that must be refused.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LoadJob, LoadResult } from '../load.ts'
import { createPayee, createPayer, createPayments } from '../payments.ts'
import type { Payment } from '../payments.ts'
import { fundAccounts, startBaseline } from '../server.ts'
import type { Server } from '../server.ts'

const value = 1_000n
const fundAmount = 1_000_000n
const payers = Array.from({ length: 16 }, (_, index) => createPayer('trial', index))
const payee = createPayee('trial', 0)

let directory = ''
let database = ''
let server: Server

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'baseline-'))
  database = join(directory, 'baseline.db')
  server = await startBaseline(database)
})

afterEach(async () => {
  await server.stop()
  rmSync(directory, { recursive: true })
})

function createTrial(count: number, run: string, lifetimeSeconds = 300): Payment[] {
  const validBefore = Math.floor(Date.now() / 1_000) + lifetimeSeconds
  return createPayments({ count, payers, payees: [payee], value, run, validBefore })
}

type Answer = {
  readonly success?: boolean
  readonly isValid?: boolean
  readonly transaction?: string
  readonly errorReason?: string
}

async function post(pool: Pool, path: string, body: string): Promise<Answer> {
  const response = await pool.request({ path, method: 'POST', headers: { 'content-type': 'application/json' }, body })
  return (await response.body.json()) as Answer
}

type Books = { readonly nonces: readonly string[]; readonly paid: bigint; readonly left: bigint }

/** What is on disk, read past the server. */
function readBooks(): Books {
  const db = new DatabaseSync(database, { readOnly: true, readBigInts: true })
  const nonces = db
    .prepare('SELECT nonce FROM payments')
    .all()
    .map((row) => String(row['nonce']))
  const sum = (condition: string): bigint =>
    db
      .prepare(`SELECT coalesce(sum(amount), 0) AS sum FROM balances WHERE account ${condition} ?`)
      .get(payee.toLowerCase())?.['sum'] as bigint
  const books = { nonces, paid: sum('='), left: sum('<>') }
  db.close()
  return books
}

function expectBooksToAdd({ nonces, paid, left }: Books): void {
  expect(new Set(nonces).size).toBe(nonces.length)
  expect(paid).toBe(value * BigInt(nonces.length))
  expect(paid + left).toBe(fundAmount * BigInt(payers.length))
}

/** Sends payments 32 at a time and kills the server after some answers; returns the nonces answered as settled. */
async function sendUntilKilled(payments: readonly Payment[], killAfter: number): Promise<Set<string>> {
  const pool = new Pool(server.url, { connections: 32 })
  const acknowledged = new Set<string>()
  const waiting = payments.toReversed()
  let killed: Promise<void> | undefined
  const sendNext = async (): Promise<void> => {
    for (let payment = waiting.pop(); payment !== undefined; payment = waiting.pop()) {
      const answer = await post(pool, '/settle', payment.body).catch(() => undefined)
      if (answer === undefined) return
      if (answer.success === true) acknowledged.add(payment.nonce)
      if (acknowledged.size === killAfter) killed ??= server.kill()
    }
  }
  await Promise.all(Array.from({ length: 32 }, sendNext))
  await killed
  await pool.destroy()
  return acknowledged
}

test('kill -9 under load: what was acknowledged is on disk, nothing is there twice, and the rest settles later', async () => {
  await fundAccounts(
    server,
    payers.map((payer) => payer.address),
    fundAmount,
  )
  const payments = createTrial(1_500, 'kill')
  const acknowledged = new Set<string>()
  for (const killAfter of [1, 37, 120, 200, 333]) {
    const open = payments.filter((payment) => !acknowledged.has(payment.nonce))
    const answered = await sendUntilKilled(open, killAfter)
    expect(answered.size).toBeGreaterThanOrEqual(killAfter)
    expect(answered.size).toBeLessThan(open.length)
    for (const nonce of answered) acknowledged.add(nonce)
    const books = readBooks()
    expectBooksToAdd(books)
    const persisted = new Set(books.nonces)
    expect([...acknowledged].filter((nonce) => !persisted.has(nonce))).toEqual([])
    // What is on disk without an answer was in flight at a kill: at most 32 of them each time.
    expect(persisted.size - acknowledged.size).toBeLessThanOrEqual(32 * 5)
    server = await startBaseline(database)
  }
  // Everything again, also what is settled: no answer may be lost money, and no repetition may pay twice.
  const settled = await sendUntilKilled(payments, Infinity)
  expect(settled.size).toBe(payments.length)
  const books = readBooks()
  expect(books.nonces.length).toBe(payments.length)
  expectBooksToAdd(books)
})

async function runLoadProcess(job: LoadJob): Promise<LoadResult> {
  const script = fileURLToPath(new URL('../load.ts', import.meta.url))
  const child = spawn(process.execPath, [script, JSON.stringify(job)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return JSON.parse(output) as LoadResult
}

test('1,000 settles of one payment at once from four processes move the money once', async () => {
  await fundAccounts(
    server,
    payers.map((payer) => payer.address),
    fundAmount,
  )
  const { url, pid } = server
  const job: LoadJob = {
    url,
    pid,
    verifyPath: '/verify',
    settlePath: '/settle',
    mode: 'settle',
    seed: 'trial',
    run: 'one',
    inFlight: 250,
    count: 250,
    warmup: 0,
    distinct: 1,
    payers: 1,
    payees: 1,
    validBefore: Math.floor(Date.now() / 1_000) + 300,
  }
  const results = await Promise.all(Array.from({ length: 4 }, () => runLoadProcess(job)))
  for (const { settled, operations, errors } of results) {
    expect({ settled, operations, errors }).toEqual({ settled: 250, operations: 1, errors: {} })
  }
  const books = readBooks()
  expect(books.nonces.length).toBe(1)
  expectBooksToAdd(books)
})

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/** The other signature of the same key over the same digest: n - s and the other v, which tokens refuse. */
function flipS(signature: string): string {
  const s = (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0')
  return signature.slice(0, 66) + s + (signature.endsWith('1b') ? '1c' : '1b')
}

test('payments that may not settle are refused with their reason and move nothing', async () => {
  const [first, second] = createTrial(2, 'refused') as [Payment, Payment]
  const [expired] = createTrial(1, 'expired', 2) as [Payment]
  const pool = new Pool(server.url, { connections: 1 })
  const settle = (body: string): Promise<Answer> => post(pool, '/settle', body)
  const reasonOf = async (body: string): Promise<string | undefined> => (await settle(body)).errorReason
  expect(await reasonOf(first.body)).toBe('invalid_exact_evm_insufficient_balance')
  await fundAccounts(
    server,
    payers.map((payer) => payer.address),
    fundAmount,
  )

  const signatureOf = ({ body }: Payment): string => /"signature":"(0x[0-9a-f]+)"/.exec(body)?.[1] ?? ''
  const table: readonly (readonly [string, string])[] = [
    ['{}', 'invalid_x402_version'],
    [first.body.replace('"exact"', '"upto"'), 'unsupported_scheme'],
    [first.body.replaceAll('eip155:402402', 'eip155:1'), 'invalid_network'],
    [first.body.replaceAll('7401"', '7402"'), 'asset_not_deployed_contract'],
    [first.body.replaceAll('"version":"1"', '"version":"2"'), 'invalid_exact_evm_token_version_mismatch'],
    [first.body.replace('"value":"1000"', '"value":"01000"'), 'invalid_payload'],
    [
      first.body.replaceAll('"amount":"1000"', '"amount":"999"'),
      'invalid_exact_evm_payload_authorization_value_mismatch',
    ],
    [expired.body, 'invalid_exact_evm_payload_authorization_valid_before'],
    [first.body.replace(signatureOf(first), signatureOf(second)), 'invalid_exact_evm_signature'],
    [first.body.replace(signatureOf(first), flipS(signatureOf(first))), 'invalid_exact_evm_signature'],
    [first.body.replace(signatureOf(first), `0x${'00'.repeat(64)}1b`), 'invalid_exact_evm_signature'],
  ]
  for (const [body, reason] of table) expect([reason, await reasonOf(body)]).toEqual([reason, reason])
  expect(readBooks().nonces).toEqual([])

  expect(await settle(first.body)).toMatchObject({ success: true })
  const other = createPayments({
    count: 1,
    payers,
    payees: [payee],
    value: 999n,
    run: 'refused',
    validBefore: 4_000_000_000,
  })
  expect(await reasonOf(other[0]?.body ?? '')).toBe('invalid_exact_evm_nonce_already_used')
  expect(await post(pool, '/verify', second.body)).toMatchObject({ isValid: true })
  expect(await post(pool, '/verify', first.body)).toMatchObject({ isValid: false })
  await pool.close()
})
