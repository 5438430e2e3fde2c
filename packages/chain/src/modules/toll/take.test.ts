// The toll: exact at every size, from nothing to 2^128 - 1, whatever the rate.
import fastCheck from 'fast-check'
import { expect, test } from 'vitest'
import { authorize, dollar, given, operator, person, settleOp, type Given } from '../../../testing/index.ts'
import * as Hash from '../../codec/Hash.ts'
import { max } from '../../codec/Units.ts'
import { paramsOf } from '../../kernel/app.ts'
import { balanceOf } from '../bank/index.ts'
import { balances, empty } from '../bank/state.ts'
import * as payments from '../payments/wire.ts'
import { share } from './take.ts'

const payer = person('payer')
const seller = person('seller')

function world(params: { readonly [name: string]: unknown } = {}): Given {
  const chain = given({ params: { faucetMax: max.toString(), faucetSupply: max.toString(), ...params } })
  chain.fund(payer, max)
  return chain
}

/** Pays by charge and returns the toll of the receipt. */
function pay(chain: Given, amount: bigint, payee = seller.address): bigint {
  const fields = { payee, asset: dollar, amount, reference: Hash.zero }
  return chain.succeed(chain.native(payments.charge, fields, payer)).payment!.toll
}

function carried(chain: Given): number {
  return balanceOf(chain.view(), seller.address, dollar).fraction
}

test.each([
  { basisPoints: 10, amounts: [999n, 1n, 1n], tolls: [0n, 1n, 0n], fractions: [9_990, 0, 10] },
  { basisPoints: 10, amounts: [1_000n, 1_001n], tolls: [1n, 1n], fractions: [0, 10] },
  { basisPoints: 1_000, amounts: [9n, 1n], tolls: [0n, 1n], fractions: [9_000, 0] },
  { basisPoints: 1, amounts: [9_999n, 1n], tolls: [0n, 1n], fractions: [9_999, 0] },
  { basisPoints: 0, amounts: [1n, 10_000n], tolls: [0n, 0n], fractions: [0, 0] },
])('at $basisPoints basis points payments of $amounts bear $tolls', ({ basisPoints, amounts, tolls, fractions }) => {
  const chain = world({ tollBasisPoints: basisPoints })
  const seen = amounts.map((amount) => ({ toll: pay(chain, amount), fraction: carried(chain) }))
  expect(seen).toEqual(tolls.map((toll, i) => ({ toll, fraction: fractions[i] })))
})

test('T112 the toll of 2^128 - 1 units at the highest rate is exact', () => {
  const chain = world({ tollBasisPoints: 1_000 })
  expect(pay(chain, max)).toBe(max / 10n)
  expect(BigInt(carried(chain))).toBe((max % 10n) * 1_000n)
  expect(balanceOf(chain.view(), seller.address, dollar).available).toBe(max - max / 10n)
})

test('T122 many payments of a few units bear together the toll of their sum, never more and less by no whole unit', () => {
  const amounts = fastCheck.array(fastCheck.bigInt({ min: 1n, max: 20_000n }), { minLength: 1, maxLength: 200 })
  const rates = fastCheck.integer({ min: 1, max: 1_000 })
  fastCheck.assert(
    fastCheck.property(amounts, rates, (all, rate) => {
      const chain = world({ tollBasisPoints: rate })
      const key = { account: seller.address, asset: dollar }
      let fraction = 0
      let tolls = 0n
      for (const amount of all) {
        chain.arrange((context) => balances.put(context, key, { ...empty, fraction }))
        const taken = share(chain.view(), { payee: seller.address, asset: dollar, amount })!
        expect(taken.toll).toBeLessThanOrEqual(amount)
        fraction = taken.fraction
        tolls += taken.toll
      }
      const sum = all.reduce((total, amount) => total + amount, 0n)
      expect(tolls).toBe((sum * BigInt(rate)) / 10_000n)
    }),
  )
})

test('T122 1,000 payments of 4 units by authorization bear 4 units of toll', () => {
  const chain = world()
  for (let block = 0; block < 10; block++) {
    const ops = Array.from({ length: 100 }, () =>
      settleOp(chain, payer, authorize(chain, payer, { to: seller.address, value: 4n })),
    )
    expect(chain.block(...ops).receipts).toHaveLength(100)
  }
  expect(balanceOf(chain.view(), operator.address, dollar).available).toBe(4n)
  expect(balanceOf(chain.view(), seller.address, dollar)).toMatchObject({ available: 3_996n, fraction: 0 })
})

test('no tollMax is said as it is shown', () => {
  const shown = (chain: ReturnType<typeof world>): unknown => paramsOf(chain.app, chain.view())['tollMax']
  expect([shown(world()), shown(world({ tollMax: null })), shown(world({ tollMax: '5' }))]).toEqual([null, null, '5'])
})

test('a toll is at most tollMax, and then the fraction stays as it was', () => {
  const chain = world({ tollMax: '5' })
  expect([pay(chain, 999n), carried(chain)]).toEqual([0n, 9_990])
  expect([pay(chain, 5_000n), carried(chain)]).toEqual([5n, 9_990])
  expect([pay(chain, 5_001n), carried(chain)]).toEqual([5n, 9_990])
  expect([pay(chain, 1_000_000n), carried(chain)]).toEqual([5n, 9_990])
})

test('the collector pays itself no toll, and pays others with toll like anybody', () => {
  const chain = world()
  expect(pay(chain, 10_000n, operator.address)).toBe(0n)
  expect(balanceOf(chain.view(), operator.address, dollar)).toMatchObject({ available: 10_000n, fraction: 0 })
  const fields = { payee: seller.address, asset: dollar, amount: 10_000n, reference: Hash.zero }
  const receipt = chain.succeed(chain.native(payments.charge, fields, operator))
  expect(receipt.payment!.toll).toBe(10n)
  expect(balanceOf(chain.view(), operator.address, dollar).available).toBe(10n)
})
