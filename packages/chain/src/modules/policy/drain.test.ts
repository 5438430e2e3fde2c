// Ways around a cap that a patient agent tries: a purchase in pieces, and another payee for each piece.
import { expect, test } from 'vitest'
import { ask, dollar, dollarCap, documentWith, given, openAgent, payOp, person } from '../../../testing/index.ts'
import type { Agent, Given } from '../../../testing/index.ts'
import { balanceOf } from '../bank/index.ts'
import type { Cap, Per } from './document.ts'

const owner = person('owner')
const hour: Per = { kind: 'rolling', windowMs: 3_600_000, buckets: 60 }
const funds = 10_000_000n

function givenAgent(caps: readonly Cap[]): { readonly g: Given; readonly agent: Agent } {
  const g = given()
  g.fund(owner, 1n)
  const agent = openAgent(g, { owner, key: person('key'), document: documentWith({ caps }) })
  g.fund(agent.address, funds)
  return { g, agent }
}

function remainingOf(g: Given, agent: Agent): readonly unknown[] {
  const caps = ask(g, 'policy/agent', { account: agent.address })['caps'] as readonly { readonly remaining: string }[]
  return caps.map(({ remaining }) => remaining)
}

test('T09 a purchase in pieces, each as large as one payment may be, ends at the cap of the hour', () => {
  const piece = 100_000n
  const { g, agent } = givenAgent([
    dollarCap('payment', { kind: 'payment' }, { maxAmount: piece }),
    dollarCap('hour', hour, { maxAmount: 5n * piece }),
  ])
  const payee = person('seller').address
  expect(g.refused(payOp(g, agent, { to: payee, amount: 5n * piece })).code).toBe('policy/cap_payment')
  for (let paid = 0; paid < 5; paid++) g.succeed(payOp(g, agent, { to: payee, amount: piece }))
  for (let tried = 0; tried < 5; tried++)
    expect(g.refused(payOp(g, agent, { to: payee, amount: piece }))).toMatchObject({
      code: 'policy/cap_window',
      values: { capId: 'hour', remaining: 0n },
    })
  expect(balanceOf(g.view(), agent.address, dollar).available).toBe(funds - 5n * piece)
  expect(remainingOf(g, agent)[1]).toBe('0')
})

test('T19 a hundred payees, each new, get together what the caps over all payees allow', () => {
  const { g, agent } = givenAgent([
    dollarCap('hour', hour, { maxAmount: 320n }),
    dollarCap('life', { kind: 'lifetime' }, { maxAmount: 360n, maxCount: 100 }),
  ])
  const ops = Array.from({ length: 100 }, (_, i) => payOp(g, agent, { to: person(`payee ${i}`).address, amount: 4n }))
  const { receipts, outcomes } = g.block(...ops)
  expect(receipts).toHaveLength(80)
  expect(outcomes.at(-1)).toMatchObject({ code: 'policy/cap_window' })
  expect(balanceOf(g.view(), agent.address, dollar).available).toBe(funds - 320n)
  expect(remainingOf(g, agent)).toEqual(['0', '40'])
})
