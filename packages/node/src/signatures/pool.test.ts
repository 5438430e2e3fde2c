// The verifier over real worker threads: verdicts, batches, bounds, and what happens when a worker dies.
import { Address, addressOfKey, Hash, signDigest } from '@turnpike/chain/wire'
import type { Signature } from '@turnpike/chain/wire'
import { afterEach, describe, expect, test } from 'vitest'
import type { Thread } from '../machine/Machine.ts'
import { createClock } from '../machine/clock.ts'
import { createThreads } from '../machine/threads.ts'
import { VerifierError } from './failure.ts'
import { createVerifier } from './pool.ts'
import type { Verifier, VerifierOptions } from './pool.ts'

const threads = createThreads()
const privateKey = new Uint8Array(32).fill(9)
const signer = addressOfKey(privateKey)
const stranger = Address.fromBytes(new Uint8Array(20).fill(0xaa))

function createSignature(seed: number): Signature {
  const digest = new Uint8Array(32)
  new DataView(digest.buffer).setUint32(28, seed)
  return { kind: 1, digest: Hash.fromBytes(digest), bytes: signDigest(privateKey, digest) }
}

const template = createSignature(0)

/** A signature that has to be judged and does not hold: it fits its digest, but nobody of that name made it. */
function createForeign(seed: number): Signature {
  const digest = new Uint8Array(32).fill(0x11)
  new DataView(digest.buffer).setUint32(28, seed)
  return { kind: 1, digest: Hash.fromBytes(digest), bytes: template.bytes, signer: stranger }
}

type Started = {
  readonly verifier: Verifier
  readonly spawned: readonly Thread[]
  readonly failures: readonly VerifierError[]
}
const open: Verifier[] = []

function start(options: Partial<VerifierOptions> = {}): Started {
  const spawned: Thread[] = []
  const failures: VerifierError[] = []
  const verifier = createVerifier({
    threads: {
      ...threads,
      spawn(url) {
        const thread = threads.spawn(url)
        spawned.push(thread)
        return thread
      },
    },
    clock: createClock(),
    workers: 1,
    onFailure: (error) => failures.push(error),
    ...options,
  })
  open.push(verifier)
  return { verifier, spawned, failures }
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((verifier) => verifier.close()))
})

describe('verdicts', () => {
  test('each signature gets its signer, in order, and what does not hold gets none', async () => {
    const { verifier } = start()
    const valid = createSignature(1)
    const highS = valid.bytes.slice()
    highS[32] = 0xff
    const verdicts = await verifier.verify([
      valid,
      { ...valid, signer },
      { ...valid, signer: stranger },
      { ...valid, bytes: valid.bytes.subarray(1) },
      { ...valid, bytes: highS },
      { ...valid, kind: 2 },
      { ...valid, kind: 3 },
      { ...valid, kind: 4 },
      { ...valid, digest: '0x12' as Hash.Hash },
      createSignature(2),
    ])
    const nobody = undefined
    expect(verdicts).toEqual([signer, signer, nobody, nobody, nobody, nobody, nobody, nobody, nobody, signer])
  })

  test('no signatures are judged at once', async () => {
    const { verifier } = start()
    expect(await verifier.verify([])).toEqual([])
  })

  test('what is asked before the workers stand waits for them', async () => {
    const { verifier } = start({ workers: 2 })
    expect(verifier.status()).toMatchObject({ state: 'starting', implementation: undefined, workers: 2 })
    expect(await verifier.verify([createSignature(1)])).toEqual([signer])
    expect(await verifier.ready()).toBe('native')
    expect(verifier.status()).toMatchObject({ state: 'running', implementation: 'native', waiting: 0 })
  })

  test('1,000 signatures over three workers keep their order', async () => {
    const { verifier } = start({ workers: 3 })
    const signatures = Array.from({ length: 1_000 }, (_, i) => (i % 20 === 0 ? createSignature(i) : createForeign(i)))
    const verdicts = await verifier.verify(signatures)
    expect(verdicts).toEqual(signatures.map((_, i) => (i % 20 === 0 ? signer : undefined)))
  })
})

describe('batches', () => {
  test('T152 two in a turn are judged where they are asked, more by a worker, with the same verdicts', async () => {
    const { verifier } = start()
    await verifier.ready()
    const judge = async (signatures: readonly Signature[]): Promise<readonly unknown[]> => {
      const before = verifier.status().batches
      const signers = await Promise.all(signatures.map((signature) => verifier.verify([signature])))
      expect(verifier.status().waiting).toBe(0)
      return [verifier.status().batches - before, signers.flat()]
    }
    expect(await judge([createSignature(100), createForeign(100)])).toEqual([0, [signer, undefined]])
    expect(await judge([createSignature(200), createForeign(200), createSignature(201)])).toEqual([
      1,
      [signer, undefined, signer],
    ])
  })

  test('callers of one turn share messages of at most 128', async () => {
    const { verifier } = start()
    await verifier.ready()
    const verdicts = await Promise.all(Array.from({ length: 300 }, (_, i) => verifier.verify([createForeign(i)])))
    expect(verdicts).toEqual(Array.from({ length: 300 }, () => [undefined]))
    expect(verifier.status()).toMatchObject({ verified: 300, batches: 3 })
  })

  test('what queues while the worker is busy is its next message', async () => {
    const { verifier } = start()
    await verifier.ready()
    const first = verifier.verify(Array.from({ length: 100 }, (_, i) => createSignature(i)))
    await createClock().turn() // They leave at its end; the worker needs many more for its answer.
    expect(verifier.status()).toMatchObject({ batches: 1, waiting: 100 })
    const rest = Array.from({ length: 50 }, (_, i) => verifier.verify([createForeign(i)]))
    await Promise.all([first, ...rest])
    expect(verifier.status()).toMatchObject({ verified: 150, batches: 2, waiting: 0 })
  })

  test('idle workers share a long queue', async () => {
    const { verifier } = start({ workers: 2 })
    await verifier.ready()
    await verifier.verify(Array.from({ length: 100 }, (_, i) => createForeign(i)))
    expect(verifier.status()).toMatchObject({ verified: 100, batches: 2 })
  })
})

describe('verdict cache', () => {
  test('a signature that held is not judged again, also for a caller who names its signer', async () => {
    const { verifier } = start()
    const signature = createSignature(1)
    await verifier.verify([signature])
    expect(await verifier.verify([signature, { ...signature, signer }])).toEqual([signer, signer])
    expect(verifier.status()).toMatchObject({ verified: 1, cached: 1 })
    expect(await verifier.verify([{ ...signature, signer: stranger }])).toEqual([undefined])
  })

  test('T152 one that did not hold leaves nothing behind', async () => {
    const { verifier } = start()
    await verifier.verify([createForeign(1)])
    expect(verifier.status()).toMatchObject({ verified: 1, cached: 0 })
    await verifier.verify([createForeign(1)])
    expect(verifier.status()).toMatchObject({ verified: 2, cached: 0 })
  })

  test('T152 malformed bytes never reach a worker', async () => {
    const { verifier } = start()
    await verifier.verify(Array.from({ length: 1_000 }, () => ({ ...template, bytes: new Uint8Array(65) })))
    expect(verifier.status()).toMatchObject({ verified: 0, batches: 0, waiting: 0 })
  })

  test('T99 a caller who changes its bytes after asking cannot put a verdict under the wrong key', async () => {
    const { verifier } = start()
    const signature = createSignature(1)
    const bytes = signature.bytes.slice()
    const asked = verifier.verify([{ ...signature, bytes }])
    bytes.set(createSignature(2).bytes)
    expect(await asked).toEqual([signer])
    const swapped = await verifier.verify([{ ...signature, bytes }])
    expect(swapped).not.toEqual([signer])
  })
})

describe('bounds and failure', () => {
  /** More than the main thread judges itself. */
  const three = [1, 2, 3].map((seed) => createSignature(seed))

  test('T152 more than may wait is turned away, and what waits already is still judged', async () => {
    const { verifier } = start({ waitingMax: 10 })
    await verifier.ready()
    const taken = verifier.verify(Array.from({ length: 10 }, (_, i) => createSignature(i)))
    const error = await verifier.verify([createSignature(10)]).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(VerifierError)
    expect(error).toMatchObject({ code: 'signatures/overloaded', retry: 'later' })
    expect((error as Error).message).toMatchInlineSnapshot(`"10 signatures wait already, 10 may."`)
    expect(await taken).toEqual(Array.from({ length: 10 }, () => signer))
    expect(await verifier.verify([createSignature(10)])).toEqual([signer])
  })

  test('a worker that dies rejects everything that waits, once, and is told', async () => {
    const { verifier, spawned, failures } = start({ workers: 2 })
    await verifier.ready()
    const asked = [1, 2, 3].map((seed) =>
      verifier.verify(Array.from({ length: 2_500 }, (_, i) => createForeign(seed * 10_000 + i))),
    )
    await spawned[0]!.terminate()
    const outcomes = await Promise.allSettled(asked)
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'signatures/worker_failed' } })
    }
    expect(failures.map((failure) => failure.code)).toEqual(['signatures/worker_failed'])
    expect(verifier.status()).toMatchObject({ state: 'failed', waiting: 0 })
    await expect(verifier.verify([createSignature(1)])).rejects.toMatchObject({ code: 'signatures/worker_failed' })
  })

  test('a worker that throws is told with its cause', async () => {
    const { verifier, spawned, failures } = start()
    await verifier.ready()
    spawned[0]!.postMessage(null, [])
    await expect(verifier.verify(three)).rejects.toMatchObject({
      code: 'signatures/worker_failed',
      cause: { name: 'TypeError' },
    })
    expect(failures).toHaveLength(1)
  })

  test('an answer that fits no question is never taken for a verdict', async () => {
    const { verifier, spawned, failures } = start()
    await verifier.ready()
    spawned[0]!.postMessage(new Uint8Array(97 * 5), [])
    await expect(verifier.verify(three)).rejects.toMatchObject({ code: 'signatures/worker_failed' })
    expect(failures).toHaveLength(1)
  })

  test('T99 a verifier that was not accepted judges nothing', async () => {
    const { verifier, failures } = start({ accept: ['portable'] })
    await expect(verifier.verify([createSignature(1)])).rejects.toMatchObject({ code: 'signatures/native_missing' })
    await expect(verifier.ready()).rejects.toBe(failures[0])
  })

  test('close rejects what waits, can be repeated, and is no failure', async () => {
    const { verifier, failures } = start()
    const asked = verifier.verify([createSignature(1)])
    await Promise.all([
      verifier.close(),
      verifier.close(),
      expect(asked).rejects.toMatchObject({ code: 'signatures/closed' }),
    ])
    await expect(verifier.verify([createSignature(1)])).rejects.toMatchObject({ code: 'signatures/closed' })
    expect(failures).toEqual([])
    expect(verifier.status().state).toBe('closed')
  })
})
