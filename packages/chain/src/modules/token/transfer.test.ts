// token/transfer: a table of its refusals, and what a transfer leaves.
import { expect, test } from 'vitest'
import {
  change,
  dollar,
  fillLiveNonces,
  given,
  nativeDraft,
  nativeFaults,
  openAgent,
  operator,
  person,
  refusalRows,
  type Case,
  type Given,
} from '../../../testing/index.ts'
import * as Hash from '../../codec/Hash.ts'
import { max } from '../../codec/Units.ts'
import { liveNoncesMax } from '../accounts/wire.ts'
import { balanceOf } from '../bank/index.ts'
import * as wire from './wire.ts'

const alice = person('alice')
const bob = person('bob')
const agentKey = person('agent key')

function world(): { readonly chain: Given; readonly agent: ReturnType<typeof openAgent> } {
  const chain = given({ params: { accountMin: '50' } })
  chain.fund(alice, 1_000n)
  return { chain, agent: openAgent(chain, { owner: alice, key: agentKey }) }
}

const draft = ({ chain }: { readonly chain: Given }): ReturnType<typeof nativeDraft> =>
  nativeDraft(chain, {
    definition: wire.transfer,
    by: alice,
    fields: { to: bob.address, asset: dollar, amount: 100n, reference: Hash.zero },
  })

const cases: readonly Case<ReturnType<typeof world>>[] = [
  ...nativeFaults(),
  { name: 'an amount of zero', code: 'wire/amount_invalid', spoil: (op) => change(op, { amount: 0n }) },
  {
    name: 'a transfer to oneself',
    code: 'bank/same_account',
    spoil: (op) => change(op, { to: op.fields['account'] }),
  },
  {
    name: 'an asset that is none of this chain',
    code: 'bank/unknown_asset',
    spoil: (op) => change(op, { asset: bob.address }),
  },
  {
    name: 'an agent',
    code: 'policy/scheme_not_allowed',
    retry: 'owner',
    spoil(op, { agent }) {
      op.by = agentKey
      change(op, { account: agent.address })
    },
  },
  {
    name: 'a first credit 1 unit below the minimum',
    code: 'bank/below_minimum',
    spoil: (op) => change(op, { amount: 49n, to: person('somebody new').address }),
  },
  {
    name: '1 unit more than there is',
    code: 'bank/balance',
    retry: 'later',
    spoil: (op) => change(op, { amount: 1_001n }),
  },
]

test.each(refusalRows({ world, draft, cases }))('token/transfer $name', ({ expected, actual }) => {
  expect(actual()).toBe(expected)
})

test('token/transfer leaves a receipt, one event and no toll', () => {
  const { chain } = world()
  const reference = `0x${'cd'.repeat(32)}` as Hash.Hash
  const fields = { to: bob.address, asset: dollar, amount: 100n, reference }
  const receipt = chain.succeed(chain.native(wire.transfer, fields, alice))
  const payment = { payer: alice.address, account: alice.address, payee: bob.address, asset: dollar }
  expect(receipt).toMatchObject({ kind: 'other', code: 0, policyVersion: 0, reference })
  expect(receipt.payment).toEqual({ ...payment, amount: 100n, toll: 0n })
  expect(receipt.events.map(({ fields: stated }) => stated)).toEqual([
    { from: alice.address, to: bob.address, asset: dollar, amount: 100n },
  ])
  expect(balanceOf(chain.view(), bob.address, dollar)).toEqual({ available: 100n, locked: 0n, fraction: 0 })
  expect(balanceOf(chain.view(), operator.address, dollar).available).toBe(0n)
})

test('token/transfer empties an account to exactly zero, and it can be filled and emptied again', () => {
  const { chain } = world()
  const all = { to: bob.address, asset: dollar, amount: 1_000n, reference: Hash.zero }
  for (let round = 0; round < 2; round++) {
    chain.succeed(chain.native(wire.transfer, all, alice))
    expect(balanceOf(chain.view(), alice.address, dollar).available).toBe(0n)
    expect(chain.refused(chain.native(wire.transfer, { ...all, amount: 1n }, alice)).code).toBe('bank/balance')
    chain.succeed(chain.native(wire.transfer, { ...all, to: alice.address }, bob))
  }
})

test('token/transfer opens an account with exactly the minimum, and credits an open one with less', () => {
  const { chain } = world()
  const to = person('somebody new').address
  chain.succeed(chain.native(wire.transfer, { to, asset: dollar, amount: 50n, reference: Hash.zero }, alice))
  chain.succeed(chain.native(wire.transfer, { to, asset: dollar, amount: 1n, reference: Hash.zero }, alice))
  expect(balanceOf(chain.view(), to, dollar).available).toBe(51n)
})

test.each([2n ** 96n, 2n ** 127n, max])(
  'T112 token/transfer of %s units is refused for balance, and nothing wraps',
  (amount) => {
    const { chain } = world()
    const ops = Array.from({ length: 16 }, () =>
      chain.native(wire.transfer, { to: bob.address, asset: dollar, amount, reference: Hash.zero }, alice),
    )
    expect(chain.block(...ops).outcomes).toMatchObject(ops.map(() => ({ code: 'bank/balance' })))
    expect(balanceOf(chain.view(), alice.address, dollar).available).toBe(1_000n)
  },
)

test('T112 token/transfer moves 2^128 - 1 units there and back', () => {
  const chain = given({ params: { faucetMax: max.toString(), faucetSupply: max.toString() } })
  chain.fund(alice, max)
  const all = { asset: dollar, amount: max, reference: Hash.zero }
  chain.succeed(chain.native(wire.transfer, { ...all, to: bob.address }, alice))
  expect(balanceOf(chain.view(), bob.address, dollar).available).toBe(max)
  chain.succeed(chain.native(wire.transfer, { ...all, to: alice.address }, bob))
  expect(chain.refused(chain.native(wire.transfer, { ...all, to: alice.address }, bob)).code).toBe('bank/balance')
})

test('an account with 65,536 live nonces transfers nothing until they expire', () => {
  const { chain } = world()
  fillLiveNonces(chain, alice.address, liveNoncesMax - 1) // the agent's creation holds one
  const more = (): ReturnType<Given['native']> =>
    chain.native(wire.transfer, { to: bob.address, asset: dollar, amount: 100n, reference: Hash.zero }, alice)
  expect(chain.refused(more())).toMatchObject({ code: 'accounts/too_many_nonces', retry: 'later' })
  chain.time += 60_000
  chain.succeed(more())
})
