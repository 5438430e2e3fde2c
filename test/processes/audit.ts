// The books of a test of crashes, kept from the clients' answers alone and held against the node after each restart.
import { expect } from 'vitest'
import { openBooks } from './books.ts'
import type { Books } from './books.ts'
import type { Answer } from './payer.ts'

/** Who takes part. All payments have one value. */
export type AuditOptions = {
  /** Base units. */
  readonly value: bigint
  readonly payee: string
  readonly payers: readonly string[]
  readonly tollAccount: string
  /** How many payments can be without an answer at a time. */
  readonly inFlightMax: number
}

/** What the clients were told, and whether the node still says so. */
export type Audit = {
  /** Takes all answers so far, earlier ones included. */
  note(answers: readonly Answer[]): void
  /** After a crash: each new acknowledgement is kept, and the money is where the acknowledgements say, but for those in flight. */
  check(url: string): Promise<void>
  /** At the end, with nothing in flight: every acknowledgement is kept and the money agrees to the unit. */
  close(url: string): Promise<void>
}

/** Of a development chain. */
const tollBasisPoints = 10n

/** Opens the books. */
export function createAudit({ value, payee, payers, tollAccount, inFlightMax }: AuditOptions): Audit {
  const transactions = new Map<string, Answer>()
  const operations = new Set<string>()
  let noted = 0
  let checked = 0

  const note: Audit['note'] = (answers) => {
    for (; noted < answers.length; noted++) {
      const answer = answers[noted] as Answer
      // Sent again after a lost answer, a payment without exactly one verify is told that it is spent, and by what (decisions 9).
      const isKnown = answer.repeated && answer.outcome === 'invalid_exact_evm_nonce_already_used'
      if (answer.outcome !== 'settled' && !isKnown) throw new Error(`${answer.nonce}: ${answer.outcome}`)
      expect(answer.transaction).toMatch(/^0x[0-9a-f]{64}$/)
      transactions.set(answer.nonce, answer)
      operations.add(answer.transaction)
    }
    expect(transactions.size).toBe(noted)
    expect(operations.size).toBe(noted)
  }

  async function checkKept(books: Books, answers: readonly Answer[]): Promise<void> {
    const expected = answers.map(({ nonce, transaction }) => ({ nonce, status: 'settled', operation: transaction }))
    const found = await Promise.all(
      answers.map(async ({ payer, nonce }) => {
        const { status, operation } = await books.outcomeOf({ payer, nonce })
        return { nonce, status, operation }
      }),
    )
    expect(found).toEqual(expected)
  }

  /** How many payments have moved money. The supply is all there. */
  async function countMoved(books: Books): Promise<bigint> {
    const [paid, toll, supply, ...left] = await Promise.all([
      books.balanceOf(payee),
      books.balanceOf(tollAccount),
      books.supply(),
      ...payers.map((payer) => books.balanceOf(payer)),
    ])
    const moved = paid + toll
    expect(moved + left.reduce((sum, balance) => sum + balance, 0n)).toBe(supply)
    expect(moved % value).toBe(0n)
    expect(toll).toBe((moved * tollBasisPoints) / 10_000n)
    return moved / value
  }

  return {
    note,
    async check(url) {
      const books = openBooks(url)
      const fresh = [...transactions.values()].slice(checked)
      await checkKept(books, fresh)
      checked += fresh.length
      const moved = await countMoved(books)
      expect(moved).toBeGreaterThanOrEqual(BigInt(noted))
      expect(moved).toBeLessThanOrEqual(BigInt(noted + inFlightMax))
      await books.close()
    },
    async close(url) {
      const books = openBooks(url, 32)
      await checkKept(books, [...transactions.values()])
      expect(await countMoved(books)).toBe(BigInt(noted))
      await books.close()
    },
  }
}
