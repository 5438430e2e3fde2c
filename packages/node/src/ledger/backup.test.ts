// A data directory of the past is started again: it goes on from there, tells nothing of what it has lost, and what is handed in anew
// happens once.
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { dollar, person } from '@turnpike/chain/testing'
import type { Op } from '@turnpike/chain/wire'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { authorize, drip, genesisAt, givenHome, openNode, signingFor } from '../../testing/givenNode.ts'
import type { OpenNode } from '../../testing/givenNode.ts'
import { createManualClock } from '../../testing/manualClock.ts'

const begin = 1_800_000_000_000
const genesis = genesisAt(begin)
const clock = createManualClock(begin + 1_000)
const signing = signingFor(genesis, () => clock.now())
const [alice, bob] = [person('alice'), person('bob')]

let home = ''
let remove: () => Promise<void>
let node: OpenNode
beforeEach(async () => {
  ;({ home, remove } = await givenHome())
  node = await openNode({ home: join(home, 'node'), genesis, clock })
})
afterEach(async () => {
  await node.close()
  await remove()
})

const pay = (amount: bigint): Op => authorize(signing, { from: alice, to: bob, amount })

async function balance(): Promise<unknown> {
  const { available } = (await node.ledger.query('bank/balance', { account: alice.address, asset: dollar }, {})) as {
    readonly available: string
  }
  return available
}

/** Stops, puts entries of the backup in the place of those of now, and starts. */
async function restore(...entries: readonly string[]): Promise<void> {
  await node.close()
  for (const entry of entries) {
    await rm(join(home, 'node', entry), { recursive: true, force: true })
    await cp(join(home, 'backup', entry), join(home, 'node', entry), { recursive: true })
  }
  node = await openNode({ home: join(home, 'node'), genesis, clock })
}

/** A payment before the backup and one behind it. */
async function payAround(): Promise<{ readonly kept: Op; readonly lost: Op }> {
  await node.ledger.submit(drip(signing, alice, 1_000n))
  const [kept, lost] = [pay(100n), pay(10n)]
  await node.ledger.submit(kept)
  await node.close()
  await cp(join(home, 'node'), join(home, 'backup'), { recursive: true })
  node = await openNode({ home: join(home, 'node'), genesis, clock })
  await node.ledger.submit(lost)
  expect(await balance()).toBe('890')
  return { kept, lost }
}

async function expectThePast({ kept, lost }: { readonly kept: Op; readonly lost: Op }): Promise<void> {
  expect(await balance()).toBe('900')
  expect(await node.ledger.submit(kept)).toMatchObject({ repeated: true })
  expect(await node.ledger.receiptOf(kept.id)).toBeDefined()
  expect(await node.ledger.receiptOf(lost.id)).toBeUndefined()
  expect(await node.ledger.submit(lost)).toMatchObject({ repeated: false })
  expect(await node.ledger.submit(lost)).toMatchObject({ repeated: true })
  expect(await balance()).toBe('890')
}

it('T193 a log of the past under a history that knows more, then a whole directory of the past', async () => {
  const ops = await payAround()
  await restore('log')
  await expectThePast(ops)
  await restore('.')
  await expectThePast(ops)
})
