// The queue kept full, by payments and by refusals: a freeze does not wait behind it, and what is refused leaves nothing.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { dollar, freshNonce, person } from '@turnpike/chain/testing'
import type { Person } from '@turnpike/chain/testing'
import { createOp, Hash, Refusal } from '@turnpike/chain/wire'
import type { Address, Op } from '@turnpike/chain/wire'
import * as payments from '@turnpike/chain/wire/payments'
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  createAgent,
  drip,
  freeze,
  genesisAt,
  givenHome,
  openEngine,
  signersOf,
  signingFor,
} from '../../../testing/givenNode.ts'
import { createManualClock } from '../../../testing/manualClock.ts'
import { createMachine } from '../../machine/createMachine.ts'
import type { Engine } from '../Engine.ts'
import { blockOpsMax } from './queue.ts'

const begin = 1_800_000_000_000
const clock = createManualClock(begin + 1_000)
const genesis = genesisAt(begin)
const signing = signingFor(genesis, () => clock.now())
const [owner, key, rich, seller] = [person('owner'), person('key'), person('rich'), person('seller')]
const machine = { ...(await createMachine({ level: 'error' })), clock }

let home = ''
let remove: () => Promise<void>
let engine: Engine
let agent: Address.Address
beforeEach(async () => {
  ;({ home, remove } = await givenHome())
  engine = await openEngine({ home, genesis, machine })
  const opening = createAgent(signing, { owner, key })
  agent = opening.agent
  for (const op of [drip(signing, owner), drip(signing, rich), opening.op, drip(signing, agent)]) await submit(op)
})
afterEach(async () => {
  await engine.close()
  await remove()
})

const submit = (op: Op): ReturnType<Engine['submit']> => engine.submit(op, signersOf(op))

/** A payment that nobody signed; the engine is told who did. What signatures are worth is tried elsewhere. */
function pay(by: Person, account: Address.Address, amount: bigint): Promise<unknown> {
  const fields = { payee: seller.address, asset: dollar, amount, reference: Hash.zero, account }
  const message = { ...fields, nonce: freshNonce(), validBefore: clock.now() + 60_000, type: payments.charge.type }
  const signatures = [{ kind: 1 as const, bytes: new Uint8Array(65) }]
  const { domains } = signing.protocol
  const op = createOp(domains, { definition: payments.charge, message, signatures, relay: {} })
  return engine.submit(op, [by.address]).catch((error: unknown) => error)
}

it('T159 a freeze is in the next block while the queue holds several, and nothing of its agent comes behind it', async () => {
  const frozen = new AbortController()
  const paid = async (): Promise<number> => {
    let rounds = 0
    for (; !frozen.signal.aborted; rounds++) expect(await pay(rich, rich.address, 1n)).not.toBeInstanceOf(Error)
    return rounds
  }
  const full = Array.from({ length: 3 * blockOpsMax }, paid)
  const agents = Array.from({ length: 10 }, () => pay(key, agent, 1n))
  const { height } = engine.status()
  const { waiting } = engine.status()
  const receipt = await submit(freeze(signing, owner, agent))
  frozen.abort()
  expect(waiting).toBeGreaterThan(2 * blockOpsMax)
  // The block that was being filled when it came, and its own.
  expect((receipt as { readonly height: number }).height).toBeLessThanOrEqual(height + 2)
  expect((await Promise.all(full)).every((rounds) => rounds > 0)).toBe(true)
  for (const outcome of await Promise.all(agents))
    if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'policy/frozen' })
    else expect((outcome as { readonly height: number }).height).toBeLessThan((receipt as { height: number }).height)
  expect(await pay(key, agent, 1n)).toMatchObject({ code: 'policy/frozen' })
})

it('T74 five thousand refused payments make no block and no byte of the log, and a good one among them goes through', async () => {
  const file = join(home, 'log', '00000001.log')
  const { blocks, height } = engine.status()
  const { mtimeMs } = await stat(file)
  const half = (): readonly Promise<unknown>[] => Array.from({ length: 2_500 }, () => pay(key, agent, 900_000n))
  for (const outcome of await Promise.all(half())) {
    expect(outcome).toBeInstanceOf(Refusal)
    expect((outcome as Refusal).code).toMatch(/^policy\/cap_/)
  }
  expect(engine.status()).toMatchObject({ blocks, height, waiting: 0 })
  expect((await stat(file)).mtimeMs).toBe(mtimeMs)
  const [good] = await Promise.all([pay(rich, rich.address, 1n), ...half()])
  expect(good).toMatchObject({ height: height + 1 })
  expect(engine.status()).toMatchObject({ blocks: blocks + 1, height: height + 1 })
})
