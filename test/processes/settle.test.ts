// One payment handed in a thousand times at once by several processes: the money moves once, and every answer names it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createPayee, createPayer, createPayments } from '../../bench/payments.ts'
import { openBooks, readTollAccount } from './books.ts'
import type { Books } from './books.ts'
import type { Answer, Job } from './payer.ts'
import { startPayers } from './payers.ts'
import type { Payers } from './payers.ts'
import { createHome, findFreePort, startTurnpike } from './turnpike.ts'
import type { NodeProcess } from './turnpike.ts'

const processes = 4
const copies = 250
const funds = 1_000_000n
const value = 1_000n
const toll = 1n
const payer = createPayer('one', 0)
const payee = createPayee('one', 0)

let home: ReturnType<typeof createHome>
let port: number
let node: NodeProcess
let books: Books
let clients: Payers | undefined
let validBefore: number

beforeEach(async () => {
  home = createHome()
  port = await findFreePort()
  node = await startTurnpike({ home: home.path, port })
  books = openBooks(node.url)
  await books.fund(payer.address, funds)
  validBefore = Math.floor(Date.now() / 1_000) + 600
})

afterEach(async () => {
  clients?.kill()
  await books.close()
  await node.kill()
  home.remove()
})

function startCopies(): Payers {
  const job: Job = {
    url: node.url,
    seed: 'one',
    payers: 1,
    payee,
    value: String(value),
    run: 'one',
    count: 1,
    copies,
    inFlight: copies,
    verifiedOfTen: 0,
    validBefore,
  }
  return startPayers(Array.from({ length: processes }, () => job))
}

/** The call to verify that a server makes before its handler. */
async function verify(): Promise<unknown> {
  const [payment] = createPayments({ count: 1, payers: [payer], payees: [payee], value, run: 'one 0', validBefore })
  const { body } = await books.post('/x402/verify', JSON.parse(payment?.body ?? ''))
  return body
}

function countOutcomes(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { outcome } of answers) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

async function expectOneDebit(answers: readonly Answer[]): Promise<void> {
  expect(answers.length).toBe(processes * copies)
  const transactions = new Set(answers.map(({ transaction }) => transaction))
  expect(transactions.size).toBe(1)
  const [transaction] = transactions
  const [{ nonce }] = answers as [Answer]
  expect(await books.outcomeOf({ payer: payer.address, nonce })).toMatchObject({
    status: 'settled',
    operation: transaction,
  })
  expect(await books.balanceOf(payer.address)).toBe(funds - value)
  expect(await books.balanceOf(payee)).toBe(value - toll)
  expect(await books.balanceOf(readTollAccount(home.path))).toBe(toll)
}

describe('T25 T38 1,000 settles of one payment at once from four processes', () => {
  test('never verified: one call is told success, the others that it is spent, and by which operation', async () => {
    clients = startCopies()
    await clients.finished()
    await expectOneDebit(clients.answers)
    const spent = processes * copies - 1
    expect(countOutcomes(clients.answers)).toEqual({ settled: 1, invalid_exact_evm_nonce_already_used: spent })
  })

  test('verified once: each repetition is told success', async () => {
    expect(await verify()).toMatchObject({ isValid: true })
    clients = startCopies()
    await clients.finished()
    await expectOneDebit(clients.answers)
    expect(countOutcomes(clients.answers)).toEqual({ settled: processes * copies })
  })

  test('verified twice: one call is told success, the others that it is spent', async () => {
    expect(await verify()).toMatchObject({ isValid: true })
    expect(await verify()).toMatchObject({ isValid: true })
    clients = startCopies()
    await clients.finished()
    await expectOneDebit(clients.answers)
    const spent = processes * copies - 1
    expect(countOutcomes(clients.answers)).toEqual({ settled: 1, invalid_exact_evm_nonce_already_used: spent })
  })

  test.for([1, 200])(
    'T120 killed in the middle, after %i answers, and started again: still one debit',
    async (killAfter) => {
      expect(await verify()).toMatchObject({ isValid: true })
      clients = startCopies()
      await clients.reach(killAfter)
      await node.kill()
      node = await startTurnpike({ home: home.path, port })
      clients.tell('up')
      await clients.finished()
      await expectOneDebit(clients.answers)
      expect(countOutcomes(clients.answers)).toEqual({ settled: processes * copies })
    },
  )
})
