// Agents under their owners: addresses that can be known beforehand, keys that join by their own signature, bounds.
import { expect, test } from 'vitest'
import { agentOp, dollar, given, openAgent, payOp, person, saltOf, type Given } from '../../../testing/index.ts'
import * as Address from '../../codec/Address.ts'
import * as Hash from '../../codec/Hash.ts'
import { keccak256 } from '../../crypto/hash.ts'
import * as Hex from '../../codec/Hex.ts'
import * as Text from '../../codec/Text.ts'
import { balanceOf } from '../bank/index.ts'
import * as payments from '../payments/wire.ts'
import { findAccount, maySee, maySign, ownerOf, resolve } from './index.ts'
import { accounts, keys } from './state.ts'
import { agentAddress, agentsMax } from './wire.ts'

const owner = person('owner')
const key = person('agent key')
const seller = person('seller')

function world(): Given {
  const chain = given()
  chain.fund(owner, 1_000n)
  return chain
}

test("an agent's address is keccak256(tag ‖ owner ‖ salt)[12..]", () => {
  const bytes = [...Text.toBytes('turnpike/agent/v1'), ...Hex.toBytes(owner.address), ...Hex.toBytes(saltOf('a'))]
  expect(agentAddress(owner.address, saltOf('a'))).toBe(Address.fromBytes(keccak256(Uint8Array.from(bytes)), 12))
  expect(agentAddress(owner.address, saltOf('b'))).not.toBe(agentAddress(owner.address, saltOf('a')))
  expect(agentAddress(seller.address, saltOf('a'))).not.toBe(agentAddress(owner.address, saltOf('a')))
})

test('an opened agent: its key signs for it, its owner sees it, a stranger does neither', () => {
  const chain = world()
  const agent = openAgent(chain, { owner, key })
  const view = chain.view()
  expect([resolve(view, key.address), resolve(view, agent.address)]).toEqual([agent.address, agent.address])
  expect(ownerOf(view, agent.address)).toBe(owner.address)
  expect(ownerOf(view, owner.address)).toBeUndefined()
  const people = [key, owner, seller].map(({ address }) => address)
  expect(people.map((who) => maySign(view, who, agent.address))).toEqual([true, false, false])
  expect(people.map((who) => maySee(view, who, agent.address))).toEqual([true, true, false])
  expect(people.map((who) => maySee(view, who, owner.address))).toEqual([false, true, false])
  expect(maySign(view, agent.address, agent.address)).toBe(false)
  expect(findAccount(view, agent.address)).toMatchObject({ kind: 'agent', owner: owner.address, created: chain.time })
})

test('T175 a key that has not signed its proof does not join, nor one that signed for another owner or salt', () => {
  const chain = world()
  const victim = person('victim')
  const { message, definition } = agentOp(chain, { owner, key: victim })
  const forged = chain.op(definition, message, owner, { proofs: [seller] })
  expect(chain.refused(forged)).toMatchObject({ code: 'accounts/key_unproven', retry: 'never' })
  const elsewhere = chain.op(definition, { ...message, salt: saltOf('other') }, owner, { proofs: [victim] })
  chain.succeed(elsewhere)
  const fields = { payee: victim.address, asset: dollar, amount: 10n, reference: Hash.zero }
  const other = given()
  other.fund(owner, 1_000n)
  expect(other.refused(forged).code).toBe('accounts/key_unproven')
  other.succeed(other.native(payments.charge, fields, owner))
  expect(balanceOf(other.view(), victim.address, dollar).available).toBe(10n)
})

test('a key joins once: not a second agent, not when it has an account, not after it was removed', () => {
  const chain = world()
  const agent = openAgent(chain, { owner, key, name: 'first' })
  const again = (of: typeof key): string => chain.refused(agentOp(chain, { owner, key: of, name: 'second' })).code
  expect(again(key)).toBe('accounts/key_not_allowed')
  expect(again(owner)).toBe('accounts/key_not_allowed')
  chain.fund(seller, 1n)
  expect(again(seller)).toBe('accounts/key_not_allowed')
  chain.arrange((context) => keys.put(context, person('gone').address, { account: agent.address, removed: true }))
  expect(again(person('gone'))).toBe('accounts/key_not_allowed')
})

test('the same owner and salt again: the agent exists; another owner may use the salt', () => {
  const chain = world()
  openAgent(chain, { owner, key, name: 'shopping' })
  const twice = agentOp(chain, { owner, key: person('fresh'), name: 'shopping' })
  expect(chain.refused(twice)).toMatchObject({ code: 'accounts/agent_exists', retry: 'never' })
  chain.fund(seller, 1n)
  openAgent(chain, { owner: seller, key: person('fresh'), name: 'shopping' })
})

test('money that reaches an agent before it is opened keeps nobody from opening it, and is the agent’s', () => {
  const chain = world()
  chain.fund(agentAddress(owner.address, saltOf('shopping')), 70n)
  const agent = openAgent(chain, { owner, key, name: 'shopping' })
  expect(findAccount(chain.view(), agent.address)).toMatchObject({ kind: 'agent', owner: owner.address })
  chain.succeed(payOp(chain, agent, { to: seller.address, amount: 70n }))
  expect(balanceOf(chain.view(), agent.address, dollar).available).toBe(0n)
})

test('agents own no agents', () => {
  const chain = world()
  const agent = openAgent(chain, { owner, key })
  const { message, definition } = agentOp(chain, { owner, key: person('fresh') })
  const fresh = { ...message, account: agent.address }
  expect(chain.refused(chain.op(definition, fresh, key, { proofs: [person('fresh')] })).code).toBe('accounts/not_yours')
})

test('T166 an owner has 1,024 agents and no more', () => {
  const chain = world()
  openAgent(chain, { owner, key })
  const many = agentsMax - 2
  chain.arrange((context) => {
    const row = accounts.get(context, owner.address)
    const child = accounts.get(context, agentAddress(owner.address, saltOf(key.name)))
    for (let i = 0; i < many; i++)
      accounts.put(context, agentAddress(owner.address, saltOf(`child ${i}`)), { ...child, live: 0 })
    accounts.put(context, owner.address, { ...row, agents: row.agents + many })
  })
  openAgent(chain, { owner, key: person('last'), name: 'last' })
  expect(findAccount(chain.view(), owner.address)?.agents).toBe(agentsMax)
  const further = agentOp(chain, { owner, key: person('one more'), name: 'one more' })
  expect(chain.refused(further)).toMatchObject({ code: 'accounts/too_many', values: { max: agentsMax } })
})
