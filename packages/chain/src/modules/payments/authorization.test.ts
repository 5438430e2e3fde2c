// payments/transferWithAuthorization and payments/cancelAuthorization: tables of refusals, validity to the millisecond, what is left behind.
import { expect, test } from 'vitest'
import {
  authorize,
  begin,
  cancelOp,
  change,
  codeOf,
  dollar,
  documentWith,
  fillCancelledNonces,
  fillLiveNonces,
  forger,
  freshNonce,
  given,
  holdOp,
  openAgent,
  operator,
  person,
  refusalRows,
  settleDraft,
  settleOp,
  spendNonce,
  testDollar,
  type Case,
  type Draft,
  type World,
} from '../../../testing/index.ts'
import type * as Hash from '../../codec/Hash.ts'
import { max } from '../../codec/Units.ts'
import { createDomain, digest } from '../../crypto/eip712.ts'
import { createOp } from '../../wire/op.ts'
import * as Hex from '../../codec/Hex.ts'
import { findAccount, findNonce, maySign } from '../accounts/index.ts'
import { keys } from '../accounts/state.ts'
import { cancelledNoncesMax, liveNoncesMax } from '../accounts/wire.ts'
import { balanceOf } from '../bank/index.ts'
import * as policy from '../policy/wire.ts'
import { keepAlias } from './identity.ts'
import * as wire from './wire.ts'

const owner = person('owner')
const key = person('agent key')
const backup = person('backup key')
const seller = person('seller')
const stranger = person('stranger')
const alias = `0x${'aa'.repeat(32)}` as Hash.Hash
const beginSeconds = begin / 1_000

/** An agent with 1,000 units and two keys, of which one can be removed; the first credit of an account is at least 50. */
function world(): World & { readonly agent: ReturnType<typeof openAgent> } {
  const chain = given({ params: { accountMin: '50' } })
  chain.fund(owner, 1_000n)
  const document = documentWith({ maxAuthLifetimeMs: { native: 60_000, eip3009: 3_600_000 } })
  const agent = openAgent(chain, { owner, key, document })
  chain.fund(agent.address, 1_000n)
  const here = { chain, agent }
  setRemoved(here, false)
  return here
}

/** No message removes a key yet; the state knows removed ones. */
function setRemoved({ chain, agent }: Here, removed: boolean): void {
  chain.arrange((context) => keys.put(context, backup.address, { account: agent.address, removed }))
}
type Here = ReturnType<typeof world>

const transferCases: readonly Case<Here>[] = [
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
      op.relay = { alias }
    },
  },
  {
    name: 'a key that was removed',
    code: 'accounts/key_not_allowed',
    retry: 'owner',
    spoil: (_, here) => setRemoved(here, true),
  },
  {
    name: 'the second in which it becomes valid',
    code: 'accounts/auth_not_yet',
    retry: 'later',
    spoil(op, { chain }) {
      chain.time = begin + 1_000
      change(op, { validAfter: beginSeconds + 1 })
    },
  },
  {
    name: 'the second in which it ends',
    code: 'accounts/auth_expired',
    retry: 'never',
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
    retry: 'owner',
    spoil: (_, { chain, agent }) => chain.succeed(chain.native(policy.freeze, { agent: agent.address }, owner)),
  },
  {
    name: 'an amount above the cap of one payment',
    code: 'policy/cap_payment',
    spoil: (op) => change(op, { value: 100_001n }),
  },
  {
    name: 'a first credit that is 1 unit too small',
    code: 'bank/below_minimum',
    spoil: (op) => change(op, { value: 49n, to: stranger.address }),
  },
  {
    name: '1 unit more than there is',
    code: 'bank/balance',
    retry: 'later',
    spoil: (op) => change(op, { value: 1_001n }),
  },
]

const transferRows = refusalRows({
  world,
  draft: ({ chain }: Here) => settleDraft(backup, authorize(chain, backup, { to: seller.address, value: 100n })),
  cases: transferCases,
})

test.each(transferRows)('T29 T31 payments/transferWithAuthorization $name', ({ expected, actual }) => {
  expect(actual()).toBe(expected)
})

test('payments/transferWithAuthorization refuses an account that was never opened, and takes the same bytes once it is', () => {
  const chain = given()
  const op = settleOp(chain, stranger, authorize(chain, stranger, { to: seller.address, value: 5n }))
  expect(chain.refused(op)).toMatchObject({ code: 'accounts/unknown_account', retry: 'later' })
  chain.fund(stranger, 4n)
  expect(chain.refused(op)).toMatchObject({
    code: 'bank/balance',
    retry: 'later',
    values: { available: 4n, needed: 5n },
  })
  chain.fund(stranger, 1n)
  chain.succeed(op)
  expect(balanceOf(chain.view(), stranger.address, dollar).available).toBe(0n)
})

test('payments/transferWithAuthorization leaves a receipt, its toll and a nonce that ends with its validity', () => {
  const { chain, agent } = world()
  const of = authorize(chain, key, { to: seller.address, value: 1_000n })
  const op = settleOp(chain, key, of)
  const receipt = chain.succeed(op)
  const [payer, payee] = [key.address, seller.address]
  const payment = { payer, account: agent.address, payee, asset: dollar, amount: 1_000n, toll: 1n }
  expect(receipt).toMatchObject({ kind: 'payment', code: 0, op: op.digest, policyVersion: 1, payment })
  expect(receipt.events.map(({ fields }) => fields)).toEqual([
    { from: payer, to: payee, asset: dollar, amount: 1_000n },
    { from: payee, to: operator.address, asset: dollar, amount: 1n },
  ])
  expect(balanceOf(chain.view(), agent.address, dollar).available).toBe(0n)
  expect(balanceOf(chain.view(), payee, dollar)).toEqual({ available: 999n, locked: 0n, fraction: 0 })
  expect(balanceOf(chain.view(), operator.address, dollar).available).toBe(1n)
  const row = { state: 'settled', attempts: 0, amount: 1_000n, payee, expires: of.validBefore * 1_000, op: op.digest }
  expect(findNonce(chain.view(), { address: payer, asset: dollar, nonce: of.nonce })).toMatchObject(row)
})

test('T31 an authorization is valid 1 ms after validAfter and until 1 ms before validBefore', () => {
  const { chain } = world()
  const bounds = { validAfter: beginSeconds + 10, validBefore: beginSeconds + 20 }
  const make = (): ReturnType<typeof settleOp> =>
    settleOp(chain, key, authorize(chain, key, { to: seller.address, value: 60n, ...bounds }))
  const outcomes = [10_000, 10_001, 19_999, 20_000].map((offset) => {
    chain.time = begin + offset
    return codeOf(chain.run(make()))
  })
  expect(outcomes).toEqual(['accounts/auth_not_yet', 'success', 'success', 'accounts/auth_expired'])
})

test('T31 an authorization that ends exactly as far ahead as allowed pays, and one far ahead sleeps until then', () => {
  const chain = given()
  chain.fund(owner, 1_000n)
  chain.time = begin + 1_000
  const make = (ahead: number): ReturnType<typeof settleOp> => {
    const validBefore = beginSeconds + 1 + ahead
    return settleOp(chain, owner, authorize(chain, owner, { to: seller.address, value: 60n, validBefore }))
  }
  chain.succeed(make(3_660))
  const dormant = make(100_000)
  expect(chain.refused(dormant)).toMatchObject({ code: 'accounts/auth_too_long', retry: 'later' })
  chain.time = begin + 1_000 + (100_000 - 3_660) * 1_000 - 1
  expect(chain.refused(dormant).code).toBe('accounts/auth_too_long')
  chain.time++
  chain.succeed(dormant)
})

test('T31 a validity of 2^53 - 1 seconds is refused and not wrapped', () => {
  const { chain } = world()
  const far = authorize(chain, key, { to: seller.address, value: 60n, validBefore: Number.MAX_SAFE_INTEGER })
  expect(chain.refused(settleOp(chain, key, far)).code).toBe('accounts/auth_too_long')
  const late = authorize(chain, key, { to: seller.address, value: 60n, validAfter: Number.MAX_SAFE_INTEGER })
  expect(chain.refused(settleOp(chain, key, late)).code).toBe('accounts/auth_not_yet')
})

const foreign = {
  name: { name: 'Turnpike US', version: '1', chainId: 402402, verifyingContract: dollar },
  version: { name: 'Turnpike USD', version: '2', chainId: 402402, verifyingContract: dollar },
  chainId: { name: 'Turnpike USD', version: '1', chainId: 402403, verifyingContract: dollar },
  verifyingContract: { name: 'Turnpike USD', version: '1', chainId: 402402, verifyingContract: testDollar },
}

test.each(Object.entries(foreign))('T29 a signature under a domain of another %s does not hold', (_, fields) => {
  const { chain } = world()
  const definition = wire.transferWithAuthorization
  const message = { ...authorize(chain, key, { to: seller.address, value: 60n }), type: definition.type }
  const signedHash = digest(createDomain(fields), definition.struct.hash(definition.signedValues(message)))
  const signature = { kind: 1, bytes: key.sign(Hex.fromBytes(signedHash) as Hash.Hash) } as const
  const op = createOp(chain.protocol.domains, { definition, message, signatures: [signature] })
  expect(chain.refused(op).code).toBe('accounts/signature_invalid')
})

test('T25 a settled authorization answers its first receipt whatever happens after, and writes nothing', () => {
  const { chain, agent } = world()
  const op = settleOp(chain, key, authorize(chain, key, { to: seller.address, value: 1_000n }))
  const { sequence } = chain.succeed(op)
  chain.succeed(chain.native(policy.freeze, { agent: agent.address }, owner))
  const result = chain.block(op, op)
  expect(result.outcomes).toEqual([{ repeats: sequence }, { repeats: sequence }])
  expect(result.idle).toBe(true)
})

test('T25 a replay after the nonce is pruned is expired, at the very block that prunes it', () => {
  const { chain } = world()
  const of = authorize(chain, key, { to: seller.address, value: 60n })
  const op = settleOp(chain, key, of)
  const { sequence } = chain.succeed(op)
  chain.time = of.validBefore * 1_000 - 1
  expect(chain.run(op)).toEqual({ repeats: sequence })
  chain.time++
  expect(chain.refused(op).code).toBe('accounts/auth_expired')
  expect(findNonce(chain.view(), { address: key.address, asset: dollar, nonce: of.nonce })).toBeUndefined()
})

test('one nonce serves two assets, and two keys, without a conflict', () => {
  const { chain } = world()
  chain.fund(owner, 1_000n, testDollar)
  const first = authorize(chain, owner, { to: seller.address, value: 100n })
  chain.succeed(settleOp(chain, owner, first))
  chain.succeed(settleOp(chain, owner, { ...first, asset: testDollar }))
  chain.succeed(settleOp(chain, key, { ...first, from: key.address }))
})

test('nonces are counted last: a payment that fails for balance says so even when no nonce is left', () => {
  const { chain } = world()
  fillLiveNonces(chain, owner.address, liveNoncesMax - 2) // the agent's creation holds one
  const make = (value: bigint): ReturnType<typeof settleOp> =>
    settleOp(chain, owner, authorize(chain, owner, { to: seller.address, value }))
  const last = make(100n)
  chain.succeed(last)
  expect(codeOf(chain.run(make(901n)))).toBe('bank/balance')
  expect(codeOf(chain.run(make(900n)))).toBe('accounts/too_many_nonces')
  expect(chain.run(last)).toHaveProperty('repeats')
})

test.each([2n ** 96n, 2n ** 127n, max])('T112 an authorization of %s units is refused, and nothing wraps', (value) => {
  const { chain } = world()
  const ofAgent = chain.run(settleOp(chain, key, authorize(chain, key, { to: seller.address, value })))
  const ofOwner = chain.run(settleOp(chain, owner, authorize(chain, owner, { to: seller.address, value })))
  expect([codeOf(ofAgent), codeOf(ofOwner)]).toEqual(['policy/cap_payment', 'bank/balance'])
})

// Cancelling

const cancelDraft = (): Draft => {
  const fields = { asset: dollar, authorizer: backup.address, nonce: freshNonce() }
  return { definition: wire.cancelAuthorization, by: backup, fields, proofs: [], relay: {} }
}

const cancelCases: readonly Case<Here>[] = [
  {
    name: 'a signature of no valid form',
    code: 'accounts/signature_invalid',
    spoil: (op) => (op.by = forger(op.by)),
  },
  {
    name: 'the signature of another than it names',
    code: 'accounts/signature_invalid',
    spoil: (op) => (op.by = owner),
  },
  {
    name: 'an account that was never opened',
    code: 'accounts/unknown_account',
    spoil(op) {
      op.by = stranger
      change(op, { authorizer: stranger.address })
    },
  },
  {
    name: 'a nonce that was settled',
    code: 'accounts/nonce_used',
    spoil: (op, { chain }) => spendNonce(chain, op, { state: 'settled' }),
  },
  {
    name: 'a nonce with an open hold',
    code: 'payments/held',
    retry: 'later',
    spoil(op, here) {
      const { chain, agent } = here
      const removed = !maySign(chain.view(), backup.address, agent.address)
      setRemoved(here, false)
      const of = authorize(chain, backup, { to: seller.address, value: 100n })
      chain.succeed(holdOp(chain, backup, of))
      setRemoved(here, removed)
      change(op, { nonce: of.nonce })
    },
  },
  {
    name: 'a key that was removed',
    code: 'accounts/key_not_allowed',
    spoil: (_, here) => setRemoved(here, true),
  },
  {
    name: 'a 61st free operation of the minute',
    code: 'accounts/too_many',
    retry: 'later',
    spoil(_, { chain }) {
      for (let i = 0; i < 60; i++) chain.succeed(cancelOp(chain, key, { asset: dollar, nonce: freshNonce() }))
    },
  },
]

test.each(refusalRows({ world, draft: cancelDraft, cases: cancelCases }))(
  'payments/cancelAuthorization $name',
  ({ expected, actual }) => {
    expect(actual()).toBe(expected)
  },
)

test('T31 a cancelled authorization never pays, not even after its row could have been pruned', () => {
  const { chain } = world()
  const of = authorize(chain, key, { to: seller.address, value: 60n, validBefore: beginSeconds + 100_000 })
  const cancelling = cancelOp(chain, key, of)
  const receipt = chain.succeed(cancelling)
  expect(receipt).toMatchObject({ kind: 'other', code: 0, reference: of.nonce })
  expect(receipt.events.map(({ fields }) => fields)).toEqual([
    { authorizer: key.address, asset: dollar, nonce: of.nonce },
  ])
  expect(chain.run(cancelling)).toEqual({ repeats: receipt.sequence })
  for (const offset of [0, 96_400_000, 99_999_999]) {
    chain.time = begin + 1 + offset
    expect(chain.refused(settleOp(chain, key, of)).code).toBe('accounts/nonce_used')
    expect(chain.refused(holdOp(chain, key, of)).code).toBe('accounts/nonce_used')
  }
})

test('an authorization whose hold lapsed can be cancelled, once; its row outlives its validity', () => {
  const { chain, agent } = world()
  const of = authorize(chain, key, { to: seller.address, value: 60n })
  chain.succeed(holdOp(chain, key, of, { holdMs: 10 }))
  chain.time += 10
  chain.succeed(cancelOp(chain, key, of))
  expect(findAccount(chain.view(), agent.address)).toMatchObject({ live: 0, cancelled: 1 })
  chain.time = of.validBefore * 1_000
  chain.fund(owner, 1n)
  expect(findNonce(chain.view(), { address: key.address, asset: dollar, nonce: of.nonce })?.state).toBe('cancelled')
  expect(balanceOf(chain.view(), agent.address, dollar)).toMatchObject({ available: 1_000n, locked: 0n })
})

test('an address cancels 4,096 nonces and no more, and still pays', () => {
  const { chain } = world()
  fillCancelledNonces(chain, owner.address, cancelledNoncesMax - 1)
  const make = (): ReturnType<typeof cancelOp> =>
    cancelOp(chain, owner, authorize(chain, owner, { to: seller.address, value: 1n }))
  chain.succeed(make())
  expect(chain.refused(make())).toMatchObject({ code: 'accounts/too_many_cancelled', retry: 'never' })
  chain.succeed(settleOp(chain, owner, authorize(chain, owner, { to: seller.address, value: 100n })))
})
