// The ledger on real files, threads and signatures: what edges are promised, across restarts.
import { operator, person } from '@turnpike/chain/testing'
import { Refusal } from '@turnpike/chain/wire'
import { storedToJson } from './StoredReceipt.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { charge, drip, genesisAt, givenHome, openNode, signingFor } from '../../testing/givenNode.ts'
import type { OpenNode, Signing } from '../../testing/givenNode.ts'

const genesis = genesisAt(Date.now() - 1_000)
const [alice, bob] = [person('alice'), person('bob')]
const signing: Signing = signingFor(genesis)

let home = ''
let remove: () => Promise<void>
let node: OpenNode
beforeEach(async () => {
  ;({ home, remove } = await givenHome())
  node = await openNode({ home, genesis })
})
afterEach(async () => {
  await node.close()
  await remove()
})

async function restart(): Promise<void> {
  await node.close()
  node = await openNode({ home, genesis })
}

describe('submit', () => {
  it('answers a success with its receipt, and a repetition with the same one', async () => {
    await node.ledger.submit(drip(signing, alice))
    const op = charge(signing, { from: alice, to: bob, amount: 1_000n })
    const first = await node.ledger.submit(op)
    expect(first.repeated).toBe(false)
    expect(first.receipt.receipt).toMatchObject({ kind: 'payment', op: op.id, sequence: 1 })
    const second = await node.ledger.submit(op)
    expect(second).toEqual({ receipt: first.receipt, repeated: true })
    await restart()
    const third = await node.ledger.submit(op)
    expect(third.repeated).toBe(true)
    expect(storedToJson(third.receipt, signing.protocol)).toEqual(storedToJson(first.receipt, signing.protocol))
    expect(third.receipt.leaf).toEqual(first.receipt.leaf)
  })

  it('refuses and keeps nothing', async () => {
    await node.ledger.submit(drip(signing, alice, 10n))
    const op = charge(signing, { from: alice, to: bob, amount: 1_000n })
    await expect(node.ledger.submit(op)).rejects.toThrowError(Refusal)
    expect(node.ledger.status().height).toBe(1)
    await node.ledger.submit(drip(signing, alice, 1_000n))
    expect((await node.ledger.submit(op)).repeated).toBe(false)
    expect(operator.address).toBeTruthy()
  })
})
