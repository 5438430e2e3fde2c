// The books of the toll after any payments: what receipts say was taken is what the collector has, to the unit, and what the rate says.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dollar, given, operator, person } from '../../../testing/index.ts'
import * as Hash from '../../codec/Hash.ts'
import { balanceOf } from '../bank/index.ts'
import * as payments from '../payments/wire.ts'

const payer = person('payer')
const payees = ['a', 'b', 'c'].map(person)
const funds = 1_000_000_000n

const blocks = fc.array(
  fc.array(
    fc.record({
      to: fc.nat(payees.length - 1),
      amount: fc.oneof(fc.bigInt({ min: 1n, max: 3n }), fc.bigInt({ min: 1n, max: 10_000_000n })),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  { minLength: 1, maxLength: 4 },
)
const rates = fc.oneof(fc.constantFrom(0, 1, 10, 1_000), fc.nat(1_000))

test('T81 the toll of all payments, receipt by receipt, is what its collector has', () => {
  fc.assert(
    fc.property(blocks, rates, (content, rate) => {
      const g = given({ params: { tollBasisPoints: rate } })
      g.fund(payer, funds)
      const paid = payees.map(() => 0n)
      const tolls = payees.map(() => 0n)
      for (const block of content) {
        const ops = block.map(({ to, amount }) => {
          const fields = { payee: payees[to]!.address, asset: dollar, amount, reference: Hash.zero }
          return g.native(payments.charge, fields, payer)
        })
        const { receipts } = g.block(...ops)
        expect(receipts).toHaveLength(block.length)
        for (const [i, { to, amount }] of block.entries()) {
          paid[to]! += amount
          tolls[to]! += receipts[i]!.payment!.toll
        }
      }
      const has = (who: string): bigint => balanceOf(g.view(), who as typeof payer.address, dollar).available
      expect(tolls).toEqual(paid.map((sum) => (sum * BigInt(rate)) / 10_000n))
      expect(has(operator.address)).toBe(tolls.reduce((sum, toll) => sum + toll, 0n))
      expect(payees.map(({ address }) => has(address))).toEqual(paid.map((sum, i) => sum - tolls[i]!))
      expect(has(payer.address)).toBe(funds - paid.reduce((sum, each) => sum + each, 0n))
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 15) },
  )
})
