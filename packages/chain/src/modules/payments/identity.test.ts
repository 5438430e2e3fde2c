// One content, one outcome: what an alias (x402's payment-identifier) stands for, how long, and for whom.
import { expect, test } from 'vitest'
import {
  authorize,
  cancelOp,
  codeOf,
  dollar,
  given,
  holdOp,
  openAgent,
  payOp,
  person,
  settleOp,
  type Given,
} from '../../../testing/index.ts'
import type * as Hash from '../../codec/Hash.ts'
import { findNonce } from '../accounts/index.ts'
import { balanceOf } from '../bank/index.ts'
import { keepAlias } from './identity.ts'
import { aliases, aliasRing } from './state.ts'
import { aliasesMax, aliasLifetimeMs } from './wire.ts'

const payer = person('payer')
const seller = person('seller')
const dayMs = 86_400_000

function aliasOf(number: number): Hash.Hash {
  return `0x${number.toString(16).padStart(64, '0')}` as Hash.Hash
}

function world(): Given {
  const chain = given()
  chain.fund(payer, 1_000n)
  return chain
}

/** A fresh authorization, handed in under an alias. */
function pay(chain: Given, alias: Hash.Hash, value = 100n): ReturnType<Given['run']> {
  return chain.run(settleOp(chain, payer, authorize(chain, payer, { to: seller.address, value }), alias))
}

function paidBy(chain: Given): bigint {
  return 1_000n - balanceOf(chain.view(), payer.address, dollar).available
}

test('the same alias and content answers the first receipt under another nonce, and moves nothing', () => {
  const chain = world()
  const first = pay(chain, aliasOf(1))
  const of = authorize(chain, payer, { to: seller.address, value: 100n })
  const result = chain.block(settleOp(chain, payer, of, aliasOf(1)), holdOp(chain, payer, of, { alias: aliasOf(1) }))
  const { sequence } = first as { sequence: number }
  expect(result).toMatchObject({ idle: true, outcomes: [{ repeats: sequence }, { repeats: sequence }] })
  expect(paidBy(chain)).toBe(100n)
  expect(findNonce(chain.view(), { address: payer.address, asset: dollar, nonce: of.nonce })).toBeUndefined()
})

test('T128 a client that signs anew after a timeout, with its identifier, pays once even when both were held', () => {
  const chain = world()
  const [first, second] = [1, 2].map(() => authorize(chain, payer, { to: seller.address, value: 100n }))
  const alias = aliasOf(1)
  chain.succeed(holdOp(chain, payer, first!, { alias }))
  chain.succeed(holdOp(chain, payer, second!, { alias }))
  const { sequence } = chain.succeed(settleOp(chain, payer, first!, alias))
  expect(chain.run(settleOp(chain, payer, second!, alias))).toEqual({ repeats: sequence })
  expect(paidBy(chain)).toBe(200n) // 100 paid, 100 still held
  chain.time += 30_000
  chain.fund(seller, 1n)
  expect(paidBy(chain)).toBe(100n)
})

test('a hold of other content under the same alias still settles, and the alias stays with the first', () => {
  const chain = world()
  const alias = aliasOf(1)
  const first = authorize(chain, payer, { to: seller.address, value: 100n })
  const second = authorize(chain, payer, { to: seller.address, value: 200n })
  chain.succeed(holdOp(chain, payer, first, { alias }))
  chain.succeed(holdOp(chain, payer, second, { alias }))
  const { sequence } = chain.succeed(settleOp(chain, payer, first, alias))
  chain.succeed(settleOp(chain, payer, second, alias))
  expect(paidBy(chain)).toBe(300n)
  expect(pay(chain, alias)).toEqual({ repeats: sequence })
  expect(codeOf(pay(chain, alias, 200n))).toBe('payments/id_conflict')
})

test('another payee, asset or amount under an alias is a conflict; without it, or under another, it pays', () => {
  const chain = world()
  pay(chain, aliasOf(1))
  const make = (wanted: Partial<Parameters<typeof authorize>[2]>, alias?: Hash.Hash): string =>
    codeOf(
      chain.run(settleOp(chain, payer, authorize(chain, payer, { to: seller.address, value: 100n, ...wanted }), alias)),
    )
  expect(make({ to: person('other').address }, aliasOf(1))).toBe('payments/id_conflict')
  expect(make({ value: 101n }, aliasOf(1))).toBe('payments/id_conflict')
  expect(make({}, aliasOf(2))).toBe('success')
  expect(make({})).toBe('success')
})

test('an alias is of its payer: another payer may use the same one', () => {
  const chain = world()
  const other = person('other payer')
  chain.fund(other, 100n)
  pay(chain, aliasOf(1))
  chain.succeed(settleOp(chain, other, authorize(chain, other, { to: seller.address, value: 100n }), aliasOf(1)))
})

test('an alias belongs to the account: another key of it is answered by the same receipt', () => {
  const chain = world()
  const owner = person('owner')
  chain.fund(owner, 1n)
  const key = person('agent key')
  const agent = openAgent(chain, { owner, key })
  chain.fund(agent.address, 100n)
  chain.succeed(settleOp(chain, key, authorize(chain, key, { to: seller.address, value: 60n }), aliasOf(1)))
  expect(aliases.find(chain.view(), { account: agent.address, alias: aliasOf(1) })).toBeDefined()
  expect(aliases.find(chain.view(), { account: key.address, alias: aliasOf(1) })).toBeUndefined()
})

test('a payment that was refused leaves no alias, and the same bytes pay after a top-up', () => {
  const chain = world()
  const op = settleOp(chain, payer, authorize(chain, payer, { to: seller.address, value: 1_001n }), aliasOf(1))
  expect(chain.refused(op).code).toBe('bank/balance')
  chain.fund(payer, 1n)
  chain.succeed(op)
})

test('an alias lives 24 hours, to the millisecond', () => {
  const chain = world()
  const { sequence, time } = pay(chain, aliasOf(1)) as { sequence: number; time: number }
  expect(aliasLifetimeMs).toBe(dayMs)
  chain.time = time + dayMs - 1
  expect(pay(chain, aliasOf(1))).toEqual({ repeats: sequence })
  chain.time++
  expect(codeOf(pay(chain, aliasOf(1), 200n))).toBe('success')
  expect(paidBy(chain)).toBe(300n)
})

test('an alias given again after its end lives its own 24 hours', () => {
  const chain = world()
  pay(chain, aliasOf(1))
  chain.time += dayMs
  const { sequence, time } = pay(chain, aliasOf(1)) as { sequence: number; time: number }
  chain.time = time + dayMs - 1
  expect(pay(chain, aliasOf(1))).toEqual({ repeats: sequence })
})

test('the oldest of 1,025 aliases is dropped, and no payment is refused for it', () => {
  const chain = world()
  const content = { account: payer.address, payee: seller.address, asset: dollar, amount: 1n }
  const { sequence } = pay(chain, aliasOf(0), 1n) as { sequence: number }
  chain.arrange((context) => {
    for (let i = 1; i < aliasesMax; i++) keepAlias(context, aliasOf(i), content)
  })
  expect(pay(chain, aliasOf(0), 1n)).toEqual({ repeats: sequence })
  expect(codeOf(pay(chain, aliasOf(aliasesMax), 1n))).toBe('success')
  expect(codeOf(pay(chain, aliasOf(1), 2n))).toBe('payments/id_conflict')
  expect(codeOf(pay(chain, aliasOf(0), 2n))).toBe('success')
  expect(codeOf(pay(chain, aliasOf(1), 2n))).toBe('success')
  chain.time += dayMs
  chain.fund(payer, 1n) // 1,000 of 1,024 and more ends are released by this block …
  chain.fund(payer, 1n) // … and the rest by the next.
  expect([aliases.count(chain.view()), aliasRing.count(chain.view())]).toEqual([0, 0])
})

test('an expired authorization under a living alias is answered by the receipt: it asks, it does not pay', () => {
  const chain = world()
  const { sequence } = pay(chain, aliasOf(1)) as { sequence: number }
  const of = authorize(chain, payer, { to: seller.address, value: 100n, validBefore: Math.floor(chain.time / 1_000) })
  expect(chain.run(settleOp(chain, payer, of, aliasOf(1)))).toEqual({ repeats: sequence })
})

test('the same nonce with other content is a conflict for native operations too', () => {
  const chain = world()
  const owner = person('owner')
  chain.fund(owner, 1n)
  const key = person('agent key')
  const agent = openAgent(chain, { owner, key })
  chain.fund(agent.address, 100n)
  const op = payOp(chain, agent, { to: seller.address, amount: 60n })
  const { sequence } = chain.succeed(op)
  const fields = { ...op.message, amount: 40n }
  expect(chain.refused(chain.native(op.definition, fields, key, { account: agent.address })).code).toBe(
    'payments/id_conflict',
  )
  expect(chain.run(op)).toEqual({ repeats: sequence })
})

test('cancelling twice is one cancelling', () => {
  const chain = world()
  const op = cancelOp(chain, payer, authorize(chain, payer, { to: seller.address, value: 1n }))
  const { sequence } = chain.succeed(op)
  expect(chain.block(op)).toMatchObject({ idle: true, outcomes: [{ repeats: sequence }] })
})
