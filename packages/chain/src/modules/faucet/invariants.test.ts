// The invariant of the faucet finds an operator that does not exist.
import { expect, test } from 'vitest'
import { given, person } from '../../../testing/index.ts'
import { violations } from '../../kernel/app.ts'
import { drippers } from './state.ts'

test('faucet/operator finds an operator without account', () => {
  const chain = given()
  expect(violations(chain.app, chain.view())).toEqual([])
  chain.arrange((context) => drippers.put(context, 0, person('nobody').address))
  expect(violations(chain.app, chain.view()).map(({ name }) => name)).toEqual(['faucet/operator'])
})
