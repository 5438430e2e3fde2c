// Nobody acts but who signs: the closed list of what may be relayed, and every other message without an actor.
import { expect, test } from 'vitest'
import {
  agentOp,
  authorize,
  cancelOp,
  documentWith,
  dollar,
  given,
  holdOp,
  openAgent,
  operator,
  payOp,
  person,
  settleOp,
  signedDocument,
} from '../../../testing/index.ts'
import * as Hash from '../../codec/Hash.ts'
import { Malformed } from '../../codec/Cursor.ts'
import { createRun } from '../../kernel/dispatch.ts'
import { recoverSigner } from '../../crypto/verifier.ts'
import { decodeOp, type Op } from '../../wire/op.ts'
import * as faucet from '../faucet/wire.ts'
import * as payments from '../payments/wire.ts'
import * as policy from '../policy/wire.ts'
import * as token from '../token/wire.ts'

const owner = person('owner')
const key = person('agent key')
const seller = person('seller')

const chain = given()
chain.fund(owner, 1_000n)
const agent = openAgent(chain, { owner, key })
chain.fund(agent.address, 1_000n)

/** One operation of every message of the development chain, each of which would succeed. */
function everyOp(): readonly Op[] {
  const document = signedDocument(chain, documentWith({ change: { loosenDelayMs: 1_000 } }))
  const change = { agent: agent.address, baseVersion: 1, ...document }
  const money = { asset: dollar, amount: 1n }
  return [
    agentOp(chain, { owner, key: person('fresh key') }),
    chain.native(policy.freeze, { agent: agent.address }, owner),
    chain.native(policy.tightenPolicy, change, owner),
    chain.native(policy.unfreeze, { agent: agent.address }, owner),
    chain.native(policy.proposePolicy, change, owner),
    chain.native(policy.sweep, { agent: agent.address, ...money }, owner),
    chain.native(token.transfer, { to: seller.address, ...money, reference: Hash.zero }, owner),
    settleOp(chain, key, authorize(chain, key, { to: seller.address, value: 1n })),
    cancelOp(chain, key, authorize(chain, key, { to: seller.address, value: 1n })),
    payOp(chain, agent, { to: seller.address, amount: 1n }),
    holdOp(chain, key, authorize(chain, key, { to: seller.address, value: 1n })),
    chain.native(payments.refund, { payer: agent.address, ...money, payment: Hash.zero }, owner),
    chain.native(faucet.drip, { to: seller.address, ...money }, operator),
  ]
}

test('every message of the chain is tried here', () => {
  const tried = everyOp().map(({ definition }) => definition.type)
  expect(tried).toEqual(chain.app.definitions.map(({ type }) => type))
})

test('what may be relayed without an actor is a closed list', () => {
  const authorizations = chain.app.definitions.filter(({ family }) => family === 'authorization')
  expect(authorizations.map(({ type }) => type)).toEqual([
    'payments/transferWithAuthorization',
    'payments/cancelAuthorization',
    'payments/hold',
  ])
})

test.each(everyOp().map((op) => [op.definition.type, op] as const))(
  'T126 %s whose signature nobody made is refused as such, before anything else is said',
  (_, op) => {
    const { state } = chain
    const run = createRun(chain.app, {
      state,
      height: state.head.height + 1,
      time: chain.time,
      verify: () => undefined,
    })
    expect(run.execute(op)).toHaveProperty('code', 'accounts/signature_invalid')
  },
)

const native = everyOp().filter(({ definition }) => definition.family === 'native')
test.each(native.map((op) => [op.definition.type, op] as const))('%s does not travel as an authorization', (_, op) => {
  const bytes = op.bytes.slice()
  expect(bytes[1]).toBe(0)
  bytes[1] = 1
  expect(() => decodeOp(chain.protocol, bytes)).toThrow(Malformed)
})

test.each(native.map((op) => [op.definition.type, op] as const))(
  '%s signed by a key that has no account is not carried out',
  (_, op) => {
    const { state } = chain
    const stranger = person('stranger').address
    const run = createRun(chain.app, {
      state,
      height: state.head.height + 1,
      time: chain.time,
      verify: (signature) => (recoverSigner(signature) === undefined ? undefined : stranger),
    })
    expect(run.execute(op)).toHaveProperty('code', 'accounts/key_not_allowed')
  },
)
