// Each invariant of bank says what is wrong when something is, and nothing otherwise.
import { expect, test } from 'vitest'
import { dollar, given, person, type Given } from '../../../testing/index.ts'
import { violations } from '../../kernel/app.ts'
import type { Context } from '../../kernel/context.ts'
import { balances, empty, supply } from './state.ts'

const alice = person('alice').address
const nothing = person('no asset').address

function world(): Given {
  const chain = given()
  chain.fund(alice, 100n)
  return chain
}

const faults: readonly (readonly [name: string, fault: string, break_: (context: Context) => void])[] = [
  [
    'bank/supply',
    'a unit too many',
    (context) => balances.put(context, { account: alice, asset: dollar }, { ...empty, available: 101n }),
  ],
  [
    'bank/supply',
    'a unit too few',
    (context) => balances.put(context, { account: alice, asset: dollar }, { ...empty, available: 98n, locked: 1n }),
  ],
  ['bank/supply', 'a supply that nobody has', (context) => supply.put(context, dollar, 101n)],
  [
    'bank/fractions',
    'a whole unit of toll owed',
    (context) =>
      balances.put(context, { account: alice, asset: dollar }, { ...empty, available: 100n, fraction: 10_000 }),
  ],
  [
    'bank/assets',
    'a balance of no asset',
    (context) => balances.put(context, { account: alice, asset: nothing }, empty),
  ],
  ['bank/assets', 'a supply of no asset', (context) => supply.put(context, nothing, 0n)],
]

test.each(faults)('%s finds %s', (name, _, break_) => {
  const chain = world()
  expect(violations(chain.app, chain.view())).toEqual([])
  chain.arrange(break_)
  expect(violations(chain.app, chain.view()).map((found) => found.name)).toEqual([name])
})
