// payments/payment and bank/balance: what anybody may ask of a payment and of a balance, in each state.
import { expect, test } from 'vitest'
import { ask, authorize, cancelOp, dollar, given, holdOp, openAgent, person, settleOp } from '../../../testing/index.ts'

const owner = person('owner')
const key = person('agent key')
const seller = person('seller')

test('payments/payment tells a payment in each of its states, by the address that signed', () => {
  const chain = given()
  chain.fund(owner, 1_000n)
  const of = authorize(chain, owner, { to: seller.address, value: 100n })
  const tell = (): unknown => ask(chain, 'payments/payment', { asset: dollar, payer: owner.address, nonce: of.nonce })
  expect(tell()).toEqual({ status: 'none' })
  const hold = chain.succeed(holdOp(chain, owner, of, { holdMs: 1_000 }))
  const settle = settleOp(chain, owner, of)
  const common = {
    attempts: 1,
    amount: '100',
    payee: seller.address,
    operation: settle.id,
    expires: of.validBefore * 1_000,
  }
  expect(tell()).toEqual({ status: 'held', ...common, sequence: hold.sequence, holdEnds: hold.time + 1_000 })
  chain.time += 1_000
  chain.fund(owner, 1n)
  expect(tell()).toEqual({ status: 'open', ...common, sequence: hold.sequence })
  const { sequence } = chain.succeed(settle)
  expect(tell()).toEqual({ status: 'settled', ...common, sequence })
  chain.time = of.validBefore * 1_000
  chain.fund(owner, 1n)
  expect(tell()).toEqual({ status: 'none' })
})

test('payments/payment tells a cancelled nonce for ever', () => {
  const chain = given()
  chain.fund(owner, 1_000n)
  const of = authorize(chain, owner, { to: seller.address, value: 100n })
  chain.succeed(cancelOp(chain, owner, of))
  chain.time += 366 * 86_400_000
  expect(ask(chain, 'payments/payment', { asset: dollar, payer: owner.address, nonce: of.nonce })).toMatchObject({
    status: 'cancelled',
    attempts: 0,
  })
})

test('bank/balance answers for the account of a key, and tells what is locked', () => {
  const chain = given()
  chain.fund(owner, 1n)
  const agent = openAgent(chain, { owner, key })
  chain.fund(key.address, 1_000n)
  chain.succeed(holdOp(chain, key, authorize(chain, key, { to: seller.address, value: 300n })))
  for (const account of [key.address, agent.address])
    expect(ask(chain, 'bank/balance', { account, asset: dollar })).toEqual({ available: '700', locked: '300' })
  expect(ask(chain, 'bank/balance', { account: seller.address, asset: dollar })).toEqual({
    available: '0',
    locked: '0',
  })
  expect(ask(chain, 'bank/supply', { asset: dollar })).toEqual({ supply: '1001' })
  expect(ask(chain, 'accounts/account', { address: key.address })).toEqual({
    account: agent.address,
    kind: 'agent',
    owner: owner.address,
    created: chain.time,
  })
  expect(ask(chain, 'accounts/account', { address: seller.address })).toEqual({ account: seller.address, kind: 'none' })
})
