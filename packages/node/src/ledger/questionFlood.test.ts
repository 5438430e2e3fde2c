// The dearest questions to history, more of them than may wait, beside payments: these are made meanwhile, and what is too much is
// turned away.
import { person } from '@turnpike/chain/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { charge, drip, genesisAt, givenHome, openNode, signingFor } from '../../testing/givenNode.ts'
import type { OpenNode } from '../../testing/givenNode.ts'
import { createManualClock } from '../../testing/manualClock.ts'

const begin = 1_800_000_000_000
const clock = createManualClock(begin + 1_000)
const signing = signingFor(genesisAt(begin), () => clock.now())
const [alice, bob] = [person('alice'), person('bob')]
const questions = 600

let home = ''
let remove: () => Promise<void>
let node: OpenNode
beforeAll(async () => {
  ;({ home, remove } = await givenHome())
  node = await openNode({ home, genesis: genesisAt(begin), clock })
  await node.ledger.submit(drip(signing, alice))
  await payAll(220)
})
afterAll(async () => {
  await node.close()
  await remove()
})

const payAll = (count: number, onPaid: () => void = () => undefined): Promise<unknown> => {
  const ops = Array.from({ length: count }, () => charge(signing, { from: alice, to: bob, amount: 1n }))
  return Promise.all(ops.map((op) => node.ledger.submit(op).then(onPaid)))
}

it('T157 payments go on beside six hundred lists of two hundred, of which those that may not wait are turned away', async () => {
  const ended: ('paid' | 'listed' | 'turned away')[] = []
  const asked = Array.from({ length: questions }, () =>
    node.ledger.query('history/account', { account: bob.address, limit: 200 }, {}).then(
      (answer) => {
        expect((answer as { readonly payments: unknown }).payments).toHaveLength(200)
        ended.push('listed')
      },
      (error: unknown) => {
        expect(error).toMatchObject({ code: 'engine/overloaded', retry: 'later' })
        ended.push('turned away')
      },
    ),
  )
  await Promise.all([...asked, payAll(20, () => void ended.push('paid'))])
  const count = (what: (typeof ended)[number]): number => ended.filter((each) => each === what).length
  expect([count('paid'), count('listed') + count('turned away')]).toEqual([20, questions])
  expect(count('turned away')).toBeGreaterThan(0)
  expect(count('listed')).toBeGreaterThanOrEqual(512)
  expect(ended.indexOf('paid')).toBeLessThan(ended.lastIndexOf('listed'))
})
