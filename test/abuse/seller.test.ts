// Payment headers as an attacker writes them, at a stock seller over a real node: whatever the seller makes of them, what it delivers
// is what was paid for.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPayee, createPayer, createPayments } from '../../bench/payments.ts'
import { startSeller } from '../compatibility/seller.ts'
import type { Seller } from '../compatibility/seller.ts'
import { openBooks } from '../processes/books.ts'
import type { Books } from '../processes/books.ts'
import { createHome, startTurnpike } from '../processes/turnpike.ts'
import type { NodeProcess } from '../processes/turnpike.ts'
import { converse, parseAnswers, requestText } from './wire.ts'

const home = createHome()
const price = 1_000n
const payer = createPayer('abuse seller', 0)
const payee = createPayee('abuse seller', 0)
let node: NodeProcess
let books: Books
let seller: Seller
let paid = 0n
beforeAll(async () => {
  node = await startTurnpike({ home: home.path })
  books = openBooks(node.url)
  await books.fund(payer.address, 1_000_000n)
  seller = await startSeller([`${node.url}/x402`], { '/answer': { prices: [{ amount: price, payTo: payee }] } })
})
afterAll(async () => {
  await seller.close()
  await books.close()
  await node.kill()
  home.remove()
})

let signed = 0

/** A payment for the answer, as its header holds it. */
async function createHeader(): Promise<string> {
  const challenge = await fetch(`${seller.url}/answer`)
  expect(challenge.status).toBe(402)
  const { resource, accepts } = JSON.parse(atob(challenge.headers.get('payment-required')!)) as {
    readonly resource: unknown
    readonly accepts: readonly unknown[]
  }
  const validBefore = Math.floor(Date.now() / 1_000) + 60
  const run = `abuse seller ${++signed}`
  const [payment] = createPayments({ count: 1, payers: [payer], payees: [payee], value: price, run, validBefore })
  const { paymentPayload } = JSON.parse(payment!.body) as { readonly paymentPayload: { readonly payload: unknown } }
  const body = { x402Version: 2, resource, accepted: accepts[0], payload: paymentPayload.payload }
  return Buffer.from(JSON.stringify(body)).toString('base64')
}

/** Asks with these header lines: the status, after holding what was delivered against what was paid. */
async function ask(headers: readonly string[]): Promise<number> {
  const before = seller.runs('/answer')
  const text = await converse(seller.url, requestText('GET /answer', { host: new URL(seller.url).host, headers }))
  const [answer] = parseAnswers(text)
  const delivered = BigInt(seller.runs('/answer') - before)
  paid += delivered * price
  expect(answer!.status === 200 ? 1n : 0n).toBe(delivered)
  expect(await books.balanceOf(payer.address)).toBe(1_000_000n - paid)
  expect(await books.lockedOf(payer.address)).toBe(0n)
  return answer!.status
}

it('T43 one header is one answer, however its name is written', async () => {
  expect(await ask([`PAYMENT-SIGNATURE: ${await createHeader()}`])).toBe(200)
  expect(await ask([`payment-signature: ${await createHeader()}`])).toBe(200)
  expect(await ask([`pAyMeNt-SiGnAtUrE:   ${await createHeader()}  `])).toBe(200)
})

it('T43 two headers, equal or not, or two in one line, buy at most one answer, and no money moves without it', async () => {
  const [one, other] = [await createHeader(), await createHeader()]
  for (const headers of [
    [`PAYMENT-SIGNATURE: ${one}`, `PAYMENT-SIGNATURE: ${one}`],
    [`PAYMENT-SIGNATURE: ${one}`, `payment-signature: ${other}`],
    [`PAYMENT-SIGNATURE: ${one}, ${other}`],
    [`PAYMENT-SIGNATURE: ${one},${one}`],
  ])
    expect([200, 400, 402]).toContain(await ask(headers))
})

it('T32 base64url, cut and damaged headers buy at most what they pay', async () => {
  const header = await createHeader()
  const broken = [
    header.slice(0, -8),
    `${header}AAAA`,
    header.replaceAll('=', ''),
    Buffer.from(header, 'base64').toString('base64url'),
    Buffer.from(header, 'base64').toString('hex'),
    '=',
    '%00',
    Buffer.from('{"__proto__":{"x402Version":2}}').toString('base64'),
    Buffer.from('[]').toString('base64'),
    Buffer.from('null').toString('base64'),
  ]
  for (const text of broken) expect([200, 400, 402, 500]).toContain(await ask([`PAYMENT-SIGNATURE: ${text}`]))
})
