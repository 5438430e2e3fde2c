// faucet/drip: a table of its refusals, each bound at its end, and what is issued.
import { expect, test } from 'vitest'
import {
  change,
  dollar,
  given,
  nativeDraft,
  nativeFaults,
  openAgent,
  operator,
  person,
  refusalRows,
  testDollar,
  type Case,
  type Given,
  type World,
} from '../../../testing/index.ts'
import { balanceOf, supplyOf } from '../bank/index.ts'
import * as Address from '../../codec/Address.ts'
import * as wire from './wire.ts'

const alice = person('alice')
const bob = person('bob')

function world(): World {
  const chain = given({ params: { accountMin: '50', faucetMax: '1000', faucetSupply: '1500' } })
  chain.fund(alice, 400n)
  return { chain }
}

const draft = ({ chain }: World): ReturnType<typeof nativeDraft> =>
  nativeDraft(chain, {
    definition: wire.drip,
    by: operator,
    fields: { to: alice.address, asset: dollar, amount: 1_000n },
  })

const cases: readonly Case<World>[] = [
  ...nativeFaults<World>(),
  {
    name: 'anybody but the operator',
    code: 'accounts/not_yours',
    spoil(op) {
      op.by = alice
      change(op, { account: alice.address })
    },
  },
  {
    name: 'an asset that is none of this chain',
    code: 'bank/unknown_asset',
    spoil: (op) => change(op, { asset: bob.address }),
  },
  { name: 'an amount of zero', code: 'wire/amount_invalid', spoil: (op) => change(op, { amount: 0n }) },
  { name: '1 unit more than one call gives', code: 'faucet/too_much', spoil: (op) => change(op, { amount: 1_001n }) },
  {
    name: '1 unit more than the supply allows',
    code: 'faucet/empty',
    spoil(op, { chain }) {
      chain.fund(alice, 101n)
      change(op, { amount: 1_000n })
    },
  },
  {
    name: 'a first credit 1 unit below the minimum',
    code: 'bank/below_minimum',
    spoil: (op) => change(op, { amount: 49n, to: bob.address }),
  },
]

test.each(refusalRows({ world, draft, cases }))('faucet/drip $name', ({ expected, actual }) => {
  expect(actual()).toBe(expected)
})

function drip(chain: Given, to: Address.Address, amount: bigint): ReturnType<Given['succeed']> {
  return chain.succeed(chain.native(wire.drip, { to, asset: dollar, amount }, operator))
}

test('faucet/drip issues to the account of the address, and the supply grows by just that', () => {
  const { chain } = world()
  const key = person('agent key')
  const agent = openAgent(chain, { owner: alice, key })
  const receipt = drip(chain, key.address, 60n)
  expect(receipt).toMatchObject({ kind: 'other', code: 0 })
  expect(receipt.payment).toEqual({
    payer: operator.address,
    account: operator.address,
    payee: key.address,
    asset: dollar,
    amount: 60n,
    toll: 0n,
  })
  expect(receipt.events.map(({ fields }) => fields)).toEqual([
    { from: Address.zero, to: key.address, asset: dollar, amount: 60n },
  ])
  expect(balanceOf(chain.view(), agent.address, dollar).available).toBe(60n)
  expect(supplyOf(chain.view(), dollar)).toBe(460n)
  expect(supplyOf(chain.view(), testDollar)).toBe(0n)
})

test('faucet/drip gives each asset its whole supply, to the unit', () => {
  const { chain } = world()
  drip(chain, alice.address, 1_000n)
  drip(chain, alice.address, 100n)
  expect(supplyOf(chain.view(), dollar)).toBe(1_500n)
  expect(chain.refused(chain.native(wire.drip, { to: alice.address, asset: dollar, amount: 1n }, operator)).code).toBe(
    'faucet/empty',
  )
  chain.fund(alice, 1_000n, testDollar)
  expect(supplyOf(chain.view(), testDollar)).toBe(1_000n)
})
