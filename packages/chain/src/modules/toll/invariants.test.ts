// The invariant of toll finds a collector that does not exist.
import { expect, test } from 'vitest'
import { given, person } from '../../../testing/index.ts'
import { violations } from '../../kernel/app.ts'
import { collector } from './state.ts'

test('toll/collector finds a collector that is no account', () => {
  const chain = given()
  expect(violations(chain.app, chain.view())).toEqual([])
  chain.arrange((context) => collector.put(context, 0, person('nobody').address))
  expect(violations(chain.app, chain.view()).map(({ name }) => name)).toEqual(['toll/collector'])
})
