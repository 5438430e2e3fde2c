// payments/hold: a table of its refusals, and a hold's life: attempts, lapse, capture, freeze in between, end.
import { expect, test } from 'vitest'
import {
  attemptBytes,
  authorize,
  begin,
  change,
  codeOf,
  dollar,
  documentWith,
  dollarCap,
  fillLiveNonces,
  forger,
  given,
  holdDraft,
  holdOp,
  openAgent,
  operator,
  payOp,
  person,
  refusalRows,
  settleOp,
  spendNonce,
  type Authorization,
  type Case,
  type Given,
  type World,
} from '../../../testing/index.ts'
import type * as Hash from '../../codec/Hash.ts'
import { keccak256 } from '../../crypto/hash.ts'
import * as Hex from '../../codec/Hex.ts'
import * as Text from '../../codec/Text.ts'
import { Malformed } from '../../codec/Cursor.ts'
import type { OpOutcome, ReceiptWithEvents } from '../../kernel/dispatch.ts'
import { duePerBlock } from '../../kernel/execute.ts'
import { findAccount, findNonce, type Nonce } from '../accounts/index.ts'
import { keys } from '../accounts/state.ts'
import { liveNoncesMax } from '../accounts/wire.ts'
import { balanceOf } from '../bank/index.ts'
import type { Balance } from '../bank/state.ts'
import { openHolds } from '../policy/index.ts'
import * as policy from '../policy/wire.ts'
import { keepAlias } from './identity.ts'
import { holdEnds } from './state.ts'
import * as wire from './wire.ts'

const owner = person('owner')
const key = person('agent key')
const backup = person('backup key')
const seller = person('seller')
const stranger = person('stranger')
const alias = `0x${'aa'.repeat(32)}` as Hash.Hash
const beginSeconds = begin / 1_000

function world(params: { readonly [name: string]: unknown } = {}): World & {
  readonly agent: ReturnType<typeof openAgent>
} {
  const chain = given({ params: { accountMin: '50', ...params } })
  chain.fund(owner, 1_000n)
  const document = documentWith({
    caps: [dollarCap('life', { kind: 'lifetime' }, { maxAmount: 2_000n })],
    maxAuthLifetimeMs: { native: 60_000, eip3009: 3_600_000 },
  })
  const agent = openAgent(chain, { owner, key, document })
  chain.fund(agent.address, 1_000n)
  chain.arrange((context) => keys.put(context, backup.address, { account: agent.address, removed: false }))
  return { chain, agent }
}
type Here = ReturnType<typeof world>

const cases: readonly Case<Here>[] = [
  {
    name: 'a signature of no valid form',
    code: 'accounts/signature_invalid',
    spoil: (op) => (op.by = forger(op.by)),
  },
  {
    name: 'the signature of another than it names',
    code: 'accounts/signature_invalid',
    spoil: (op) => (op.by = stranger),
  },
  { name: 'a duration of 0 ms', code: 'wire/malformed', spoil: (op) => change(op, { holdMs: 0 }) },
  { name: 'a duration of 60,001 ms', code: 'wire/malformed', spoil: (op) => change(op, { holdMs: 60_001 }) },
  {
    name: 'a cancelled nonce',
    code: 'accounts/nonce_used',
    spoil: (op, { chain }) => spendNonce(chain, op, { state: 'cancelled' }),
  },
  {
    name: 'a nonce that stands for other content',
    code: 'payments/id_conflict',
    spoil: (op, { chain }) => spendNonce(chain, op, { state: 'settled' }),
  },
  {
    name: 'an identifier that stands for other content',
    code: 'payments/id_conflict',
    spoil(op, { chain, agent }) {
      const other = { account: agent.address, payee: seller.address, asset: dollar, amount: 1n }
      chain.arrange((context) => keepAlias(context, alias, other))
      op.relay = { ...op.relay, alias }
    },
  },
  {
    name: 'a key that was removed',
    code: 'accounts/key_not_allowed',
    spoil: (_, { chain, agent }) =>
      chain.arrange((context) => keys.put(context, backup.address, { account: agent.address, removed: true })),
  },
  {
    name: 'the second in which it becomes valid',
    code: 'accounts/auth_not_yet',
    spoil(op, { chain }) {
      chain.time = begin + 1_000
      change(op, { validAfter: beginSeconds + 1 })
    },
  },
  {
    name: 'the second in which it ends',
    code: 'accounts/auth_expired',
    spoil(op, { chain }) {
      chain.time = begin + 1_000
      change(op, { validBefore: beginSeconds + 1 })
    },
  },
  {
    name: 'an end more than 3,660 s ahead',
    code: 'accounts/auth_too_long',
    retry: 'later',
    spoil(op, { chain }) {
      chain.time = begin + 999
      change(op, { validBefore: beginSeconds + 3_661 })
    },
  },
  { name: 'an amount of zero', code: 'wire/amount_invalid', spoil: (op) => change(op, { value: 0n }) },
  {
    name: "a payment to the payer's own account",
    code: 'bank/same_account',
    spoil: (op, { agent }) => change(op, { to: agent.address }),
  },
  {
    name: 'a frozen agent',
    code: 'policy/frozen',
    spoil: (_, { chain, agent }) => chain.succeed(chain.native(policy.freeze, { agent: agent.address }, owner)),
  },
  {
    name: '1 unit more than the budget',
    code: 'policy/cap_lifetime',
    spoil: (op) => change(op, { value: 2_001n }),
  },
  {
    name: 'a first credit that is 1 unit too small',
    code: 'bank/below_minimum',
    spoil: (op) => change(op, { value: 49n, to: stranger.address }),
  },
  { name: '1 unit more than there is', code: 'bank/balance', spoil: (op) => change(op, { value: 1_001n }) },
]

const rows = refusalRows({
  world,
  draft: ({ chain }: Here) => holdDraft(backup, authorize(chain, backup, { to: seller.address, value: 100n })),
  cases,
})

test.each(rows)('payments/hold $name', ({ expected, actual }) => {
  expect(actual()).toBe(expected)
})

test('payments/hold is refused before anything else when the chain takes no holds', () => {
  const { chain } = world({ verifyHolds: false })
  const op = holdOp(chain, key, authorize(chain, key, { to: seller.address, value: 0n }), { holdMs: 0 })
  expect(chain.refused(op).code).toBe('payments/holds_off')
})

test('payments/hold needs its attempt, and nothing else may carry one', () => {
  const { chain } = world()
  const of = authorize(chain, key, { to: seller.address, value: 100n })
  expect(() => chain.op(wire.hold, { ...of, holdMs: 1 }, key)).toThrow(Malformed)
  const relay = { attempt: attemptBytes(1) }
  expect(() => chain.op(wire.transferWithAuthorization, of, key, { relay })).toThrow(Malformed)
})

function rowOf(chain: Given, { from, asset, nonce }: Authorization): Nonce | undefined {
  return findNonce(chain.view(), { address: from, asset, nonce })
}

function moneyOf({ chain, agent }: Here): Pick<Balance, 'available' | 'locked'> {
  const { available, locked } = balanceOf(chain.view(), agent.address, dollar)
  return { available, locked }
}

test('a first hold locks the money and counts one attempt; its receipt moves nothing', () => {
  const here = world()
  const { chain, agent } = here
  const of = authorize(chain, key, { to: seller.address, value: 400n })
  const op = holdOp(chain, key, of, { holdMs: 30_000 })
  const receipt = chain.succeed(op)
  const ends = chain.time + 30_000
  expect(op.id).toBe(
    Hex.fromBytes(
      keccak256(Uint8Array.from([...Text.toBytes('turnpike/hold/v1'), ...Hex.toBytes(op.digest), ...attemptBytes(1)])),
    ),
  )
  expect(receipt).toMatchObject({ kind: 'hold', code: 0, op: op.id, policyVersion: 1 })
  expect(receipt.payment).toEqual({
    payer: key.address,
    account: agent.address,
    payee: seller.address,
    asset: dollar,
    amount: 400n,
    toll: 0n,
  })
  expect(receipt.events.map(({ fields }) => fields)).toContainEqual({
    payer: key.address,
    payee: seller.address,
    asset: dollar,
    amount: 400n,
    ends,
    attempts: 1,
  })
  expect(moneyOf(here)).toEqual({ available: 600n, locked: 400n })
  expect(rowOf(chain, of)).toMatchObject({ state: 'held', attempts: 1, holdEnds: ends, op: op.digest })
  expect(openHolds(chain.view(), agent.address)).toMatchObject([{ amount: 400n, ends, op: op.id }])
})

test('T25 a second attempt is only counted, a third writes nothing, and the first one repeated is no second', () => {
  const here = world()
  const { chain } = here
  const of = authorize(chain, key, { to: seller.address, value: 400n })
  const first = holdOp(chain, key, of, { attempt: 1 })
  const { sequence } = chain.succeed(first)
  expect(chain.run(first)).toEqual({ repeats: sequence })
  expect(rowOf(chain, of)?.attempts).toBe(1)
  const second = chain.succeed(holdOp(chain, key, of, { attempt: 2 }))
  expect(rowOf(chain, of)).toMatchObject({ state: 'held', attempts: 2 })
  expect(moneyOf(here)).toEqual({ available: 600n, locked: 400n })
  const third = chain.block(holdOp(chain, key, of, { attempt: 3 }))
  expect(third).toMatchObject({ idle: true, outcomes: [{ repeats: second.sequence }] })
})

test('a hold ends with its duration, to the millisecond, and the money is back', () => {
  const here = world()
  const { chain } = here
  const of = authorize(chain, key, { to: seller.address, value: 1_000n })
  chain.succeed(holdOp(chain, key, of, { holdMs: 1_000 }))
  chain.time += 999
  chain.fund(owner, 1n)
  expect(moneyOf(here)).toEqual({ available: 0n, locked: 1_000n })
  chain.time++
  chain.fund(owner, 1n)
  expect(moneyOf(here)).toEqual({ available: 1_000n, locked: 0n })
  expect(rowOf(chain, of)).toMatchObject({ state: 'open', attempts: 1 })
})

test('a hold ends no later than the authorization, and both leave the state together', () => {
  const here = world()
  const { chain, agent } = here
  const of = authorize(chain, key, { to: seller.address, value: 1_000n, validBefore: beginSeconds + 10 })
  chain.succeed(holdOp(chain, key, of, { holdMs: 60_000 }))
  expect(rowOf(chain, of)?.holdEnds).toBe(begin + 10_000)
  chain.time = begin + 9_999
  chain.fund(owner, 1n)
  expect(moneyOf(here).locked).toBe(1_000n)
  chain.time++
  chain.fund(owner, 1n)
  expect(moneyOf(here)).toEqual({ available: 1_000n, locked: 0n })
  expect(rowOf(chain, of)).toBeUndefined()
  expect(findAccount(chain.view(), agent.address)?.live).toBe(0)
})

test('a lapsed hold can be taken again, with its attempts, and settles without one too', () => {
  const here = world()
  const { chain } = here
  const of = authorize(chain, key, { to: seller.address, value: 1_000n })
  chain.succeed(holdOp(chain, key, of, { holdMs: 10, attempt: 1 }))
  chain.time += 10
  chain.succeed(holdOp(chain, key, of, { holdMs: 10, attempt: 2 }))
  expect(rowOf(chain, of)).toMatchObject({ state: 'held', attempts: 2 })
  expect(moneyOf(here)).toEqual({ available: 0n, locked: 1_000n })
  chain.time += 10
  chain.succeed(settleOp(chain, key, of))
  expect(rowOf(chain, of)).toMatchObject({ state: 'settled', attempts: 2 })
  expect(moneyOf(here)).toEqual({ available: 0n, locked: 0n })
})

test('T156 one authorization leaves two receipts of holds at most, and an attempt never has two', () => {
  const { chain } = world()
  const of = authorize(chain, key, { to: seller.address, value: 1_000n })
  const hold = (attempt: number): OpOutcome => {
    chain.time += 2 // The one before has lapsed.
    return chain.run(holdOp(chain, key, of, { holdMs: 1, attempt }))
  }
  const first = hold(1)
  expect(first).toMatchObject({ kind: 'hold' })
  const { sequence } = first as ReceiptWithEvents
  expect(hold(1)).toEqual({ repeats: sequence })
  expect(rowOf(chain, of)).toMatchObject({ state: 'open', attempts: 1 })
  const second = hold(2) as ReceiptWithEvents
  expect(second).toMatchObject({ kind: 'hold' })
  for (const attempt of [1, 2, 3]) expect(hold(attempt)).toEqual({ repeats: second.sequence })
  chain.succeed(settleOp(chain, key, of))
  expect(rowOf(chain, of)).toMatchObject({ state: 'settled', attempts: 2 })
})

test('a lapsed hold does not stand in the way when another payment took the money', () => {
  const { chain, agent } = world()
  const of = authorize(chain, key, { to: seller.address, value: 1_000n })
  chain.succeed(holdOp(chain, key, of, { holdMs: 10 }))
  chain.time += 10
  chain.succeed(payOp(chain, agent, { to: seller.address, amount: 1_000n }))
  expect(chain.refused(holdOp(chain, key, of, { attempt: 2 })).code).toBe('bank/balance')
  expect(chain.refused(settleOp(chain, key, of)).code).toBe('bank/balance')
})

test('T37 T108 held money can be spent by nothing else, and settling takes it whatever was spent since', () => {
  const here = world()
  const { chain, agent } = here
  const of = authorize(chain, key, { to: seller.address, value: 600n })
  chain.succeed(holdOp(chain, key, of))
  expect(chain.refused(payOp(chain, agent, { to: seller.address, amount: 401n })).code).toBe('bank/balance')
  chain.succeed(payOp(chain, agent, { to: seller.address, amount: 400n }))
  const receipt = chain.succeed(settleOp(chain, key, of))
  expect(receipt).toMatchObject({ kind: 'payment', payment: { amount: 600n, toll: 1n } })
  expect(moneyOf(here)).toEqual({ available: 0n, locked: 0n })
  expect(balanceOf(chain.view(), operator.address, dollar).available).toBe(1n)
})

test('T108 a hold taken before a freeze, and before its key was removed, settles; nothing new is held', () => {
  const here = world()
  const { chain, agent } = here
  const of = authorize(chain, backup, { to: seller.address, value: 600n })
  chain.succeed(holdOp(chain, backup, of))
  chain.succeed(chain.native(policy.freeze, { agent: agent.address }, owner))
  chain.arrange((context) => keys.put(context, backup.address, { account: agent.address, removed: true }))
  const other = authorize(chain, key, { to: seller.address, value: 1n })
  expect(chain.refused(holdOp(chain, key, other)).code).toBe('policy/frozen')
  chain.succeed(settleOp(chain, backup, of))
  expect(moneyOf(here)).toEqual({ available: 400n, locked: 0n })
})

test('a hold captured in its last millisecond pays, and its end finds nothing to do', () => {
  const here = world()
  const { chain } = here
  const of = authorize(chain, key, { to: seller.address, value: 600n })
  const ends = chain.succeed(holdOp(chain, key, of, { holdMs: 500 })).time + 500
  chain.time = ends - 1
  chain.succeed(settleOp(chain, key, of))
  chain.time = ends
  chain.fund(owner, 1n)
  expect(moneyOf(here)).toEqual({ available: 400n, locked: 0n })
  expect(rowOf(chain, of)).toMatchObject({ state: 'settled', attempts: 1 })
})

test('T129 a hold does not let an authorization settle after its own end', () => {
  const { chain } = world()
  const of = authorize(chain, key, { to: seller.address, value: 600n, validBefore: beginSeconds + 10 })
  chain.succeed(holdOp(chain, key, of, { holdMs: 60_000 }))
  chain.time = begin + 10_000
  expect(chain.refused(settleOp(chain, key, of)).code).toBe('accounts/auth_expired')
})

test('a held authorization that was settled answers its receipt to a settle, and a hold that its nonce is used', () => {
  const { chain } = world()
  const of = authorize(chain, key, { to: seller.address, value: 600n })
  chain.succeed(holdOp(chain, key, of))
  const { sequence } = chain.succeed(settleOp(chain, key, of))
  expect(chain.run(settleOp(chain, key, of))).toEqual({ repeats: sequence })
  expect(chain.refused(holdOp(chain, key, of, { attempt: 2 })).code).toBe('accounts/nonce_used')
})

test('T25 a payer has 64 open holds; the 65th is judged and counted as an attempt, and holds nothing', () => {
  const { chain, agent } = world()
  const holds = Array.from({ length: 64 }, () => authorize(chain, key, { to: seller.address, value: 1n }))
  chain.fund(seller, 50n)
  const results = chain.block(...holds.map((of) => holdOp(chain, key, of, { holdMs: 10_000 })))
  expect(results.outcomes.map(codeOf)).toEqual(holds.map(() => 'success'))
  const further = authorize(chain, key, { to: seller.address, value: 1n })
  chain.succeed(holdOp(chain, key, further))
  expect(rowOf(chain, further)).toMatchObject({ state: 'open', attempts: 1 })
  const [dear, beyond] = [1_000n, 2_001n].map((value) => authorize(chain, key, { to: seller.address, value }))
  expect(chain.refused(holdOp(chain, key, dear!)).code).toBe('bank/balance')
  expect(chain.refused(holdOp(chain, key, beyond!)).code).toBe('policy/cap_lifetime')
  expect(openHolds(chain.view(), agent.address)).toHaveLength(64)
  chain.succeed(settleOp(chain, key, holds[17]!))
  chain.succeed(holdOp(chain, key, further, { attempt: 2 }))
  expect(rowOf(chain, further)).toMatchObject({ state: 'held', attempts: 2 })
  expect(openHolds(chain.view(), agent.address)).toHaveLength(64)
  chain.time += 10_000
  chain.fund(owner, 1n)
  expect(openHolds(chain.view(), agent.address)).toHaveLength(1)
})

test('T04 holds count in the budget like payments: what is held can not be held or paid again', () => {
  const { chain, agent } = world()
  chain.fund(agent.address, 5_000n)
  const of = authorize(chain, key, { to: seller.address, value: 2_000n })
  chain.succeed(holdOp(chain, key, of, { holdMs: 1_000 }))
  const more = authorize(chain, key, { to: seller.address, value: 60n })
  expect(chain.refused(holdOp(chain, key, more)).code).toBe('policy/cap_lifetime')
  expect(chain.refused(settleOp(chain, key, more)).code).toBe('policy/cap_lifetime')
  chain.time += 1_000
  chain.succeed(settleOp(chain, key, more))
})

test('a hold that has ended is never answered as open, however many others end before it', () => {
  const here = world()
  const { chain, agent } = here
  const of = authorize(chain, key, { to: seller.address, value: 1_000n })
  // What settled holds leave in the queue: as many ends as a block releases before its operations.
  chain.arrange((context) => {
    for (let i = 0; i < duePerBlock; i++) holdEnds.push(context, chain.time + 1_000, { slot: 0, ends: 0 })
  })
  chain.succeed(holdOp(chain, key, of, { holdMs: 1_000, attempt: 1 }))
  chain.time += 1_000
  const again = chain.succeed(holdOp(chain, key, of, { holdMs: 30_000, attempt: 2 }))
  expect(rowOf(chain, of)).toMatchObject({ state: 'held', attempts: 2, holdEnds: again.time + 30_000 })
  expect(openHolds(chain.view(), agent.address)).toHaveLength(1)
  chain.fund(owner, 1n)
  expect(holdEnds.count(chain.view())).toBe(1)
  expect(moneyOf(here)).toEqual({ available: 0n, locked: 1_000n })
})

test('an account with 65,536 live nonces holds nothing new', () => {
  const { chain, agent } = world()
  fillLiveNonces(chain, agent.address, liveNoncesMax - 1)
  const make = (): ReturnType<typeof holdOp> =>
    holdOp(chain, key, authorize(chain, key, { to: seller.address, value: 100n }))
  chain.succeed(make())
  expect(chain.refused(make()).code).toBe('accounts/too_many_nonces')
})

test('the first credit of a payee is judged when its money is held', () => {
  const { chain } = world()
  const make = (value: bigint): ReturnType<typeof authorize> => authorize(chain, key, { to: stranger.address, value })
  expect(chain.refused(holdOp(chain, key, make(49n))).code).toBe('bank/below_minimum')
  const of = make(50n)
  chain.succeed(holdOp(chain, key, of))
  expect(findAccount(chain.view(), stranger.address)).toBeUndefined()
  chain.succeed(settleOp(chain, key, of))
  expect(balanceOf(chain.view(), stranger.address, dollar).available).toBe(50n)
})
