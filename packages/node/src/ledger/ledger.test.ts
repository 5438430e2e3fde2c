// The ledger on real files, threads and signatures: what edges are promised, also across restarts.
import { dollar, freshNonce, person } from '@turnpike/chain/testing'
import { Refusal } from '@turnpike/chain/wire'
import type { Op } from '@turnpike/chain/wire'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  authorize,
  cancel,
  charge,
  createAgent,
  drip,
  freeze,
  genesisAt,
  givenHome,
  openNode,
  sign,
  signingFor,
} from '../../testing/givenNode.ts'
import type { NodeOptions, OpenNode } from '../../testing/givenNode.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import type { ManualClock } from '../../testing/manualClock.ts'
import { createDisk } from '../machine/disk.ts'
import type { Disk } from '../machine/Machine.ts'
import type { Notice } from './ledger.ts'
import { storedToJson } from './StoredReceipt.ts'

const begin = 1_800_000_000_000
const genesis = genesisAt(begin)
const [alice, bob, carol] = [person('alice'), person('bob'), person('carol')]

let clock: ManualClock
const signing = signingFor(genesis, () => clock.now())
let home = ''
let remove: () => Promise<void>
let node: OpenNode
const start = async (options: Partial<NodeOptions> = {}): Promise<void> => {
  node = await openNode({ home, genesis, clock, ...options })
}
beforeEach(async () => {
  clock = createManualClock(begin + 1_000)
  ;({ home, remove } = await givenHome())
  await start()
})
afterEach(async () => {
  await node.close()
  await remove()
})

async function restart(options: Partial<NodeOptions> = {}): Promise<void> {
  await node.close()
  await start(options)
}

async function refusalOf(op: Op): Promise<Refusal> {
  const error: unknown = await node.ledger.submit(op).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Refusal)
  return error as Refusal
}

/** A signature with a changed bit is nobody's or a stranger's. */
const unsigned = ['accounts/signature_invalid', 'accounts/key_not_allowed']

/** The same operation with a signature that somebody else made. */
function forge(op: Op): Op {
  const [signature] = op.signatures
  const bytes = signature!.bytes.with(10, signature!.bytes[10]! ^ 1)
  return {
    ...op,
    bytes: op.bytes.with(op.bytes.length - 56, op.bytes.at(-56)! ^ 1),
    signatures: [{ ...signature!, bytes }],
  }
}

describe('submit', () => {
  it('answers a success with its receipt, and a repetition with the same one, also after a restart', async () => {
    await node.ledger.submit(drip(signing, alice))
    const op = charge(signing, { from: alice, to: bob, amount: 1_000n })
    const first = await node.ledger.submit(op)
    expect(first.repeated).toBe(false)
    expect(first.receipt.receipt).toMatchObject({ kind: 'payment', op: op.id, sequence: 1 })
    expect(await node.ledger.submit(op)).toEqual({ receipt: first.receipt, repeated: true })
    await restart()
    const again = await node.ledger.submit(op)
    expect(again.repeated).toBe(true)
    const shown = { protocol: signing.protocol, isOperator: true }
    expect(storedToJson(again.receipt, shown)).toEqual(storedToJson(first.receipt, shown))
    expect(await node.ledger.receiptOf(op.id)).toMatchObject({ leaf: first.receipt.leaf, signers: [alice.address] })
  })

  it('answers a success with its first receipt when its record has expired', async () => {
    await node.ledger.submit(drip(signing, alice))
    const op = authorize(signing, { from: alice, to: bob, amount: 1_000n })
    const { receipt } = await node.ledger.submit(op)
    clock.move(61_000)
    await node.ledger.submit(drip(signing, alice))
    expect(
      (await node.ledger.payment({ asset: dollar, payer: alice.address, nonce: op.message['nonce'] })).row,
    ).toBeUndefined()
    expect(await node.ledger.submit(op)).toMatchObject({
      repeated: true,
      receipt: { receipt: { op: op.id, sequence: receipt.receipt.sequence } },
    })
    await restart()
    expect(await node.ledger.submit(op)).toMatchObject({ repeated: true, receipt: { receipt: { op: op.id } } })
    const never = authorize(signing, { from: alice, to: bob, amount: 1_000n, validBefore: clock.now() - 1_000 })
    expect(await refusalOf(never)).toMatchObject({ code: 'accounts/auth_expired' })
  })

  it('refuses and keeps nothing: the same bytes succeed when their cause is gone', async () => {
    await node.ledger.submit(drip(signing, alice, 10n))
    const op = charge(signing, { from: alice, to: bob, amount: 1_000n })
    expect(await refusalOf(op)).toMatchObject({ code: 'bank/balance', values: { available: 10n, needed: 1_000n } })
    expect(node.ledger.status()).toMatchObject({ height: 1, refused: { 'bank/balance': 1 } })
    await node.ledger.submit(drip(signing, alice, 1_000n))
    expect((await node.ledger.submit(op)).repeated).toBe(false)
  })

  it('executes one of a thousand equal submissions and tells the others so', async () => {
    await node.ledger.submit(drip(signing, alice))
    const op = authorize(signing, { from: alice, to: bob, amount: 1_000n })
    const outcomes = await Promise.all(Array.from({ length: 1_000 }, () => node.ledger.submit(op)))
    expect(outcomes.filter(({ repeated }) => !repeated)).toHaveLength(1)
    expect(new Set(outcomes.map(({ receipt }) => receipt.receipt.sequence))).toEqual(new Set([1]))
    expect(node.verifier.status().verified).toBe(2)
    expect(await node.ledger.query('bank/balance', { account: bob.address, asset: dollar }, {})).toEqual({
      available: '999',
      locked: '0',
    })
  })

  it('does not let a forged copy speak for the real one, whichever comes first', async () => {
    await node.ledger.submit(drip(signing, alice))
    const op = authorize(signing, { from: alice, to: bob, amount: 1_000n })
    const outcomes = await Promise.allSettled([forge(op), op, forge(op)].map((one) => node.ledger.submit(one)))
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'accounts/signature_invalid' } },
      { status: 'fulfilled', value: { repeated: false } },
      { status: 'rejected', reason: { code: 'accounts/signature_invalid' } },
    ])
    const native = charge(signing, { from: alice, to: bob, amount: 1_000n })
    expect(unsigned).toContain((await refusalOf(forge(native))).code)
    expect((await node.ledger.submit(native)).repeated).toBe(false)
  })

  it('T152 turns strangers away before it looks at their signatures', async () => {
    const op = charge(signing, { from: carol, to: bob, amount: 1n })
    const { verified } = node.verifier.status()
    expect(await refusalOf(op)).toMatchObject({ code: 'accounts/unknown_account', retry: 'later' })
    expect(node.verifier.status().verified).toBe(verified)
  })

  it('T156 takes no more than history can follow, except what stops an agent', async () => {
    await restart({ historyUnwrittenMax: 4 })
    const { op, agent } = createAgent(signing, { owner: alice, key: carol })
    for (const given of [drip(signing, alice), op, drip(signing, bob), drip(signing, bob)])
      await node.ledger.submit(given)
    const late = charge(signing, { from: alice, to: bob, amount: 1n })
    await expect(node.ledger.submit(late)).rejects.toMatchObject({ code: 'engine/overloaded', retry: 'later' })
    await node.ledger.submit(freeze(signing, alice, agent))
    // Whoever asks a question has everything written that came before.
    await node.ledger.query('history/recent', {}, {})
    expect((await node.ledger.submit(late)).repeated).toBe(false)
  })

  it('gives no verdict of a policy to whoever did not sign', async () => {
    const { op, agent } = createAgent(signing, { owner: alice, key: carol })
    for (const given of [drip(signing, alice), op, drip(signing, agent), freeze(signing, alice, agent)])
      await node.ledger.submit(given)
    const payment = authorize(signing, { from: carol, to: bob, amount: 1n })
    expect(await refusalOf(forge(payment))).toMatchObject({ code: 'accounts/signature_invalid' })
    expect(await refusalOf(payment)).toMatchObject({ code: 'policy/frozen' })
  })
})

describe('check', () => {
  it('says what would happen, and keeps nothing of it', async () => {
    await node.ledger.submit(drip(signing, alice, 10n))
    const before = node.engine.state.head
    expect(await node.ledger.check(charge(signing, { from: alice, to: bob, amount: 1_000n }))).toMatchObject({
      code: 'bank/balance',
    })
    const op = charge(signing, { from: alice, to: bob, amount: 10n })
    const forged = await node.ledger.check(forge(op))
    expect(forged).toBeInstanceOf(Refusal)
    expect(unsigned).toContain((forged as Refusal).code)
    expect(await node.ledger.check(op)).toMatchObject({ kind: 'payment', op: op.id })
    expect(await node.ledger.check(op)).toMatchObject({ kind: 'payment', op: op.id })
    expect(node.engine.state.head).toBe(before)
    const { receipt } = await node.ledger.submit(op)
    expect(await node.ledger.check(op)).toEqual({ repeats: receipt.receipt.sequence })
  })
})

describe('payment', () => {
  it('knows a payment by what its payer knows, while it lives and after it', async () => {
    await node.ledger.submit(drip(signing, alice))
    const key = { asset: dollar, payer: alice.address, nonce: freshNonce() }
    expect(await node.ledger.payment(key)).toEqual({})
    const op = authorize(signing, { from: alice, to: bob, amount: 1_000n, nonce: key.nonce })
    await node.ledger.submit(op)
    expect(await node.ledger.payment(key)).toMatchObject({
      row: { state: 'settled' },
      receipt: { receipt: { op: op.id } },
    })
    clock.move(61_000)
    await node.ledger.submit(drip(signing, alice))
    const fromMemory = await node.ledger.payment(key)
    expect(fromMemory).toMatchObject({ receipt: { receipt: { op: op.id } } })
    expect(fromMemory.row).toBeUndefined()
    await restart()
    expect(await node.ledger.payment(key)).toMatchObject({ receipt: { receipt: { op: op.id } } })
    expect(await node.ledger.payment({ ...key, payer: bob.address })).toEqual({})
  })

  it('remembers for ever what was cancelled', async () => {
    await node.ledger.submit(drip(signing, alice))
    const key = { asset: dollar, payer: alice.address, nonce: freshNonce() }
    await node.ledger.submit(cancel(signing, alice, key.nonce))
    clock.move(86_400_000)
    await restart()
    expect(await node.ledger.payment(key)).toMatchObject({
      row: { state: 'cancelled' },
      receipt: { receipt: { kind: 'other' } },
    })
  })
})

describe('subscribe', () => {
  it('tells of a block before its answers, and of refusals with their values', async () => {
    const told: Notice[] = []
    const unsubscribe = node.ledger.subscribe((notice) => void told.push(notice))
    const { receipt } = await node.ledger.submit(drip(signing, alice, 10n))
    expect(told).toMatchObject([{ kind: 'block', block: { height: 1, receipts: [{ op: receipt.receipt.op }] } }])
    await refusalOf(charge(signing, { from: alice, to: bob, amount: 1_000n }))
    expect(told[1]).toMatchObject({
      kind: 'refusal',
      refusal: {
        account: alice.address,
        payee: bob.address,
        asset: dollar,
        amount: '1000',
        class: 'balance',
        code: 'bank/balance',
        values: { available: '10', needed: '1000' },
      },
    })
    await refusalOf(forge(charge(signing, { from: alice, to: bob, amount: 1n })))
    unsubscribe()
    await node.ledger.submit(drip(signing, alice, 10n))
    expect(told).toHaveLength(2)
  })
})

/** The real disk, whose log writes wait until they are let through. */
function gatedDisk(): { readonly disk: Disk; close(): void; open(): void } {
  const disk = createDisk()
  let gate = Promise.withResolvers<void>()
  gate.resolve()
  return {
    disk: {
      ...disk,
      async open(path) {
        const file = await disk.open(path)
        const write = async (bytes: Uint8Array, offset: number): Promise<void> => {
          await gate.promise
          await file.write(bytes, offset)
        }
        return { write, close: () => file.close() }
      },
    },
    close: () => (gate = Promise.withResolvers()),
    open: () => gate.resolve(),
  }
}

describe('the release barrier', () => {
  it('shows nothing of a block in flight, by whatever door it is asked for', async () => {
    const gate = gatedDisk()
    await restart({ disk: gate.disk })
    await node.ledger.submit(drip(signing, alice, 1_000n))
    gate.close()
    const op = authorize(signing, { from: alice, to: bob, amount: 600n })
    const pending = new Map<string, Promise<unknown>>()
    const executed = Promise.withResolvers<void>()
    void (async () => {
      while (!node.engine.status().inFlight) await clock.turn()
      executed.resolve()
    })()
    pending.set('submit', node.ledger.submit(op))
    await executed.promise
    pending.set('repeat', node.ledger.submit(op))
    pending.set('refusal', refusalOf(charge(signing, { from: alice, to: bob, amount: 600n })))
    pending.set('stranger', refusalOf(charge(signing, { from: carol, to: bob, amount: 1n })))
    pending.set('check', node.ledger.check(charge(signing, { from: alice, to: bob, amount: 600n })))
    pending.set('query', node.ledger.query('bank/balance', { account: bob.address, asset: dollar }, {}))
    pending.set('payment', node.ledger.payment({ asset: dollar, payer: alice.address, nonce: op.message['nonce'] }))
    const released: string[] = []
    for (const [name, answer] of pending) void answer.then(() => released.push(name))
    for (let i = 0; i < 200; i++) await clock.turn()
    expect(released).toEqual([])
    expect(node.ledger.status().height).toBe(1)
    gate.open()
    const answers = await Promise.all(pending.values())
    expect(released.toSorted()).toEqual([...pending.keys()].toSorted())
    expect(answers).toMatchObject([
      { repeated: false },
      { repeated: true },
      { code: 'bank/balance' },
      { code: 'accounts/unknown_account' },
      { code: 'bank/balance' },
      { available: '600' },
      { row: { state: 'settled' }, receipt: { receipt: { op: op.id } } },
    ])
  })
})

describe('rights', () => {
  it('lets only a key of the account act in its right', async () => {
    await node.ledger.submit(drip(signing, alice))
    await node.ledger.submit(drip(signing, bob))
    const op = sign(signing, bob, charge(signing, { from: alice, to: bob, amount: 1n }).definition, {
      ...charge(signing, { from: alice, to: carol, amount: 1n }).message,
    })
    expect(await refusalOf(op)).toMatchObject({ code: 'accounts/key_not_allowed' })
  })
})
