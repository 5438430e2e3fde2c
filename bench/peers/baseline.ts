// The honest baseline: the facilitator that a competent developer writes in 200 lines. Express, SQLite (WAL, FULL,
// group commit), native signature recovery; durable before every answer, a nonce settles once. No policy, no holds.
import { DatabaseSync } from 'node:sqlite'
import express from 'express'
import type { NextFunction, Request, Response } from 'express'
import { addressOfKey, keccak256, secp256k1 } from '../primitives.ts'

const chainId = 402402
const network = `eip155:${chainId}`
const asset = '0x7474747474747474747474747474747474747401'
const name = 'Turnpike USD'
const version = '1'
const marginSeconds = 6n
const int64Max = 2n ** 63n - 1n

const [path, port = '0'] = process.argv.slice(2)
if (path === undefined) throw new Error('usage: baseline.ts DATABASE [PORT]')

// Storage. SQLite runs in this thread: one transaction per group of calls, and nobody is answered before its fsync.
const db = new DatabaseSync(path, { timeout: 5_000, readBigInts: true })
// Ten times the usual distance between checkpoints: each stalls everybody (measured: a tenth to a half more payments).
db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 10000;
  CREATE TABLE IF NOT EXISTS balances (account TEXT PRIMARY KEY, amount INTEGER NOT NULL CHECK (amount >= 0)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS payments (payer TEXT, nonce TEXT, digest TEXT NOT NULL, payee TEXT NOT NULL,
    amount INTEGER NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (payer, nonce)) WITHOUT ROWID;`)
const findBalance = db.prepare('SELECT amount FROM balances WHERE account = ?')
const findPayment = db.prepare('SELECT digest FROM payments WHERE payer = ? AND nonce = ?')
const insertPayment = db.prepare('INSERT INTO payments VALUES (?, ?, ?, ?, ?, ?)')
const debit = db.prepare('UPDATE balances SET amount = amount - ? WHERE account = ?')
const credit = db.prepare(
  'INSERT INTO balances VALUES (?, ?) ON CONFLICT (account) DO UPDATE SET amount = amount + excluded.amount',
)

type Job = { work: () => object; done: (answer: object) => void; failed: (error: unknown) => void }
let waiting: Job[] = []

/** Runs a piece of work in the next transaction; resolves when that transaction is on disk. */
function commit(work: () => object): Promise<object> {
  return new Promise((done, failed) => {
    // Everything that arrives in the same turn of the event loop shares one fsync.
    if (waiting.push({ work, done, failed }) === 1) setImmediate(flush)
  })
}

function flush(): void {
  const jobs = waiting
  waiting = []
  try {
    db.exec('BEGIN IMMEDIATE')
    const answers = jobs.map((job) => job.work())
    db.exec('COMMIT')
    jobs.forEach((job, index) => job.done(answers[index] ?? {}))
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    for (const job of jobs) job.failed(error)
  }
}

function balanceOf(account: string): bigint {
  return (findBalance.get(account)?.['amount'] as bigint | undefined) ?? 0n
}

// Signatures: EIP-712 by hand with the domain separator computed once, recovery in this thread.
const hashOf = (text: string): Uint8Array => keccak256(Buffer.from(text))
const word = (value: string): Buffer => Buffer.from(value.slice(2).padStart(64, '0'), 'hex')
const number = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
const domainType = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'
const domain = [hashOf(domainType), hashOf(name), hashOf(version), number(BigInt(chainId)), word(asset)]
const separator = keccak256(Buffer.concat(domain))
const typeHash = hashOf(
  'TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)',
)
const halfOrder = Buffer.from('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex')

type Payment = { readonly [name in 'from' | 'to' | 'nonce']: string } & {
  readonly [quantity in 'value' | 'validAfter' | 'validBefore']: bigint
} & { readonly signature: Buffer }

function digestOf(payment: Payment): Uint8Array {
  const { from, to, value, validAfter, validBefore, nonce } = payment
  const fields = [word(from), word(to), number(value), number(validAfter), number(validBefore), word(nonce)]
  return keccak256(Buffer.concat([Buffer.from([0x19, 1]), separator, keccak256(Buffer.concat([typeHash, ...fields]))]))
}

function isSignedBy(account: string, digest: Uint8Array, signature: Buffer): boolean {
  const v = signature[64]
  if ((v !== 27 && v !== 28) || signature.compare(halfOrder, 0, 32, 32, 64) > 0) return false
  try {
    const key = secp256k1.ecdsaRecover(signature.subarray(0, 64), v - 27, digest, false)
    return `0x${Buffer.from(addressOfKey(key)).toString('hex')}` === account
  } catch {
    return false // r or s out of range, or no point of the curve
  }
}

// The scheme `exact` with EIP-3009, in the order of the reference facilitator.
type Fields = { readonly [key: string]: unknown }
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})
const isText = (value: unknown, pattern: RegExp): value is string => typeof value === 'string' && pattern.test(value)
const addressPattern = /^0x[0-9a-fA-F]{40}$/
const decimalPattern = /^(0|[1-9][0-9]{0,76})$/ // at most 77 digits, which is below 2^256

function parsePayment(payload: Fields): Payment | undefined {
  const { from, to, value, validAfter, validBefore, nonce } = fields(payload['authorization'])
  const signature = payload['signature']
  if (!isText(from, addressPattern) || !isText(to, addressPattern) || !isText(value, decimalPattern)) return undefined
  if (!isText(validAfter, decimalPattern) || !isText(validBefore, decimalPattern)) return undefined
  if (!isText(nonce, /^0x[0-9a-fA-F]{64}$/) || !isText(signature, /^0x[0-9a-fA-F]{130}$/)) return undefined
  const times = { validAfter: BigInt(validAfter), validBefore: BigInt(validBefore) }
  const names = { from: from.toLowerCase(), to: to.toLowerCase(), nonce: nonce.toLowerCase() }
  return { ...names, ...times, value: BigInt(value), signature: Buffer.from(signature.slice(2), 'hex') }
}

type Judged = { readonly reason: string } | { readonly payment: Payment; readonly digest: string }

function judge(body: unknown): Judged {
  const { x402Version, paymentPayload, paymentRequirements } = fields(body)
  const requirements = fields(paymentRequirements)
  const accepted = fields(fields(paymentPayload)['accepted'])
  if (x402Version !== 2) return { reason: 'invalid_x402_version' }
  if (requirements['scheme'] !== 'exact' || accepted['scheme'] !== 'exact') return { reason: 'unsupported_scheme' }
  if (requirements['network'] !== network || accepted['network'] !== network) return { reason: 'invalid_network' }
  if (String(requirements['asset']).toLowerCase() !== asset) return { reason: 'asset_not_deployed_contract' }
  const extra = fields(requirements['extra'])
  if (extra['name'] !== name) return { reason: 'invalid_exact_evm_token_name_mismatch' }
  if (extra['version'] !== version) return { reason: 'invalid_exact_evm_token_version_mismatch' }
  const payment = parsePayment(fields(fields(paymentPayload)['payload']))
  if (payment === undefined || payment.from === payment.to) return { reason: 'invalid_payload' }
  const payTo = String(requirements['payTo']).toLowerCase()
  if (payment.to !== payTo) return { reason: 'invalid_exact_evm_recipient_mismatch' }
  const now = BigInt(Math.floor(Date.now() / 1000))
  if (payment.validBefore < now + marginSeconds)
    return { reason: 'invalid_exact_evm_payload_authorization_valid_before' }
  if (payment.validAfter > now) return { reason: 'invalid_exact_evm_payload_authorization_valid_after' }
  if (String(payment.value) !== requirements['amount']) {
    return { reason: 'invalid_exact_evm_payload_authorization_value_mismatch' }
  }
  const digest = digestOf(payment)
  if (!isSignedBy(payment.from, digest, payment.signature)) return { reason: 'invalid_exact_evm_signature' }
  return { payment, digest: `0x${Buffer.from(digest).toString('hex')}` }
}

function verify(body: unknown): object {
  const judged = judge(body)
  if ('reason' in judged) return { isValid: false, invalidReason: judged.reason }
  const { from, nonce, value } = judged.payment
  const refuse = (invalidReason: string): object => ({ isValid: false, invalidReason, payer: from })
  if (findPayment.get(from, nonce)) return refuse('invalid_exact_evm_nonce_already_used')
  return balanceOf(from) < value ? refuse('invalid_exact_evm_insufficient_balance') : { isValid: true, payer: from }
}

/** Runs inside a transaction. The same payment again is told its first success; another one under its nonce is refused. */
function settle({ payment, digest }: { readonly payment: Payment; readonly digest: string }): object {
  const { from, to, value, nonce } = payment
  const failed = (errorReason: string): object => ({
    success: false,
    errorReason,
    transaction: '',
    network,
    payer: from,
  })
  const settled = findPayment.get(from, nonce)
  if (settled && settled['digest'] !== digest) return failed('invalid_exact_evm_nonce_already_used')
  if (!settled) {
    if (balanceOf(from) < value || balanceOf(to) + value > int64Max)
      return failed('invalid_exact_evm_insufficient_balance')
    debit.run(value, from)
    credit.run(to, value)
    insertPayment.run(from, nonce, digest, to, value, Date.now())
  }
  return { success: true, transaction: digest, network, payer: from }
}

const app = express().disable('x-powered-by').disable('etag')
app.use(express.json({ limit: '64kb' }))
app.get('/supported', (_request, response) => {
  response.json({ kinds: [{ x402Version: 2, scheme: 'exact', network }], extensions: [], signers: {} })
})
app.post('/verify', (request, response) => void response.json(verify(request.body)))
app.post('/settle', async (request, response) => {
  const judged = judge(request.body)
  response.json(
    'reason' in judged
      ? { success: false, errorReason: judged.reason, transaction: '', network }
      : await commit(() => settle(judged)),
  )
})
app.post('/credit', async (request, response) => {
  const { address, amount } = fields(request.body)
  if (!isText(address, addressPattern) || !isText(amount, /^[1-9][0-9]{0,14}$/)) {
    return void response.status(400).json({ error: 'invalid_payload' })
  }
  const account = address.toLowerCase()
  response.json(await commit(() => (credit.run(account, BigInt(amount)), { balance: String(balanceOf(account)) })))
})
app.use((error: { status?: number; message?: string }, _request: Request, response: Response, _next: NextFunction) => {
  response.status(error.status ?? 500).json({ error: error.message })
})

const server = app.listen(Number(port), '127.0.0.1', () => {
  const address = server.address() as { port: number }
  console.log(JSON.stringify({ ready: true, url: `http://127.0.0.1:${address.port}`, pid: process.pid }))
})
process.on('SIGTERM', () => server.close(() => db.close()))
