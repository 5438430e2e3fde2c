// Refunds by the SDK against a real node: never more than was paid, and never twice by mistake.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createConfig, startNode, type Node } from '@turnpike/node'
import {
  charge,
  createAgent,
  createClient,
  generatePrivateKey,
  getBalance,
  getPayments,
  getRefunds,
  privateKeyAccount,
  randomHash,
  refundPayment,
  requestFaucet,
  sendTransfer,
  usd,
  type Account,
  type Client,
  type Receipt,
} from '@turnpike/sdk'

let node: Node
let home: string
let client: Client
let buyer: Account

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'turnpike-refunds-'))
  node = await startNode(createConfig({ home, port: 0, dev: true, logLevel: 'error', segmentBytes: 2_097_152 }))
  client = createClient({ url: node.url })
  buyer = newKey()
  await requestFaucet(client, { address: buyer.address, amount: usd('50') })
})

afterAll(async () => {
  await node.close()
  await rm(home, { recursive: true })
})

const newKey = (): Account => privateKeyAccount(generatePrivateKey())
const balanceOf = async (account: string): Promise<bigint> => (await getBalance(client, { account })).available

/** A seller who was paid two dollars, and the receipt of it. Without toll he has 1,998,000 of it. */
async function sold(): Promise<{
  readonly seller: Account
  readonly paid: Receipt
  readonly operation: Receipt['operation']
}> {
  const seller = newKey()
  const paid = await charge(client, { signer: buyer, payee: seller.address, amount: usd('2') })
  return { seller, paid, operation: paid.operation }
}

/** A client whose answers to submissions are lost after the ledger took them, as by a crash in between. */
function losingAnswers(): { readonly client: Client; readonly submitted: () => number } {
  let submitted = 0
  const lossy: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    if (typeof init?.body !== 'string' || !init.body.includes('turnpike_submit')) return response
    submitted++
    await response.text()
    throw new TypeError('the connection was lost')
  }
  return { client: createClient({ url: node.url, fetch: lossy }), submitted: () => submitted }
}

it('gives back part after part, shows the sum, and never more than was paid', async () => {
  const { seller, operation } = await sold()
  const before = await balanceOf(buyer.address)
  const first = await refundPayment(client, { signer: seller, operation, amount: usd('0.5') })
  expect(first).toMatchObject({ amount: 500_000n, refunded: 500_000n, paid: 2_000_000n, isRepeat: false })
  const second = await refundPayment(client, { signer: seller, operation, amount: 250_000n })
  expect(second).toMatchObject({ amount: 250_000n, refunded: 750_000n, isRepeat: false })
  await expect(refundPayment(client, { signer: seller, operation, amount: 1_250_001n })).rejects.toMatchObject({
    code: 'sdk/refund_too_much',
    values: { paid: 2_000_000n, refunded: 750_000n, left: 1_250_000n, asked: 1_250_001n },
  })
  expect(await balanceOf(buyer.address)).toBe(before + 750_000n)
  expect(await getRefunds(client, { operation })).toMatchObject({
    refunded: 750_000n,
    left: 1_250_000n,
    refunds: [
      { operation: first.receipt.operation, amount: 500_000n, refundedBefore: 0n },
      { operation: second.receipt.operation, amount: 250_000n, refundedBefore: 500_000n },
    ],
  })
})

it('gives back all that is left, to exactly nothing', async () => {
  const { seller, operation } = await sold()
  await sendTransfer(client, { signer: buyer, to: seller.address, amount: 2_000n })
  await refundPayment(client, { signer: seller, operation, amount: 1n })
  const rest = await refundPayment(client, { signer: seller, operation })
  expect(rest).toMatchObject({ amount: 1_999_999n, refunded: 2_000_000n, isRepeat: false })
  expect(await balanceOf(seller.address)).toBe(0n)
  await expect(refundPayment(client, { signer: seller, operation, amount: 2n })).rejects.toMatchObject({
    code: 'sdk/refund_too_much',
    values: { left: 0n },
  })
})

it('T120 a call whose answer was lost is answered with the same refund when it is called again', async () => {
  for (const amount of [usd('0.7'), undefined]) {
    const { seller, operation } = await sold()
    await sendTransfer(client, { signer: buyer, to: seller.address, amount: 2_000n })
    const before = await balanceOf(buyer.address)
    const asked = { signer: seller, operation, ...(amount !== undefined && { amount }) }
    const lossy = losingAnswers()
    await expect(refundPayment(lossy.client, asked)).rejects.toMatchObject({ code: 'sdk/unreachable' })
    // The same bytes were handed in three times, and moved money once.
    expect(lossy.submitted()).toBe(3)
    const units = amount === undefined ? 2_000_000n : 700_000n
    expect(await balanceOf(buyer.address)).toBe(before + units)
    const again = await refundPayment(client, asked)
    expect(again).toMatchObject({ isRepeat: true, amount: units, refunded: units })
    expect(await balanceOf(buyer.address)).toBe(before + units)
    const [only, ...others] = await getPayments(client, { account: seller.address, role: 'payer' })
    expect({ only: only!.operation, others }).toEqual({ only: again.receipt.operation, others: [] })
  }
})

it('T120 twenty tills that refund one payment at once refund it once', async () => {
  const { seller, operation } = await sold()
  const before = await balanceOf(buyer.address)
  const asked = { signer: seller, operation, amount: usd('0.3') }
  const all = await Promise.all(Array.from({ length: 20 }, () => refundPayment(client, asked)))
  expect(new Set(all.map(({ receipt }) => receipt.operation)).size).toBe(1)
  expect(await balanceOf(buyer.address)).toBe(before + 300_000n)
})

it('tills that refund different amounts at once never build on the same sum', async () => {
  const { seller, operation } = await sold()
  const before = await balanceOf(buyer.address)
  const amounts = [900_000n, 800_000n, 700_000n, 600_000n]
  const all = await Promise.allSettled(
    amounts.map((amount) => refundPayment(client, { signer: seller, operation, amount })),
  )
  const { refunded, refunds } = await getRefunds(client, { operation })
  expect(refunded).toBeLessThanOrEqual(2_000_000n)
  expect(await balanceOf(buyer.address)).toBe(before + refunded)
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(refunds.length)
  for (const outcome of all)
    if (outcome.status === 'rejected')
      expect(outcome.reason).toMatchObject({
        code: expect.stringMatching(/^sdk\/refund_(overtaken|too_much)$/) as string,
      })
})

it('a till that falls asleep between its look at history and its signature hands in nothing that outlives the look', async () => {
  const { seller, operation } = await sold()
  let lookedAt = 0
  let validBefore = 0
  const slow: typeof fetch = async (input, init) => {
    const body = typeof init?.body === 'string' ? init.body : ''
    const response = await fetch(input, init)
    if (lookedAt === 0) {
      lookedAt = Date.now()
      while (Date.now() < lookedAt + 5) await balanceOf(seller.address)
    }
    validBefore = Number(/"validBefore":"?([0-9]+)/.exec(body)?.[1] ?? validBefore)
    return response
  }
  await refundPayment(createClient({ url: node.url, fetch: slow }), { signer: seller, operation, amount: 1n })
  expect(validBefore).toBeGreaterThan(lookedAt)
  expect(validBefore).toBeLessThanOrEqual(lookedAt + 60_000)
})

it('T120 a till that looked before another refunded gives nothing back once the ledger has forgotten the other nonce', async () => {
  const { seller, operation } = await sold()
  const before = await balanceOf(buyer.address)
  const asked = { signer: seller, operation, amount: usd('0.3') }
  let isOvertaken = false
  /** Another till refunds, and its refund expires. */
  const overtake = async (): Promise<void> => {
    const startedMs = Date.now()
    await refundPayment(client, { ...asked, validForMs: 400 })
    const ledgerMs = async (): Promise<number> =>
      (await sendTransfer(client, { signer: seller, to: newKey().address, amount: 1n })).timeMs
    await expect.poll(ledgerMs, { timeout: 20_000, interval: 100 }).toBeGreaterThan(startedMs + 1_500)
  }
  const slow: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    if (isOvertaken || typeof init?.body !== 'string' || !init.body.includes('history/refunds')) return response
    isOvertaken = true
    await overtake()
    return response
  }
  const late = await refundPayment(createClient({ url: node.url, fetch: slow }), asked)
  expect(late).toMatchObject({ isRepeat: true, refunded: 300_000n })
  expect(await balanceOf(buyer.address)).toBe(before + 300_000n)
})

it('the same amount a second time needs the sum that it comes after', async () => {
  const { seller, operation } = await sold()
  const asked = { signer: seller, operation, amount: usd('0.1') }
  const first = await refundPayment(client, asked)
  expect(await refundPayment(client, asked)).toMatchObject({ isRepeat: true, refunded: 100_000n })
  const after = { ...asked, refundedBefore: first.refunded }
  const second = await refundPayment(client, after)
  expect(second).toMatchObject({ isRepeat: false, refunded: 200_000n })
  const repeated = await refundPayment(client, after)
  expect(repeated).toMatchObject({ isRepeat: true, receipt: { operation: second.receipt.operation } })
  await expect(refundPayment(client, { ...after, amount: usd('0.2') })).rejects.toMatchObject({
    code: 'sdk/refund_overtaken',
    values: { expected: 100_000n, refunded: 200_000n },
  })
  await expect(refundPayment(client, { ...asked, refundedBefore: 5n })).rejects.toMatchObject({
    code: 'sdk/refund_overtaken',
  })
})

it('is for whoever was paid, and for payments alone', async () => {
  const { seller, operation } = await sold()
  await expect(refundPayment(client, { signer: buyer, operation })).rejects.toMatchObject({
    code: 'sdk/not_the_payee',
    values: { payee: seller.address, signer: buyer.address },
  })
  const sent = await sendTransfer(client, { signer: buyer, to: seller.address, amount: 1n })
  await expect(refundPayment(client, { signer: seller, operation: sent.operation })).rejects.toMatchObject({
    code: 'sdk/not_a_payment',
  })
  await expect(refundPayment(client, { signer: seller, operation: randomHash() })).rejects.toMatchObject({
    code: 'gateway/no_receipt',
  })
  const refund = await refundPayment(client, { signer: seller, operation, amount: 1n })
  const { operation: given } = refund.receipt
  await expect(refundPayment(client, { signer: buyer, operation: given })).rejects.toMatchObject({
    code: 'sdk/not_a_payment',
  })
})

it('goes back to the agent whose key paid, and gives no budget back', async () => {
  const [key, seller] = [newKey(), newKey()]
  const { agent } = await createAgent(client, {
    owner: buyer,
    name: 'refunded',
    key,
    budget: { lifetime: usd('0.10') },
  })
  await sendTransfer(client, { signer: buyer, to: agent, amount: usd('1') })
  const pay = (): Promise<Receipt> => charge(client, { signer: key, payee: seller.address, amount: usd('0.10') })
  const { operation } = await pay()
  await sendTransfer(client, { signer: buyer, to: seller.address, amount: usd('1') })
  expect(await refundPayment(client, { signer: seller, operation })).toMatchObject({ refunded: 100_000n })
  expect(await balanceOf(agent)).toBe(1_000_000n)
  await expect(pay()).rejects.toMatchObject({ code: 'policy/cap_lifetime' })
})

it('names what the payee lacks when the money is gone', async () => {
  const { seller, operation } = await sold()
  await expect(refundPayment(client, { signer: seller, operation })).rejects.toMatchObject({
    name: 'PaymentRefused',
    code: 'bank/balance',
    values: { available: '1998000', needed: '2000000' },
  })
})

it('are found behind all else that the payee has paid since', async () => {
  const { seller, operation } = await sold()
  await refundPayment(client, { signer: seller, operation, amount: 7n })
  const others = Array.from({ length: 450 }, () =>
    sendTransfer(client, { signer: seller, to: buyer.address, amount: 1n }),
  )
  await Promise.all(others)
  await refundPayment(client, { signer: seller, operation, amount: 5n })
  expect(await getRefunds(client, { operation })).toMatchObject({
    refunded: 12n,
    refunds: [{ amount: 7n }, { amount: 5n }],
  })
})

describe('a search for refunds that the node cuts', () => {
  /** A client whose node finds nothing at first, as when strangers name the payment in refunds of their own. */
  function cutting(cursorOf: (cuts: number) => string | undefined): Client {
    let cuts = 0
    const cut: typeof fetch = async (input, init) => {
      const response = await fetch(input, init)
      if (typeof init?.body !== 'string' || !init.body.includes('history/refunds')) return response
      const cursor = cursorOf(cuts++)
      if (cursor === undefined) return response
      const data = { code: 'history/too_slow', hint: 'Ask again.', retry: 'later', values: { cursor } }
      return Response.json({ jsonrpc: '2.0', id: 1, error: { code: -32000, message: 'Cut.', data } })
    }
    return createClient({ url: node.url, fetch: cut })
  }

  it('goes on where it was cut', async () => {
    const { seller, operation } = await sold()
    for (const amount of [7n, 5n]) await refundPayment(client, { signer: seller, operation, amount })
    const begin = await client.call('turnpike_query', ['history/account', { account: buyer.address, limit: 1 }])
    const { next } = begin as { readonly next: string }
    const some = cutting((cuts) => (cuts < 3 ? next : undefined))
    expect((await getRefunds(some, { operation })).refunded).toBe(7n)
  })

  it('ends when it finds nothing for too long', async () => {
    const { operation } = await sold()
    const { next } = (await client.call('turnpike_query', [
      'history/account',
      { account: buyer.address, limit: 1 },
    ])) as { readonly next: string }
    await expect(
      getRefunds(
        cutting(() => next),
        { operation },
      ),
    ).rejects.toMatchObject({ code: 'sdk/refunds_unknown' })
  })
})
