// Invariants hold for every state that rules can reach; each block of a given chain checks them all.
import { expect, test } from 'vitest'
import { authorize, documentWith, given, holdOp, openAgent, payOp, person } from '../../../testing/index.ts'
import { Refusal } from '../../wire/refusal.ts'

const [owner, key, seller] = [person('owner'), person('key'), person('seller')]

test('a hold in a cap whose window has passed since its last payment overdraws nothing', () => {
  const chain = given()
  chain.fund(owner, 1n)
  const window = { kind: 'rolling', windowMs: 5_000, buckets: 1 } as const
  const cap = { id: 'rate', scope: { kind: 'all' }, per: window, maxCount: 1, onBreach: 'deny' } as const
  const agent = openAgent(chain, { owner, key, document: documentWith({ caps: [cap] }) })
  chain.fund(agent.address, 100n)
  chain.succeed(payOp(chain, agent, { to: seller.address, amount: 1n }))
  const held = authorize(chain, key, { to: seller.address, value: 2n })
  expect(chain.run(holdOp(chain, key, held))).toBeInstanceOf(Refusal)
  chain.time += 10_000
  expect(chain.succeed(holdOp(chain, key, held))).toMatchObject({ kind: 'hold' })
})
