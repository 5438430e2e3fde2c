// Every key with every account of a forest of owners and agents: a key acts for its own account, and for no other that it is related to.
import { expect, test } from 'vitest'
import { begin, dollar, given, openAgent, person, type Person } from '../../../testing/index.ts'
import type { Address } from '../../codec/Address.ts'
import * as Hash from '../../codec/Hash.ts'
import { recoverSigner } from '../../crypto/verifier.ts'
import { check } from '../../kernel/app.ts'
import { Refusal } from '../../wire/refusal.ts'
import * as payments from '../payments/wire.ts'
import * as policy from '../policy/wire.ts'

type Holder = { readonly key: Person; readonly account: Address; readonly owner?: Person }

const chain = given()
const holders: readonly Holder[] = [1, 2].flatMap((tree): Holder[] => {
  const owner = person(`owner ${tree}`)
  chain.fund(owner, 1_000n)
  const agents = Array.from({ length: tree }, (_, i): Holder => {
    const key = person(`key ${tree}.${i}`)
    const account = openAgent(chain, { owner, key }).address
    chain.fund(account, 1_000n)
    return { key, account, owner }
  })
  return [{ key: owner, account: owner.address }, ...agents]
})
const pairs = holders.flatMap((signer) => holders.map((of) => ({ signer, of })))

function codeOf(op: Parameters<typeof check>[2]): string {
  const outcome = check(chain.app, chain.state, op, { time: begin + 10, verify: recoverSigner })
  return outcome instanceof Refusal ? outcome.code : 'success'
}

test('T186 a payment needs the key of its account: not the owner’s, not a sibling’s, not a stranger’s', () => {
  const fields = { payee: person('payee').address, asset: dollar, amount: 1n, reference: Hash.zero }
  expect(pairs).toHaveLength(25)
  for (const { signer, of } of pairs) {
    const op = chain.native(payments.charge, fields, signer.key, { account: of.account })
    const expected = signer === of ? 'success' : 'accounts/key_not_allowed'
    expect([signer.key.name, of.key.name, codeOf(op)]).toEqual([signer.key.name, of.key.name, expected])
  }
})

test('T186 a policy is changed by the key of its owner: not by its own, not by another owner’s', () => {
  for (const { signer, of } of pairs) {
    const op = chain.native(policy.freeze, { agent: of.account }, signer.key, { account: signer.account })
    const isOwner = of.owner !== undefined && of.owner === signer.key
    expect([signer.key.name, of.key.name, codeOf(op) === 'success']).toEqual([signer.key.name, of.key.name, isOwner])
    if (of.owner === undefined) continue
    const inItsName = chain.native(policy.freeze, { agent: of.account }, signer.key, { account: of.owner.address })
    expect([signer.key.name, codeOf(inItsName) === 'success']).toEqual([signer.key.name, isOwner])
  }
})
