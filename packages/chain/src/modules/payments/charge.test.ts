// payments/charge: a table of its refusals, who is who, and what it leaves.
import { expect, test } from 'vitest'
import {
  change,
  dollar,
  given,
  nativeDraft,
  nativeFaults,
  openAgent,
  operator,
  payOp,
  person,
  refusalRows,
  type Case,
  type World,
} from '../../../testing/index.ts'
import * as Hash from '../../codec/Hash.ts'
import { max } from '../../codec/Units.ts'
import { balanceOf } from '../bank/index.ts'
import * as policy from '../policy/wire.ts'
import * as wire from './wire.ts'

const owner = person('owner')
const key = person('agent key')
const seller = person('seller')

function world(): World & { readonly agent: ReturnType<typeof openAgent> } {
  const chain = given({ params: { accountMin: '50' } })
  chain.fund(owner, 1_000n)
  const agent = openAgent(chain, { owner, key })
  chain.fund(agent.address, 1_000n)
  return { chain, agent }
}
type Here = ReturnType<typeof world>

const draft = ({ chain, agent }: Here): ReturnType<typeof nativeDraft> =>
  nativeDraft(chain, {
    definition: wire.charge,
    by: key,
    account: agent.address,
    fields: { payee: seller.address, asset: dollar, amount: 100n, reference: Hash.zero },
  })

const cases: readonly Case<Here>[] = [
  ...nativeFaults<Here>(),
  { name: 'an amount of zero', code: 'wire/amount_invalid', spoil: (op) => change(op, { amount: 0n }) },
  {
    name: "a payment to the account's own key",
    code: 'bank/same_account',
    spoil: (op) => change(op, { payee: key.address }),
  },
  {
    name: 'an asset that is none of this chain',
    code: 'bank/unknown_asset',
    spoil: (op) => change(op, { asset: seller.address }),
  },
  {
    name: 'a frozen agent',
    code: 'policy/frozen',
    retry: 'owner',
    spoil: (_, { chain, agent }) => chain.succeed(chain.native(policy.freeze, { agent: agent.address }, owner)),
  },
  {
    name: 'a validity 1 ms longer than the policy allows',
    code: 'accounts/auth_too_long',
    retry: 'never',
    spoil: (op, { chain }) => change(op, { validBefore: chain.time + 60_001 }),
  },
  {
    name: '1 unit above the cap of one payment',
    code: 'policy/cap_payment',
    spoil: (op) => change(op, { amount: 100_001n }),
  },
  {
    name: 'a first credit that is 1 unit too small',
    code: 'bank/below_minimum',
    spoil: (op) => change(op, { amount: 49n }),
  },
  { name: '1 unit more than there is', code: 'bank/balance', spoil: (op) => change(op, { amount: 1_001n }) },
]

test.each(refusalRows({ world, draft, cases: cases.filter(({ name }) => !name.includes('own key')) }))(
  'payments/charge $name',
  ({ expected, actual }) => {
    expect(actual()).toBe(expected)
  },
)

test('payments/charge leaves a receipt, and the toll comes from the side of the payee', () => {
  const { chain, agent } = world()
  const reference = `0x${'cd'.repeat(32)}` as Hash.Hash
  const fields = { payee: seller.address, asset: dollar, amount: 1_000n, reference }
  const op = chain.native(wire.charge, fields, key, { account: agent.address })
  const receipt = chain.succeed(op)
  expect(receipt).toMatchObject({ kind: 'payment', code: 0, op: op.digest, policyVersion: 1, reference })
  expect(receipt.payment).toEqual({
    payer: agent.address,
    account: agent.address,
    payee: seller.address,
    asset: dollar,
    amount: 1_000n,
    toll: 1n,
  })
  const left = [agent.address, seller.address, operator.address].map(
    (account) => balanceOf(chain.view(), account, dollar).available,
  )
  expect(left).toEqual([0n, 999n, 1n])
  expect(chain.run(op)).toEqual({ repeats: receipt.sequence })
})

test('payments/charge pays the account of a key, and the receipt shows the addresses as signed', () => {
  const { chain, agent } = world()
  const other = person('other key')
  const payee = openAgent(chain, { owner, key: other })
  const fields = { payee: other.address, asset: dollar, amount: 100n, reference: Hash.zero }
  const receipt = chain.succeed(chain.native(wire.charge, fields, key))
  expect(receipt.payment).toMatchObject({ payer: key.address, account: agent.address, payee: other.address })
  expect(balanceOf(chain.view(), payee.address, dollar).available).toBe(100n)
  expect(balanceOf(chain.view(), other.address, dollar).available).toBe(0n)
})

test('payments/charge refuses every way of paying oneself: by key, by account, from either to either', () => {
  const { chain, agent } = world()
  for (const account of [key.address, agent.address])
    for (const payee of [key.address, agent.address]) {
      const fields = { payee, asset: dollar, amount: 1n, reference: Hash.zero }
      expect(chain.refused(chain.native(wire.charge, fields, key, { account })).code).toBe('bank/same_account')
    }
})

test.each([2n ** 96n, 2n ** 127n, max])('T112 payments/charge of %s units is refused, and nothing wraps', (amount) => {
  const { chain, agent } = world()
  const ops = Array.from({ length: 16 }, () => payOp(chain, agent, { to: seller.address, amount }))
  expect(chain.block(...ops).outcomes).toMatchObject(ops.map(() => ({ code: 'policy/cap_payment' })))
  expect(balanceOf(chain.view(), agent.address, dollar).available).toBe(1_000n)
})

test('a native operation with validity at its last millisecond pays; its nonce and its content stand until then', () => {
  const { chain, agent } = world()
  const op = payOp(chain, agent, { to: seller.address, amount: 60n })
  chain.time += 59_999
  const { sequence } = chain.succeed(op)
  expect(chain.run(op)).toEqual({ repeats: sequence })
  chain.time++
  expect(chain.refused(op).code).toBe('accounts/auth_expired')
})
