// policy/freeze, tightenPolicy, unfreeze and proposePolicy: refusals in their order, the timeline of agent-policy 22.4, and what survives.
import { expect, test } from 'vitest'
import {
  ask,
  begin,
  dollarCap,
  documentWith,
  given,
  openAgent,
  payOp,
  person,
  saltOf,
  signedDocument,
  testDollar,
  dollar,
} from '../../../testing/index.ts'
import type { Agent, Given } from '../../../testing/index.ts'
import type { Definition } from '../../wire/message.ts'
import { Refusal } from '../../wire/refusal.ts'
import type { Cap, PolicyDocument } from './document.ts'
import { due } from './state.ts'
import { freeze, proposePolicy, tightenPolicy, unfreeze } from './wire.ts'

const owner = person('owner')
const key = person('key')
const seller = person('seller').address
const dayMs = 86_400_000

function daily(maxAmount: bigint, more: Partial<PolicyDocument> = {}): PolicyDocument {
  return documentWith({
    caps: [dollarCap('day', { kind: 'rolling', windowMs: dayMs, buckets: 96 }, { maxAmount })],
    change: { loosenDelayMs: 600_000 },
    ...more,
  })
}

function givenAgent(document = daily(5_000_000n)): { readonly g: Given; readonly agent: Agent } {
  const g = given()
  g.fund(owner, 1n)
  const agent = openAgent(g, { owner, key, document })
  g.fund(agent.address, 1_000_000_000n)
  return { g, agent }
}

type Changing = {
  readonly version: number
  readonly document: PolicyDocument
  readonly by?: typeof owner
  readonly account?: typeof seller
}

function changeOp(
  g: Given,
  agent: Agent,
  definition: Definition,
  { version, document, by = owner, account }: Changing,
): ReturnType<Given['op']> {
  const fields = { agent: agent.address, baseVersion: version, ...signedDocument(g, document) }
  return g.native(definition, fields, by, account === undefined ? {} : { account })
}

const propose = (g: Given, agent: Agent, version: number, document: PolicyDocument): ReturnType<Given['succeed']> =>
  g.succeed(changeOp(g, agent, proposePolicy, { version, document }))
const tighten = (g: Given, agent: Agent, version: number, document: PolicyDocument): ReturnType<Given['succeed']> =>
  g.succeed(changeOp(g, agent, tightenPolicy, { version, document }))
const pay = (g: Given, agent: Agent, amount: bigint): ReturnType<Given['run']> =>
  g.run(payOp(g, agent, { to: seller, amount }))
const inForce = (g: Given, agent: Agent): ReturnType<typeof ask> => ask(g, 'policy/policy', { account: agent.address })

test.each([
  ['tightenPolicy', tightenPolicy],
  ['proposePolicy', proposePolicy],
])('T11 T17 policy/%s: refusals in their order, then the change', (_, definition) => {
  const { g, agent } = givenAgent()
  const document = daily(1_000_000n)
  const change = (of: Partial<Changing>, fields: object = {}): Refusal => {
    const signed = {
      agent: agent.address,
      baseVersion: of.version ?? 1,
      ...signedDocument(g, of.document ?? document),
      ...fields,
    }
    return g.refused(
      g.native(definition, signed, of.by ?? owner, of.account === undefined ? {} : { account: of.account }),
    )
  }
  const stranger = person('stranger')
  g.fund(stranger, 1n)
  expect(change({ by: person('nobody') }).code).toBe('accounts/unknown_account')
  expect(change({}, { agent: person('nobody').address }).code).toBe('accounts/unknown_account')
  expect(change({ by: key, account: agent.address }).code).toBe('policy/change_not_allowed')
  expect(change({ by: stranger }).code).toBe('accounts/not_yours')
  expect(change({}, { agent: owner.address }).code).toBe('policy/change_not_allowed')
  expect(change({}, { agent: stranger.address }).code).toBe('accounts/not_yours')
  for (const version of [0, 2]) expect(change({ version }, { policy: saltOf('x') }).code).toBe('policy/change_stale')
  expect(change({}, { policy: saltOf('x'), words: '' }).code).toBe('policy/policy_invalid')
  expect(change({ document: daily(1n, { assets: [] }) }, { words: '' }).code).toBe('policy/policy_invalid')
  expect(change({}, { words: 'Policy, words v1' }).code).toBe('policy/words_differ')
  if (definition === tightenPolicy) {
    const looser = change({ document: daily(5_000_001n) })
    expect(looser.code).toBe('policy/not_tighter')
    expect(looser.values['field']).toBe('caps.day.maxAmount')
  }
  const receipt = g.succeed(changeOp(g, agent, definition, { version: 1, document }))
  const isAtOnce = definition === tightenPolicy
  expect(receipt.events).toHaveLength(1)
  expect(receipt.events[0]!.fields).toMatchObject({
    agent: agent.address,
    fromVersion: 1,
    toVersion: isAtOnce ? 2 : 1,
    change: 'tighter',
    effectiveAt: isAtOnce ? g.time : g.time + 600_000,
    policy: signedDocument(g, document).policy,
    by: owner.address,
  })
})

test('T17 the timeline of change control', () => {
  const { g, agent } = givenAgent()
  const start = begin + 1
  const at = (offset: number): void => void (g.time = start + offset)
  expect(pay(g, agent, 5_000_000n)).not.toBeInstanceOf(Refusal)
  propose(g, agent, 1, daily(10_000_000n))
  at(599_999)
  expect((pay(g, agent, 5_000_000n) as Refusal).code).toBe('policy/cap_window')
  expect(inForce(g, agent)['version']).toBe(1)
  at(600_000)
  const paid = g.succeed(payOp(g, agent, { to: seller, amount: 5_000_000n }))
  expect(paid.policyVersion).toBe(2)
  at(700_000)
  propose(g, agent, 2, daily(20_000_000n))
  at(800_000)
  tighten(g, agent, 2, daily(1_000_000n))
  expect(inForce(g, agent)['version']).toBe(3)
  at(1_300_000)
  g.block()
  expect(inForce(g, agent)['version']).toBe(3)
  expect((pay(g, agent, 1n) as Refusal).values).toMatchObject({ capId: 'day', remaining: 0n })
  expect(g.refused(changeOp(g, agent, proposePolicy, { version: 2, document: daily(20_000_000n) })).code).toBe(
    'policy/change_stale',
  )
  expect(
    g.refused(changeOp(g, agent, proposePolicy, { version: 3, document: daily(9n), by: key, account: agent.address }))
      .code,
  ).toBe('policy/change_not_allowed')
})

test('T17 lowering the delay waits the old delay, and a second proposal takes the place of the first', () => {
  const { g, agent } = givenAgent()
  propose(g, agent, 1, daily(6_000_000n))
  g.time += 300_000
  propose(g, agent, 1, daily(5_000_000n, { change: { loosenDelayMs: 0 } }))
  g.time += 300_000
  g.block()
  expect(inForce(g, agent)['version']).toBe(1)
  g.time += 299_999
  g.block()
  expect(inForce(g, agent)['version']).toBe(1)
  g.time += 1
  g.block()
  expect(inForce(g, agent)).toMatchObject({ version: 2, document: { change: { loosenDelayMs: 0 } } })
  propose(g, agent, 2, daily(50_000_000n, { change: { loosenDelayMs: 0 } }))
  expect(inForce(g, agent)['version']).toBe(3)
})

test('T109 T13 policy/freeze stops the agent before any payment, at once, and again', () => {
  const { g, agent } = givenAgent()
  const stranger = person('stranger')
  g.fund(stranger, 1n)
  const frozen = (by = owner, more = {}): ReturnType<Given['op']> =>
    g.native(freeze, { agent: agent.address }, by, more)
  expect(g.refused(frozen(stranger)).code).toBe('accounts/not_yours')
  expect(g.refused(frozen(key, { account: agent.address })).code).toBe('policy/change_not_allowed')
  expect(g.refused(g.native(freeze, { agent: person('nobody').address }, owner)).code).toBe('accounts/unknown_account')
  const { outcomes } = g.block(frozen(), payOp(g, agent, { to: seller, amount: 1n }))
  expect(outcomes[0]).toMatchObject({ policyVersion: 2 })
  expect((outcomes[1] as Refusal).code).toBe('policy/frozen')
  expect(() => g.block(payOp(g, agent, { to: seller, amount: 1n }), frozen())).toThrow('control operation')
  // A key of the agent names it too; a freeze of what is frozen is another version, since it voids what waits.
  expect(g.succeed(g.native(freeze, { agent: key.address }, owner)).policyVersion).toBe(3)
  for (let i = 3; i <= 16; i++) g.succeed(frozen())
  expect(g.refused(frozen()).code).toBe('accounts/too_many')
  g.time += 60_000
  g.succeed(frozen())
})

test('policy/unfreeze waits the delay of the policy in force', () => {
  const { g, agent } = givenAgent()
  const thaw = (by = owner, more = {}): ReturnType<Given['op']> =>
    g.native(unfreeze, { agent: agent.address }, by, more)
  const stranger = person('stranger')
  g.fund(stranger, 1n)
  expect(g.refused(thaw(stranger)).code).toBe('accounts/not_yours')
  expect(g.refused(thaw(key, { account: agent.address })).code).toBe('policy/change_not_allowed')
  expect(g.refused(thaw()).code).toBe('policy/not_frozen')
  g.succeed(g.native(freeze, { agent: agent.address }, owner))
  expect(g.succeed(thaw()).policyVersion).toBe(2)
  expect(ask(g, 'policy/agent', { account: agent.address })['pendingUnfreeze']).toEqual({
    effectiveAt: g.time + 600_000,
  })
  g.time += 599_999
  expect((pay(g, agent, 1n) as Refusal).code).toBe('policy/frozen')
  g.time += 1
  expect(g.succeed(payOp(g, agent, { to: seller, amount: 1n })).policyVersion).toBe(3)
})

test('policy/unfreeze of a policy without delay acts at once', () => {
  const { g, agent } = givenAgent(daily(5_000_000n, { change: { loosenDelayMs: 0 } }))
  g.succeed(g.native(freeze, { agent: agent.address }, owner))
  expect(g.succeed(g.native(unfreeze, { agent: agent.address }, owner)).policyVersion).toBe(3)
  expect(pay(g, agent, 1n)).not.toBeInstanceOf(Refusal)
})

test.each(['freeze', 'tightenPolicy'] as const)('T17 a policy/%s voids everything that waits', (kind) => {
  const { g, agent } = givenAgent()
  g.succeed(g.native(freeze, { agent: agent.address }, owner))
  g.succeed(g.native(unfreeze, { agent: agent.address }, owner))
  propose(g, agent, 2, daily(50_000_000n))
  if (kind === 'freeze') g.succeed(g.native(freeze, { agent: agent.address }, owner))
  else tighten(g, agent, 2, daily(4_000_000n))
  expect(ask(g, 'policy/agent', { account: agent.address })).not.toHaveProperty('pending')
  g.time += 600_000
  expect((pay(g, agent, 1n) as Refusal).code).toBe('policy/frozen')
  expect(inForce(g, agent)['version']).toBe(3)
})

test('a proposal and an unfreeze that wait together both come', () => {
  const { g, agent } = givenAgent()
  g.succeed(g.native(freeze, { agent: agent.address }, owner))
  g.succeed(g.native(unfreeze, { agent: agent.address }, owner))
  g.time += 1
  propose(g, agent, 2, daily(50_000_000n))
  g.time += 600_000
  expect(pay(g, agent, 50_000_000n)).not.toBeInstanceOf(Refusal)
  expect(inForce(g, agent)['version']).toBe(4)
})

const hourMs = 3_600_000
const waitingHour = daily(5_000_000n, { change: { loosenDelayMs: hourMs } })

test.each<[string, (g: Given, agent: Agent) => void, number]>([
  ['replaced', (g, agent) => propose(g, agent, 1, waitingHour), 1],
  ['voided by a tightening', (g, agent) => tighten(g, agent, inForce(g, agent)['version'] as number, waitingHour), 1],
  ['voided by a freeze', (g, agent) => g.succeed(g.native(freeze, { agent: agent.address }, owner)), 1],
  ['of both kinds', (g, agent) => g.succeed(g.native(unfreeze, { agent: agent.address }, owner)), 2],
])('T160 policy changes that are %s leave no more than one entry of a kind in the queue', (_, replace, entries) => {
  const { g, agent } = givenAgent(waitingHour)
  if (entries === 2) g.succeed(g.native(freeze, { agent: agent.address }, owner))
  for (let round = 0; round < 8; round++) {
    propose(g, agent, inForce(g, agent)['version'] as number, waitingHour)
    replace(g, agent)
    g.time += 60_000
  }
  expect(due.count(g.view())).toBe(entries)
  g.time += hourMs
  g.block()
  expect(due.count(g.view())).toBe(0)
})

test('a change that takes the place of another comes on its own day, and not on that of the other', () => {
  const { g, agent } = givenAgent()
  propose(g, agent, 1, daily(6_000_000n))
  g.time += 599_999
  propose(g, agent, 1, daily(7_000_000n))
  g.time += 599_999
  g.block()
  expect(inForce(g, agent)['version']).toBe(1)
  g.time += 1
  g.block()
  expect(inForce(g, agent)).toMatchObject({ version: 2, document: { caps: [{ maxAmount: '7000000' }] } })
})

test('T17 an unfreeze does not come before one that a freeze voided, however short the delay has become', () => {
  const { g, agent } = givenAgent(waitingHour)
  const act = (definition: Definition): number => {
    const { events } = g.succeed(g.native(definition, { agent: agent.address }, owner))
    return (events[0]!.fields as { readonly effectiveAt: number }).effectiveAt
  }
  act(freeze)
  propose(g, agent, 2, daily(5_000_000n, { change: { loosenDelayMs: 1 } }))
  g.time += hourMs / 2
  const announced = act(unfreeze)
  expect(announced).toBe(g.time + hourMs)
  g.time += hourMs / 2
  act(freeze)
  expect(inForce(g, agent)).toMatchObject({ version: 4, document: { change: { loosenDelayMs: 1 } } })
  expect(act(unfreeze)).toBe(announced)
  g.time = announced - 1
  expect((pay(g, agent, 1n) as Refusal).code).toBe('policy/frozen')
  g.time = announced
  expect(pay(g, agent, 1n)).not.toBeInstanceOf(Refusal)
})

test('counters survive under their ids; another window begins with all that was used', () => {
  const hour: Cap = dollarCap('day', { kind: 'rolling', windowMs: 3_600_000, buckets: 60 }, { maxAmount: 5_000_000n })
  const open = { change: { loosenDelayMs: 0 } }
  const { g, agent } = givenAgent(daily(5_000_000n, open))
  pay(g, agent, 3_000_000n)
  g.time += 1_800_000
  pay(g, agent, 1_000_000n)
  const used = (): unknown =>
    (ask(g, 'policy/agent', { account: agent.address })['caps'] as readonly { readonly used: string }[]).map(
      (cap) => cap.used,
    )
  tighten(g, agent, 1, daily(4_500_000n, open))
  expect(used()).toEqual(['4000000'])
  // Other caps come before it: places of counters are not places of the list.
  const other = dollarCap('other', { kind: 'lifetime' }, { maxAmount: 7n })
  propose(
    g,
    agent,
    2,
    daily(1n, { ...open, caps: [dollarCap('payment', { kind: 'payment' }, { maxAmount: 9n }), other, hour] }),
  )
  expect(used()).toEqual(['0', '0', '4000000'])
  g.time += 3_599_999
  propose(g, agent, 3, daily(1n, { ...open, caps: [hour] }))
  expect(used()).toEqual(['4000000'])
  g.time += 60_000
  expect(used()).toEqual(['0'])
  propose(g, agent, 4, daily(1n, { ...open, caps: [{ ...hour, per: { kind: 'payment' } }] }))
  propose(g, agent, 5, daily(1n, { ...open, caps: [hour] }))
  expect(used()).toEqual(['0'])
})

test('every class of change, field by field', () => {
  const base = daily(5_000_000n, { assets: [dollar, testDollar], notBefore: begin + 1, expiresAt: begin + 10 * dayMs })
  const { g, agent } = givenAgent({ ...base, notBefore: begin })
  const day = base.caps[0]!
  const payees = (mode: 'allow' | 'deny', ...list: readonly (typeof seller)[]): PolicyDocument['payees'] => ({
    mode,
    list: list.map((payee) => ({ payee })),
    firstSeen: 'allow',
  })
  const tighterBy = (part: Partial<PolicyDocument>): unknown => {
    const document = { ...base, notBefore: begin, ...part }
    const outcome = g.run(
      changeOp(g, agent, tightenPolicy, { version: inForce(g, agent)['version'] as number, document }),
    )
    g.time += 60_000
    return outcome instanceof Refusal
      ? (outcome.values['field'] ?? outcome.code)
      : (outcome as { readonly events: readonly { readonly fields: unknown }[] }).events[0]!.fields
  }
  expect(tighterBy({})).toMatchObject({ change: 'equal' })
  expect(tighterBy({ notBefore: begin - 1 })).toBe('notBefore')
  expect(tighterBy({ expiresAt: begin + 10 * dayMs + 1 })).toBe('expiresAt')
  expect(tighterBy({ caps: [{ ...day, maxAmount: 5_000_001n }] })).toBe('caps.day.maxAmount')
  expect(tighterBy({ caps: [] })).toBe('caps.day')
  expect(tighterBy({ caps: [{ ...day, per: { kind: 'rolling', windowMs: dayMs, buckets: 48 } }] })).toBe('caps.day')
  expect(tighterBy({ caps: [{ ...day, per: { kind: 'lifetime' } }] })).toBe('caps.day')
  expect(tighterBy({ caps: [{ ...day, denom: { asset: dollar } }] })).toBe('caps.day')
  expect(tighterBy({ maxAuthLifetimeMs: { native: 60_001, eip3009: 600_000 } })).toBe('maxAuthLifetimeMs.native')
  expect(tighterBy({ maxAuthLifetimeMs: { native: 60_000, eip3009: 600_001 } })).toBe('maxAuthLifetimeMs.eip3009')
  expect(tighterBy({ change: { loosenDelayMs: 599_999 } })).toBe('change.loosenDelayMs')
  // Mixed is a loosening, whatever else becomes tighter.
  expect(tighterBy({ caps: [{ ...day, maxAmount: 1n }], expiresAt: begin + 11 * dayMs })).toBe('expiresAt')
  expect(tighterBy({ caps: [{ ...day, maxCount: 9 }] })).toMatchObject({ change: 'tighter' })
  expect(tighterBy({ caps: [day] })).toBe('caps.day.maxCount')
  const counted = { caps: [{ ...day, maxCount: 9 }] }
  expect(tighterBy({ ...counted, payees: payees('deny', seller) })).toMatchObject({ change: 'tighter' })
  expect(tighterBy({ ...counted })).toBe('payees')
  // Two addresses may be one account, so that leaving a list of the denied for one of the allowed is never surely tighter.
  expect(tighterBy({ ...counted, payees: payees('allow', owner.address) })).toBe('payees')
  const denied = { ...counted, payees: payees('deny', seller) }
  expect(tighterBy({ ...denied, assets: [dollar] })).toMatchObject({ change: 'tighter' })
  expect(tighterBy({ ...denied, assets: [dollar, testDollar] })).toBe('assets')
  expect(
    tighterBy({
      ...denied,
      assets: [dollar],
      caps: [...denied.caps, dollarCap('x', { kind: 'lifetime' }, { maxCount: 3 })],
    }),
  ).toMatchObject({ change: 'tighter' })
})
