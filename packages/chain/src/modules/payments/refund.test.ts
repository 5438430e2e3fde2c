// payments/refund: a table of its refusals, and why it is no way to win budget back.
import { expect, test } from 'vitest'
import {
  authorize,
  change,
  dollar,
  documentWith,
  dollarCap,
  given,
  nativeDraft,
  nativeFaults,
  openAgent,
  operator,
  payOp,
  person,
  refusalRows,
  settleOp,
  type Case,
  type World,
} from '../../../testing/index.ts'
import type { Address } from '../../codec/Address.ts'
import type { Op } from '../../wire/op.ts'
import type { Given } from '../../../testing/index.ts'
import * as Hash from '../../codec/Hash.ts'
import { balanceOf } from '../bank/index.ts'
import * as wire from './wire.ts'

const owner = person('owner')
const key = person('agent key')
const seller = person('seller')

function world(): World & { readonly agent: ReturnType<typeof openAgent> } {
  const chain = given({ params: { accountMin: '50' } })
  chain.fund(owner, 1_000n)
  const caps = [dollarCap('life', { kind: 'lifetime' }, { maxAmount: 1_000n })]
  const agent = openAgent(chain, { owner, key, document: documentWith({ caps }) })
  chain.fund(agent.address, 1_000n)
  chain.fund(seller, 1_000n)
  return { chain, agent }
}
type Here = ReturnType<typeof world>

const draft = ({ chain, agent }: Here): ReturnType<typeof nativeDraft> =>
  nativeDraft(chain, {
    definition: wire.refund,
    by: seller,
    fields: { payer: agent.address, asset: dollar, amount: 100n, payment: Hash.zero },
  })

const cases: readonly Case<Here>[] = [
  ...nativeFaults<Here>(),
  { name: 'an amount of zero', code: 'wire/amount_invalid', spoil: (op) => change(op, { amount: 0n }) },
  {
    name: 'a refund to oneself',
    code: 'bank/same_account',
    spoil: (op) => change(op, { payer: op.fields['account'] }),
  },
  {
    name: 'an asset that is none of this chain',
    code: 'bank/unknown_asset',
    spoil: (op) => change(op, { asset: seller.address }),
  },
  {
    name: 'an agent',
    code: 'policy/scheme_not_allowed',
    spoil(op, { agent }) {
      op.by = key
      change(op, { account: agent.address, payer: seller.address })
    },
  },
  {
    name: 'a first credit that is 1 unit too small',
    code: 'bank/below_minimum',
    spoil: (op) => change(op, { amount: 49n, payer: person('nobody yet').address }),
  },
  { name: '1 unit more than there is', code: 'bank/balance', spoil: (op) => change(op, { amount: 1_001n }) },
]

test.each(refusalRows({ world, draft, cases }))('payments/refund $name', ({ expected, actual }) => {
  expect(actual()).toBe(expected)
})

function refundOp(chain: Given, payer: Address, amount: bigint): Op {
  return chain.native(wire.refund, { payer, asset: dollar, amount, payment: Hash.zero }, seller)
}

test('payments/refund gives back to the account of the key that paid, names the payment and bears no toll', () => {
  const { chain, agent } = world()
  const paid = chain.succeed(settleOp(chain, key, authorize(chain, key, { to: seller.address, value: 1_000n })))
  const fields = { payer: key.address, asset: dollar, amount: 1_000n, payment: paid.op }
  const receipt = chain.succeed(chain.native(wire.refund, fields, seller))
  expect(receipt).toMatchObject({ kind: 'refund', code: 0, reference: paid.op, policyVersion: 0 })
  expect(receipt.payment).toEqual({
    payer: seller.address,
    account: seller.address,
    payee: key.address,
    asset: dollar,
    amount: 1_000n,
    toll: 0n,
  })
  const left = [agent.address, seller.address, operator.address].map(
    (account) => balanceOf(chain.view(), account, dollar).available,
  )
  expect(left).toEqual([1_000n, 999n, 1n])
})

test('T02 T100 paying and being refunded 100 times spends a budget of ten payments once', () => {
  const { chain, agent } = world()
  const outcomes: string[] = []
  for (let round = 0; round < 100; round++) {
    const [paid] = chain.block(payOp(chain, agent, { to: seller.address, amount: 100n })).outcomes
    outcomes.push('code' in paid! ? String(paid.code) : 'repeat')
    if (outcomes.at(-1) === '0') chain.succeed(refundOp(chain, agent.address, 100n))
  }
  expect(outcomes).toEqual([...Array(10).fill('0'), ...Array(90).fill('policy/cap_lifetime')])
  expect(balanceOf(chain.view(), agent.address, dollar).available).toBe(1_000n)
})

test('a budget used to exactly its end and refunded in full leaves the money and no budget', () => {
  const { chain, agent } = world()
  chain.succeed(payOp(chain, agent, { to: seller.address, amount: 1_000n }))
  expect(balanceOf(chain.view(), agent.address, dollar).available).toBe(0n)
  chain.succeed(refundOp(chain, agent.address, 1_000n))
  const refusal = chain.refused(payOp(chain, agent, { to: seller.address, amount: 1n }))
  expect(refusal).toMatchObject({ code: 'policy/cap_lifetime', values: { remaining: 0n } })
})
