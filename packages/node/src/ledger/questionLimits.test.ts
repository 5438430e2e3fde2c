// What one question may look at: where its rows or its time end before anything was found it is cut with a cursor, and goes on there.
import { dollar, person } from '@turnpike/chain/testing'
import type { Person } from '@turnpike/chain/testing'
import type { Address, codec, Op } from '@turnpike/chain/wire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { charge, drip, genesisAt, givenHome, openNode, refund, signingFor } from '../../testing/givenNode.ts'
import type { OpenNode } from '../../testing/givenNode.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import { questionLimits } from './historyBudget.ts'
import type { QuestionLimits } from './historyBudget.ts'

const begin = 1_800_057_600_000
const genesis = genesisAt(begin)
const clock = createManualClock(begin)
const signing = signingFor(genesis, () => clock.now())
const [alice, seller] = [person('alice'), person('seller')] as [Person, Person]
/** Found under the seller's key, since its first eight bytes are the seller's; whoever wants can pay such a one. */
const lookalike = `${seller.address.slice(0, -1)}${seller.address.endsWith('0') ? '1' : '0'}` as Address.Address

/** What the lookalike got. */
const ones = Array.from({ length: 300 }, () => '1')

let home = ''
let remove: () => Promise<void>
let node: OpenNode
const submitAll = (ops: readonly Op[]): Promise<unknown> => Promise.all(ops.map((op) => node.ledger.submit(op)))
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make)
beforeAll(async () => {
  ;({ home, remove } = await givenHome())
  node = await openNode({ home, genesis, clock })
  await submitAll([drip(signing, alice), drip(signing, seller)])
  const sold = charge(signing, { from: alice, to: seller, amount: 7n })
  await submitAll([sold])
  await submitAll([refund(signing, { from: seller, to: alice, amount: 2n, payment: sold.id })])
  await submitAll(times(ones.length, () => charge(signing, { from: alice, to: lookalike, amount: 1n })))
  await submitAll(times(300, () => drip(signing, alice, 1n)))
  await node.close()
})
afterAll(() => remove())

type Asked = { readonly name: string; readonly args: { readonly [name: string]: unknown } }
type Listed = { readonly amounts: readonly codec.Json[]; readonly cuts: number }

/** The whole list, page by page, and how often nothing was found. */
async function readAll({ name, args }: Asked): Promise<Listed> {
  const amounts: codec.Json[] = []
  let cuts = 0
  for (let cursor: codec.Json | undefined, first = true; first || cursor !== undefined; first = false) {
    const asked = node.ledger.query(name, { ...args, ...(cursor !== undefined && { cursor }) }, {})
    const page = await asked.catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'history/too_slow', retry: 'later', values: { cursor: expect.any(String) } })
      cuts++
      return { payments: [], next: (error as { readonly values: { readonly cursor: string } }).values.cursor }
    })
    const { payments, next } = page as {
      readonly payments: readonly { readonly amount: string }[]
      readonly next?: string
    }
    amounts.push(...payments.map(({ amount }) => amount))
    cursor = next
  }
  return { amounts, cuts }
}

const mine = { account: seller.address }

// Those of every day, but for the time: a machine that runs other tests as well takes any.
const wide = { ...questionLimits, durationMs: 60_000 }

describe.each<{ readonly title: string; readonly limits: QuestionLimits }>([
  { title: 'that runs out of rows', limits: { ...wide, rows: 4 } },
  { title: 'that runs out of time', limits: { ...wide, durationMs: -1 } },
  { title: 'within the rows of every day', limits: wide },
])('T152 a question $title', ({ limits }) => {
  beforeAll(async () => {
    node = await openNode({ home, genesis, clock, historyLimits: limits })
  })
  afterAll(() => node.close())

  it.each<Asked & { readonly of: string; readonly found: readonly string[]; readonly isCut: boolean }>([
    { of: 'all', name: 'history/recent', args: {}, found: [...ones, '2', '7'], isCut: true },
    { of: 'all, one by one', name: 'history/recent', args: { limit: 1 }, found: [...ones, '2', '7'], isCut: true },
    { of: 'sales', name: 'history/account', args: { ...mine, role: 'payee' }, found: ['7'], isCut: true },
    { of: 'sales and refunds', name: 'history/account', args: { ...mine, limit: 2 }, found: ['2', '7'], isCut: true },
    { of: 'refunds', name: 'history/account', args: { ...mine, role: 'payer' }, found: ['2'], isCut: false },
    { of: 'another', name: 'history/account', args: { account: lookalike }, found: ones, isCut: false },
  ])('$name of $of finds all in the end', async ({ found, isCut, ...asked }) => {
    const { amounts, cuts } = await readAll(asked)
    expect(amounts).toEqual(found)
    expect(cuts > 0).toBe(isCut && limits !== wide)
  })

  it('keeps the books of a seller at hand', async () => {
    expect(await node.ledger.query('history/seller', { payee: seller.address }, {})).toMatchObject({
      totals: [{ asset: dollar, revenue: '7', refunded: '2', payments: 1 }],
    })
  })
})
