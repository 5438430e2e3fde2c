// Private questions and kept refusals: who may see them, who can't fill them, and what is left after a restart.
import { person } from '@turnpike/chain/testing'
import type { Person } from '@turnpike/chain/testing'
import { codec, digest, encode, Hash, sha256 } from '@turnpike/chain/wire'
import type { Address } from '@turnpike/chain/wire'
import { queryStruct } from '@turnpike/chain/wire/accounts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  authorize,
  charge,
  createAgent,
  drip,
  genesisAt,
  givenHome,
  openNode,
  signingFor,
} from '../../testing/givenNode.ts'
import type { OpenNode } from '../../testing/givenNode.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import type { ManualClock } from '../../testing/manualClock.ts'
import type { Asker } from './questions.ts'
import { ringSize } from './refusalRings.ts'

const begin = 1_800_000_000_000
const genesis = genesisAt(begin)
const [alice, bob, carol, key] = ['alice', 'bob', 'carol', 'agent key'].map(person) as [Person, Person, Person, Person]
const operatorAsks: Asker = { operator: true }

let clock: ManualClock
const signing = signingFor(genesis, () => clock.now())
let home = ''
let remove: () => Promise<void>
let node: OpenNode
let agent: Address.Address
beforeEach(async () => {
  clock = createManualClock(begin)
  ;({ home, remove } = await givenHome())
  node = await openNode({ home, genesis, clock })
  const created = createAgent(signing, { owner: alice, key })
  agent = created.agent
  for (const op of [drip(signing, alice), drip(signing, bob), created.op, drip(signing, agent)])
    await node.ledger.submit(op)
})
afterEach(async () => {
  await node.close()
  await remove()
})

/** One payment over the agent's cap for a single payment. */
async function refuseOne(amount = 200_000n): Promise<void> {
  await expect(node.ledger.submit(authorize(signing, { from: key, to: bob, amount }))).rejects.toMatchObject({
    code: 'policy/cap_payment',
  })
}

type Signed = {
  readonly by: Person
  readonly account: Address.Address
  readonly limit?: number
  readonly name?: string
  readonly validBefore?: number
}

/** The right to ask that a signature gives. */
function signedBy({ by, account, limit, name = 'policy/refusals', validBefore = clock.now() + 60_000 }: Signed): Asker {
  const args = encode(codec.record({ account: codec.address, limit: codec.optional(codec.u32) }), {
    account,
    ...(limit !== undefined && { limit }),
  })
  const values = [account, name, Hash.fromBytes(sha256(args)), BigInt(validBefore)]
  return {
    signature: by.sign(Hash.fromBytes(digest(signing.protocol.domains.native, queryStruct.hash(values)))),
    validBefore,
  }
}

type Refusals = { readonly refusals: readonly { readonly [field: string]: codec.Json }[] }
const refusalsOf = async (
  account: Address.Address,
  { asker = operatorAsks, ...more }: { readonly asker?: Asker; readonly limit?: number } = {},
): Promise<Refusals['refusals']> =>
  ((await node.ledger.query('policy/refusals', { account, ...more }, asker)) as Refusals).refusals

describe('a private question', () => {
  it('is answered to the operator, the account and its owner', async () => {
    await refuseOne()
    const seen = await refusalsOf(agent)
    expect(seen).toHaveLength(1)
    for (const by of [alice, key])
      expect(await refusalsOf(agent, { asker: signedBy({ by, account: agent }) })).toEqual(seen)
    expect(await refusalsOf(key.address, { asker: signedBy({ by: key, account: key.address }) })).toEqual(seen)
  })

  it('tells nobody else anything: strangers, late askers, and askers of something else', async () => {
    await refuseOne()
    const good = signedBy({ by: alice, account: agent })
    const bad: readonly Asker[] = [
      {},
      signedBy({ by: carol, account: agent }),
      signedBy({ by: bob, account: agent }),
      signedBy({ by: alice, account: alice.address }),
      signedBy({ by: alice, account: agent, limit: 5 }),
      signedBy({ by: alice, account: agent, name: 'policy/agent' }),
      signedBy({ by: alice, account: agent, validBefore: clock.now() }),
      signedBy({ by: alice, account: agent, validBefore: clock.now() + 3_600_001 }),
      { ...good, validBefore: clock.now() + 60_001 } as Asker,
      { signature: new Uint8Array(65), validBefore: clock.now() + 1 },
      { signature: new Uint8Array(3), validBefore: Number.NaN },
    ]
    for (const asker of bad)
      await expect(refusalsOf(agent, { asker })).rejects.toMatchObject({ code: 'accounts/not_yours', retry: 'owner' })
    await expect(
      node.ledger.query(
        'policy/agent',
        { account: agent },
        signedBy({ by: carol, account: agent, name: 'policy/agent' }),
      ),
    ).rejects.toMatchObject({ code: 'accounts/not_yours' })
    expect(await refusalsOf(agent, { asker: good })).toHaveLength(1)
  })
})

describe('kept refusals', () => {
  it('say what was refused and why, the newest first, also after a restart', async () => {
    await refuseOne(200_000n)
    clock.move(10)
    await refuseOne(300_000n)
    const seen = await refusalsOf(agent)
    expect(seen.map(({ amount, time }) => [amount, time])).toEqual([
      ['300000', begin + 10],
      ['200000', begin],
    ])
    expect(seen[0]).toMatchObject({
      payee: bob.address,
      class: 'policy',
      code: 'policy/cap_payment',
      message: expect.any(String),
      hint: expect.any(String),
    })
    expect(await refusalsOf(agent, { limit: 1 })).toEqual(seen.slice(0, 1))
    await node.close()
    node = await openNode({ home, genesis, clock })
    expect(await refusalsOf(agent)).toEqual(seen)
  })

  it('are the last hundred of an account', async () => {
    for (let i = 0; i < ringSize + 5; i++) await refuseOne(200_000n + BigInt(i))
    expect((await refusalsOf(agent)).length).toBe(ringSize)
    await refuseOne(999_999n)
    const seen = await refusalsOf(agent)
    expect(seen.length).toBe(ringSize)
    expect(seen[0]).toMatchObject({ amount: '999999' })
    expect(seen.at(-1)).toMatchObject({ amount: '200006' })
  })

  it('can be caused by nobody in the name of somebody else', async () => {
    const theirs = charge(signing, { from: alice, to: bob, amount: 10n ** 15n })
    const [signature] = theirs.signatures
    const forged = { ...theirs, signatures: [{ ...signature!, bytes: carol.sign(theirs.digest) }] }
    await expect(node.ledger.submit(forged)).rejects.toMatchObject({ code: 'accounts/key_not_allowed' })
    const relayed = authorize(signing, { from: key, to: bob, amount: 200_000n })
    const stolen = { ...relayed, signatures: [{ ...relayed.signatures[0]!, bytes: carol.sign(relayed.digest) }] }
    await expect(node.ledger.submit(stolen)).rejects.toMatchObject({ code: 'accounts/signature_invalid' })
    expect(await refusalsOf(alice.address)).toEqual([])
    expect(await refusalsOf(agent)).toEqual([])
    expect(node.ledger.status().refused).toEqual({ 'accounts/key_not_allowed': 1, 'accounts/signature_invalid': 1 })
  })
})
