// Who may act, when, and how often for free: signatures, keys, validity to the millisecond, the bounds on what moves no money.
import { expect, test } from 'vitest'
import {
  agentOp,
  begin,
  cancelOp,
  codeOf,
  dollar,
  documentWith,
  freshNonce,
  given,
  openAgent,
  person,
  signedDocument,
  type Given,
} from '../../../testing/index.ts'
import * as Hash from '../../codec/Hash.ts'
import * as Hex from '../../codec/Hex.ts'
import { createOp, digestOf, nativeDomain, type AnyMessage, type Op, type SignatureBytes } from '../../wire/op.ts'
import * as payments from '../payments/wire.ts'
import * as policy from '../policy/wire.ts'
import * as token from '../token/wire.ts'
import { findAccount } from './index.ts'
import { keys } from './state.ts'

const alice = person('alice')
const bob = person('bob')
const key = person('agent key')
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const hour = 3_600_000

function world(): Given {
  const chain = given()
  chain.fund(alice, 1_000n)
  return chain
}

type Signing = { readonly chainId?: number; readonly account?: typeof alice.address }

/** A transfer of 1 unit whose signature is made by hand. */
function transferOp(chain: Given, sign: (digest: Hash.Hash) => SignatureBytes, signing: Signing = {}): Op {
  const { chainId = 402402, account = alice.address } = signing
  const message: AnyMessage = {
    type: token.transfer.type,
    account,
    to: bob.address,
    asset: dollar,
    amount: 1n,
    reference: Hash.zero,
    nonce: freshNonce(),
    validBefore: chain.time + 60_000,
  }
  const domains = { ...chain.protocol.domains, native: nativeDomain(chainId) }
  const signature = sign(digestOf(domains, token.transfer, message))
  return createOp(chain.protocol.domains, { definition: token.transfer, message, signatures: [signature] })
}

const sound = (digest: Hash.Hash): SignatureBytes => ({ kind: 1, bytes: alice.sign(digest) })

/** The sound signature with some of its bytes changed. */
function changed(change: (bytes: Uint8Array) => Uint8Array | void): (digest: Hash.Hash) => SignatureBytes {
  return (digest) => {
    const { bytes } = sound(digest)
    return { kind: 1, bytes: change(bytes) ?? bytes }
  }
}

/** The other signature that the curve allows: n - s with the other v. */
const high = changed((bytes) => {
  const s = order - BigInt(Hex.fromBytes(bytes.subarray(32, 64)))
  bytes.set(Hex.toBytes(`0x${s.toString(16).padStart(64, '0')}`), 32)
  bytes[64] = bytes[64] === 27 ? 28 : 27
})

const malformed: readonly (readonly [string, (digest: Hash.Hash) => SignatureBytes])[] = [
  ['a high s', high],
  ['v of 0', changed((bytes) => void (bytes[64] = 0))],
  ['v of 29', changed((bytes) => void (bytes[64] = 29))],
  ['r of 0', changed((bytes) => void bytes.fill(0, 0, 32))],
  ['s of 0', changed((bytes) => void bytes.fill(0, 32, 64))],
  ['r of 2^256 - 1', changed((bytes) => void bytes.fill(255, 0, 32))],
  ['64 bytes', changed((bytes) => bytes.subarray(0, 64))],
  ['66 bytes', changed((bytes) => Uint8Array.from([...bytes, 0]))],
  ['no bytes', changed(() => new Uint8Array())],
  ...([2, 3, 4] as const).map((kind) => [`kind ${kind}`, (digest: Hash.Hash) => ({ ...sound(digest), kind })] as const),
]

test.each(malformed)('a signature of %s is refused and leaves its account as it was', (_, sign) => {
  const chain = world()
  const before = findAccount(chain.view(), alice.address)
  expect(chain.refused(transferOp(chain, sign)).code).toBe('accounts/signature_invalid')
  expect(findAccount(chain.view(), alice.address)).toEqual(before)
})

test('T29 a signature for another chain is that of a key which is none of the account', () => {
  const chain = world()
  chain.succeed(transferOp(chain, sound))
  expect(chain.refused(transferOp(chain, sound, { chainId: 402403 })).code).toBe('accounts/key_not_allowed')
})

test('who has no account may not act, and may once anybody has paid them', () => {
  const chain = world()
  const op = transferOp(chain, (digest) => ({ kind: 1, bytes: bob.sign(digest) }), { account: bob.address })
  expect(chain.refused(op)).toMatchObject({ code: 'accounts/unknown_account', retry: 'later' })
  chain.fund(bob, 1n)
  expect(chain.refused(op).code).toBe('bank/same_account')
})

test('an agent acts by its key under either name of its account; its owner, its address and a removed key do not', () => {
  const chain = world()
  const agent = openAgent(chain, { owner: alice, key })
  chain.fund(agent.address, 1_000n)
  const backup = person('backup')
  const pay = (by: typeof alice, account: typeof alice.address): string => {
    const fields = { payee: bob.address, asset: dollar, amount: 1n, reference: Hash.zero }
    return codeOf(chain.run(chain.native(payments.charge, fields, by, { account })))
  }
  expect([pay(key, key.address), pay(key, agent.address)]).toEqual(['success', 'success'])
  expect([pay(alice, agent.address), pay(alice, key.address)]).toEqual(Array(2).fill('accounts/key_not_allowed'))
  expect(pay(key, alice.address)).toBe('accounts/key_not_allowed')
  chain.arrange((context) => keys.put(context, backup.address, { account: agent.address, removed: false }))
  expect(pay(backup, key.address)).toBe('success')
  chain.arrange((context) => keys.put(context, backup.address, { account: agent.address, removed: true }))
  for (const account of [backup.address, key.address, agent.address])
    expect(pay(backup, account)).toBe('accounts/key_not_allowed')
  expect(pay(key, backup.address)).toBe('success')
})

test('T31 a native operation is valid until 1 ms before its end, and its end lies at most 3,660,000 ms ahead', () => {
  const chain = world()
  const at = (validBefore: number): string => {
    const fields = { to: bob.address, asset: dollar, amount: 1n, reference: Hash.zero, validBefore }
    return codeOf(chain.run(chain.native(token.transfer, fields, alice)))
  }
  const { time } = chain
  expect([time - 1, time, time + 1].map(at)).toEqual(['accounts/auth_expired', 'accounts/auth_expired', 'success'])
  const max = time + 3_660_000
  expect([max, max + 1].map(at)).toEqual(['success', 'accounts/auth_too_long'])
  expect([Number.MAX_SAFE_INTEGER, 0].map(at)).toEqual(['accounts/auth_too_long', 'accounts/auth_expired'])
})

test('an account has 60 free operations in a minute of the clock, the 61st waits for the next, and payments go on', () => {
  const chain = world()
  chain.time = begin + 59_000
  const cancel = (): Op => cancelOp(chain, alice, { asset: dollar, nonce: freshNonce() })
  const outcomes = chain.block(...Array.from({ length: 61 }, cancel)).outcomes.map(codeOf)
  expect(outcomes).toEqual([...Array(60).fill('success'), 'accounts/too_many'])
  expect(chain.refused(agentOp(chain, { owner: alice, key }))).toMatchObject({
    code: 'accounts/too_many',
    retry: 'later',
  })
  chain.succeed(transferOp(chain, sound))
  chain.time = begin + 59_999
  expect(chain.refused(cancel()).code).toBe('accounts/too_many')
  chain.time = begin + 60_000
  chain.succeed(cancel())
  expect(findAccount(chain.view(), alice.address)).toMatchObject({ freeCount: 1, cancelled: 61 })
})

test('free operations that were refused are not counted, and native ones count with relayed ones', () => {
  const chain = world()
  const agent = openAgent(chain, { owner: alice, key })
  expect(chain.refused(agentOp(chain, { owner: alice, key })).code).toBe('accounts/agent_exists')
  expect(chain.refused(chain.native(policy.unfreeze, { agent: agent.address }, alice)).code).toBe('policy/not_frozen')
  expect(findAccount(chain.view(), alice.address)?.freeCount).toBe(1)
  chain.succeed(cancelOp(chain, alice, { asset: dollar, nonce: freshNonce() }))
  expect(findAccount(chain.view(), alice.address)?.freeCount).toBe(2)
  expect(findAccount(chain.view(), agent.address)?.freeCount).toBe(0)
})

test('T166 an agent is the target of 16 control operations in a minute; the 17th waits, another agent does not', () => {
  const chain = world()
  const agents = [key, person('other key')].map((of) => openAgent(chain, { owner: alice, key: of }))
  const freeze = (agent = agents[0]!): Op => chain.native(policy.freeze, { agent: agent.address }, alice)
  const tighten = (baseVersion: number): Op => {
    const document = documentWith({ change: { loosenDelayMs: hour } })
    const fields = { agent: agents[0]!.address, baseVersion, ...signedDocument(chain, document) }
    return chain.native(policy.tightenPolicy, fields, alice)
  }
  for (let version = 1; version <= 15; version++) chain.succeed(tighten(version))
  chain.succeed(freeze())
  expect(chain.refused(freeze())).toMatchObject({ code: 'accounts/too_many', retry: 'later' })
  chain.succeed(freeze(agents[1]))
  expect(findAccount(chain.view(), agents[0]!.address)).toMatchObject({ controlCount: 16 })
  chain.time = begin + 60_000
  chain.succeed(tighten(17)) // the freeze made a version too
})
