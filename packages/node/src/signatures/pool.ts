// Verifies signatures once, before ordering (decisions 7): what comes in one turn is one batch for the worker threads, and so is what
// queues while they are busy. One or two are judged where they are asked: to wake a thread and be woken by it costs as much.
import { Hash, parseSignature } from '@turnpike/chain/wire'
import type { Address, Signature } from '@turnpike/chain/wire'
import type { Clock, Thread, Threads } from '../machine/Machine.ts'
import { moduleBeside } from '../machine/threads.ts'
import { createVerdictCache } from './cache.ts'
import type { Judged, VerdictCache } from './cache.ts'
import { VerifierError } from './failure.ts'
import type { VerifierCode } from './failure.ts'
import { createRecovery } from './native.ts'
import type { Greeting, Implementation, Recovery } from './native.ts'
import { createRow, encodeBatch, findSigner, isAnswer, recoverBatch } from './rows.ts'

/** The most signatures in one message: 6 ms of work, and at 64 already 97 % of the core goes into curve arithmetic. */
const batchMax = 128
/** Below this many a batch is not split between idle workers: a message costs the main thread as much as eight rows. */
const batchMin = 8
/** The most that the main thread judges itself: 0.13 ms of it. From three in a turn on another core does it better. */
const hereMax = 2

/** Judges signatures; one for the whole node. */
export type Verifier = {
  /**
   * The signer of each signature, in order; undefined where it does not hold, where the signer it names did not make
   * it, and for key kinds that are not verified yet. More than `waitingMax` in one call are never taken.
   *
   * @throws VerifierError when they could not be judged: too many wait, a worker died, or the verifier is closed.
   */
  verify(signatures: readonly Signature[]): Promise<readonly (Address.Address | undefined)[]>
  /** Resolves when every thread stands; rejects when one could not. */
  ready(): Promise<Implementation>
  status(): VerifierStatus
  /** Ends the workers; what still waits is rejected. */
  close(): Promise<void>
}

/** What operators see of it. */
export type VerifierStatus = {
  readonly state: 'starting' | 'running' | 'failed' | 'closed'
  readonly implementation: Implementation | undefined // undefined: no worker has answered yet
  readonly workers: number
  readonly waiting: number // signatures, in the queue and in workers
  readonly cached: number // verdicts
  readonly verified: number // signatures judged since the start
  readonly batches: number // messages to workers
}

/** How a verifier is made. */
export type VerifierOptions = {
  readonly threads: Threads
  readonly clock: Pick<Clock, 'turn'>
  /** One core is left to the main thread unless said otherwise. */
  readonly workers?: number
  /** The most signatures that may wait; beyond it callers are turned away. 8,192 are 0.4 s of one worker. */
  readonly waitingMax?: number
  /** Which verifiers will do. A validator leaves it alone; a development node may add `portable` and warn. */
  readonly accept?: readonly Implementation[]
  /** Called once when a worker fails. The verifier judges nothing after that: the process should end. */
  readonly onFailure: (error: VerifierError) => void
}

type Job = {
  readonly signers: (Address.Address | undefined)[]
  left: number
  readonly resolve: (signers: readonly (Address.Address | undefined)[]) => void
  readonly reject: (error: VerifierError) => void
}
type Waiting = Judged & {
  readonly job: Job
  readonly index: number
  readonly signer: Address.Address | undefined // whom the signature names
}
type Worker = {
  readonly thread: Thread
  implementation: Implementation | undefined // undefined until it has said which
  batch: readonly Waiting[] | undefined // undefined: idle
}

/** Starts the workers and returns at once; what is asked before they stand waits for them. */
export function createVerifier(options: VerifierOptions): Verifier {
  return new Pool(options)
}

class Pool implements Verifier {
  readonly #options: VerifierOptions
  readonly #cache: VerdictCache = createVerdictCache()
  readonly #waitingMax: number
  readonly #workers: readonly Worker[]
  readonly #standing: Promise<void>
  readonly #started = Promise.withResolvers<Implementation>()
  /** The native code on this thread. The portable one would hold it up for milliseconds. */
  #here: Recovery | undefined
  #queue: Waiting[] = []
  #waiting = 0
  #verified = 0
  #batches = 0
  #flushing = false
  #ended: VerifierError | undefined // why nothing is judged any more

  constructor(options: VerifierOptions) {
    this.#options = options
    this.#waitingMax = options.waitingMax ?? 8_192
    // A failure is told through onFailure; who never asks for ready() must not die of an unhandled rejection.
    this.#started.promise.catch(() => undefined)
    const count = options.workers ?? Math.max(1, options.threads.cores - 1)
    this.#workers = Array.from({ length: count }, () => this.#spawn())
    this.#standing = this.#stand()
  }

  verify(signatures: readonly Signature[]): Promise<readonly (Address.Address | undefined)[]> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const { promise, resolve, reject } = Promise.withResolvers<readonly (Address.Address | undefined)[]>()
    const job: Job = { signers: signatures.map(() => undefined), left: 0, resolve, reject }
    const misses = this.#judgeAtOnce(signatures, job)
    if (this.#waiting + misses.length > this.#waitingMax) return Promise.reject(this.#overloaded())
    job.left = misses.length
    if (job.left === 0) resolve(job.signers)
    else this.#enqueue(misses)
    return promise
  }

  async ready(): Promise<Implementation> {
    await this.#standing
    return this.#started.promise
  }

  status(): VerifierStatus {
    return {
      state: this.#state(),
      implementation: this.#workers.find((worker) => worker.implementation !== undefined)?.implementation,
      workers: this.#workers.length,
      waiting: this.#waiting,
      cached: this.#cache.size,
      verified: this.#verified,
      batches: this.#batches,
    }
  }

  async close(): Promise<void> {
    await this.#end(new VerifierError('signatures/closed', 'The verifier is closed.'))
  }

  #state(): VerifierStatus['state'] {
    if (this.#ended !== undefined) return this.#ended.code === 'signatures/closed' ? 'closed' : 'failed'
    return this.#workers.every((worker) => worker.implementation !== undefined) ? 'running' : 'starting'
  }

  /** Fills in what needs no worker, and returns the rest. Cheap checks first (T152): malformed bytes never queue. */
  #judgeAtOnce(signatures: readonly Signature[], job: Job): readonly Waiting[] {
    const misses: Waiting[] = []
    for (const [index, { kind, digest, bytes, signer }] of signatures.entries()) {
      if (parseSignature(kind, bytes) === undefined || !Hash.is(digest)) continue
      const row = createRow(digest, bytes)
      const known = this.#cache.find({ kind, row })
      if (known === undefined) misses.push({ job, index, kind, row, signer })
      else if (signer === undefined || signer === known) job.signers[index] = known
    }
    return misses
  }

  /** Prepares this thread to judge as well. */
  async #stand(): Promise<void> {
    try {
      const recovery = await createRecovery()
      if (recovery.implementation === 'native') this.#here = recovery
    } catch (error) {
      this.#fail('The verifier of the main thread is not sound.', { cause: error })
    }
  }

  #spawn(): Worker {
    const thread = this.#options.threads.spawn(moduleBeside(import.meta.url, './worker'))
    const worker: Worker = { thread, implementation: undefined, batch: undefined }
    thread.on('message', (message) => this.#receive(worker, message))
    thread.on('error', (error) => this.#fail('A signature worker failed.', { cause: error }))
    thread.on('exit', (code) => this.#fail(`A signature worker ended with code ${code}.`))
    return worker
  }

  #enqueue(misses: readonly Waiting[]): void {
    for (const waiting of misses) this.#queue.push(waiting)
    this.#waiting += misses.length
    if (this.#flushing) return
    // At the end of the turn, so that all its callers share a message.
    this.#flushing = true
    void this.#options.clock.turn().then(() => {
      this.#flushing = false
      this.#dispatch()
    })
  }

  /** Gives every idle worker its share of the queue. */
  #dispatch(): void {
    if (this.#ended !== undefined || this.#queue.length === 0) return
    const idle = this.#workers.filter((worker) => worker.implementation !== undefined && worker.batch === undefined)
    const isQuiet = this.#queue.length <= hereMax && idle.length === this.#workers.length
    if (isQuiet && this.#here !== undefined) return this.#judgeHere(this.#here)
    const share = Math.min(batchMax, Math.max(batchMin, Math.ceil(this.#queue.length / idle.length)))
    let sent = 0
    for (const worker of idle) {
      const batch = this.#queue.slice(sent, sent + share)
      if (batch.length === 0) break
      sent += batch.length
      worker.batch = batch
      this.#batches += 1
      const rows = encodeBatch(batch.map((waiting) => waiting.row))
      worker.thread.postMessage(rows, [rows.buffer])
    }
    if (sent > 0) this.#queue = this.#queue.slice(sent)
  }

  #judgeHere({ recover }: Recovery): void {
    const batch = this.#queue
    this.#queue = []
    const signers = recoverBatch(encodeBatch(batch.map((waiting) => waiting.row)), recover)
    this.#conclude(batch, signers)
  }

  #receive(worker: Worker, message: unknown): void {
    if (this.#ended !== undefined) return
    if (worker.implementation === undefined) return this.#greet(worker, message)
    const { batch } = worker
    if (batch === undefined || !isAnswer(message, batch.length)) {
      return this.#fail('A signature worker gave an answer that fits no question.')
    }
    worker.batch = undefined
    this.#dispatch() // The worker goes on while this thread tells the callers.
    this.#conclude(batch, message)
  }

  #conclude(batch: readonly Waiting[], signers: Uint8Array): void {
    this.#waiting -= batch.length
    this.#verified += batch.length
    for (const [index, waiting] of batch.entries()) this.#settle(waiting, findSigner(signers, index))
  }

  #greet(worker: Worker, message: unknown): void {
    const { implementation, missing } = message as Greeting
    if (!(this.#options.accept ?? ['native']).includes(implementation)) {
      const why = missing === undefined ? '' : ` (${missing})`
      return this.#fail(`The ${implementation} verifier was not accepted${why}.`, { code: 'signatures/native_missing' })
    }
    worker.implementation = implementation
    if (this.#state() === 'running') this.#started.resolve(implementation)
    this.#dispatch()
  }

  #settle(waiting: Waiting, recovered: Address.Address | undefined): void {
    const { job, index, signer } = waiting
    // A bad signature that names its signer recovers to a stranger: that is no positive verdict, and a flood of
    // such ones must not drive the good ones out of the cache.
    if (recovered !== undefined && (signer === undefined || signer === recovered)) {
      this.#cache.put(waiting, recovered)
      job.signers[index] = recovered
    }
    job.left -= 1
    if (job.left === 0) job.resolve(job.signers)
  }

  #overloaded(): VerifierError {
    return new VerifierError(
      'signatures/overloaded',
      `${this.#waiting} signatures wait already, ${this.#waitingMax} may.`,
    )
  }

  #fail(message: string, details: { readonly code?: VerifierCode; readonly cause?: unknown } = {}): void {
    if (this.#ended !== undefined) return // The exits of the workers that end now.
    const error = new VerifierError(details.code ?? 'signatures/worker_failed', message, { cause: details.cause })
    void this.#end(error)
    this.#options.onFailure(error)
  }

  /** Rejects what waits, and ends the workers. The first reason stays. */
  async #end(reason: VerifierError): Promise<void> {
    if (this.#ended === undefined) {
      this.#ended = reason
      this.#started.reject(reason)
      const jobs = new Set(
        [...this.#workers.flatMap((worker) => worker.batch ?? []), ...this.#queue].map(({ job }) => job),
      )
      this.#queue = []
      this.#waiting = 0
      for (const job of jobs) job.reject(reason)
    }
    await Promise.all(this.#workers.map((worker) => worker.thread.terminate()))
  }
}
