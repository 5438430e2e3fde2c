// policy/sweep: refusals in their order, and the money back whatever the policy says.
import { expect, test } from 'vitest'
import {
  dollar,
  dollarCap,
  documentWith,
  given,
  openAgent,
  operator,
  payOp,
  person,
  testDollar,
} from '../../../testing/index.ts'
import type { Given } from '../../../testing/index.ts'
import { balanceOf } from '../bank/index.ts'
import { freeze, sweep } from './wire.ts'

const owner = person('owner')
const key = person('key')

test('T13 T110 refusals in their order, then the sweep of a frozen agent, without toll and without caps', () => {
  const g = given()
  g.fund(owner, 5n)
  const stranger = person('stranger')
  g.fund(stranger, 1n)
  const document = documentWith({ caps: [dollarCap('life', { kind: 'lifetime' }, { maxAmount: 1n })] })
  const agent = openAgent(g, { owner, key, document })
  g.fund(agent.address, 1_000_000n)
  const sweepOp = (fields: object, by = owner, more = {}): ReturnType<Given['op']> =>
    g.native(sweep, { agent: agent.address, asset: dollar, amount: 1_000_000n, ...fields }, by, more)

  expect(g.refused(sweepOp({ agent: person('nobody').address })).code).toBe('accounts/unknown_account')
  expect(g.refused(sweepOp({}, key, { account: agent.address })).code).toBe('policy/change_not_allowed')
  expect(g.refused(sweepOp({}, stranger)).code).toBe('accounts/not_yours')
  expect(g.refused(sweepOp({ asset: stranger.address, amount: 0n })).code).toBe('bank/unknown_asset')
  expect(g.refused(sweepOp({ amount: 0n })).code).toBe('wire/amount_invalid')
  expect(g.refused(sweepOp({ amount: 1_000_001n })).code).toBe('bank/balance')
  expect(g.refused(sweepOp({ asset: testDollar, amount: 1n })).code).toBe('bank/balance')

  g.succeed(g.native(freeze, { agent: agent.address }, owner))
  const before = balanceOf(g.view(), operator.address, dollar).available
  const receipt = g.succeed(sweepOp({}))
  expect(receipt).toMatchObject({
    kind: 'other',
    payment: {
      payer: agent.address,
      account: agent.address,
      payee: owner.address,
      asset: dollar,
      amount: 1_000_000n,
      toll: 0n,
    },
  })
  expect(receipt.events.map(({ definition }) => definition.type)).toEqual(['bank/Transfer', 'policy/Swept'])
  expect(balanceOf(g.view(), agent.address, dollar).available).toBe(0n)
  expect(balanceOf(g.view(), owner.address, dollar).available).toBe(1_000_005n)
  expect(balanceOf(g.view(), operator.address, dollar).available).toBe(before)
  expect(g.refused(sweepOp({ amount: 1n })).code).toBe('bank/balance')
})

test('T02 what comes in widens nothing, and a sweep uses no cap', () => {
  const g = given()
  g.fund(owner, 5n)
  const document = documentWith({ caps: [dollarCap('life', { kind: 'lifetime' }, { maxAmount: 10n })] })
  const agent = openAgent(g, { owner, key, document })
  g.fund(agent.address, 100n)
  g.succeed(g.native(sweep, { agent: key.address, asset: dollar, amount: 90n }, owner))
  g.fund(agent.address, 100n)
  g.succeed(payOp(g, agent, { to: operator.address, amount: 10n }))
  expect(g.refused(payOp(g, agent, { to: operator.address, amount: 1n })).code).toBe('policy/cap_lifetime')
})
