// A budget against ten processes at once: a cap of 150 payments lets exactly 150 through, whoever asks and whatever is killed
// meanwhile. The ledger holds it, so no process has to be trusted.
import { createAgent, createClient, getAgent, privateKeyAccount, usd } from '@turnpike/sdk'
import type { Agent } from '@turnpike/sdk'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPayee, createPayer } from '../../bench/payments.ts'
import { openBooks, readTollAccount } from './books.ts'
import type { Books } from './books.ts'
import { startPayers } from './payers.ts'
import type { Payers } from './payers.ts'
import { createHome, findFreePort, runTurnpike, startTurnpike } from './turnpike.ts'
import type { NodeProcess } from './turnpike.ts'

const processes = 10
const payments = 100
const cap = 150n
const value = 1_000n
const funds = 10_000_000n
const payee = createPayee('cap', 0)
const owner = privateKeyAccount(`0x${Buffer.from(createPayer('cap owner', 0).key).toString('hex')}`)
const agentKey = createPayer('cap', 0)

let home: ReturnType<typeof createHome>
let port: number
let node: NodeProcess
let books: Books
let agent: string
let clients: Payers | undefined

beforeEach(async () => {
  home = createHome()
  port = await findFreePort()
  node = await startTurnpike({ home: home.path, port })
  books = openBooks(node.url)
  await books.fund(owner.address, funds)
  const key = privateKeyAccount(`0x${Buffer.from(agentKey.key).toString('hex')}`)
  // 150 payments of 0.001 dollars, and 999 base units more, which are not enough for another one.
  const created = await createAgent(createClient({ url: node.url }), {
    owner,
    name: 'shopper',
    key,
    budget: { lifetime: usd('0.150999') },
  })
  agent = created.agent
  await books.fund(agent, funds)
})

afterEach(async () => {
  clients?.kill()
  await books.close()
  await node.kill()
  home.remove()
})

function startSpending(verifiedOfTen: number): Payers {
  const validBefore = Math.floor(Date.now() / 1_000) + 500
  return startPayers(
    Array.from({ length: processes }, (_, index) => ({
      url: node.url,
      seed: 'cap',
      payers: 1,
      payee,
      value: String(value),
      run: `cap ${index}`,
      count: payments,
      copies: 1,
      inFlight: payments,
      verifiedOfTen,
      validBefore,
    })),
  )
}

function readAgent(): Promise<Agent> {
  return getAgent(createClient({ url: node.url }), { agent, signer: owner })
}

async function expectCapHeld(): Promise<void> {
  const answers = clients!.answers
  expect(answers.length).toBe(processes * payments)
  // Whoever had to send a settle again may be told that it is spent; by which operation is said as well, and it is a receipt.
  const paid = answers.filter(({ transaction }) => transaction !== '')
  const refused = answers.filter(({ transaction }) => transaction === '')
  expect(new Set(paid.map(({ transaction }) => transaction)).size).toBe(Number(cap))
  expect(paid.filter(({ outcome, repeated }) => outcome !== 'settled' && !repeated)).toEqual([])
  expect(new Set(refused.map(({ outcome }) => outcome.replace('verify: ', '')))).toEqual(new Set(['policy_denied']))
  const receipts = await Promise.all(paid.map(({ transaction }) => books.get(`/receipts/${transaction}`)))
  expect(receipts.filter(({ status }) => status !== 200)).toEqual([])

  const spent = cap * value
  const toll = spent / 1_000n
  expect(await books.balanceOf(agent)).toBe(funds - spent)
  expect(await books.balanceOf(payee)).toBe(spent - toll)
  expect(await books.balanceOf(readTollAccount(home.path))).toBe(toll)
  const { caps, holds } = await readAgent()
  expect(holds).toEqual([])
  expect(caps).toMatchObject([{ id: 'life', used: spent, held: 0n, remaining: 999n }])
}

test('T04 1,000 payments at once from ten processes against a cap of 150: exactly 150 receipts', async () => {
  clients = startSpending(0)
  await clients.finished()
  await expectCapHeld()
})

test('T04 the same through verify and settle: a hold counts before it is settled', async () => {
  clients = startSpending(10)
  await clients.finished()
  await expectCapHeld()
})

test.for([1, 75])(
  'T05 killed in the middle, after %i answers, and started again: still exactly 150',
  async (killAfter) => {
    clients = startSpending(5)
    await clients.reach(killAfter)
    await node.kill()
    node = await startTurnpike({ home: home.path, port })
    clients.tell('up')
    await clients.finished()
    await expectCapHeld()
    await node.stop()
    expect(await runTurnpike(['doctor', '--home', home.path, '--json'])).toMatchObject({ code: 0 })
  },
)
