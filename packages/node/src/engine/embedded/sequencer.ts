// The embedded engine: group commit with one block in flight. What waits becomes a block; the block is executed at
// once and written once; when it is durable, every answer computed since it began leaves together: receipts, refusals
// and reads alike. The state is therefore at most one block ahead of the disk, and nothing a crash could undo gets out.
import { advance, executeBlock, unmake, viewOf } from '@turnpike/chain'
import type { App, BlockResult, OpOutcome, ReceiptWithEvents, Repeat, State, View } from '@turnpike/chain'
import { Refusal } from '@turnpike/chain/wire'
import type { Op, Protocol } from '@turnpike/chain/wire'
import type { Logger, Machine, Ms } from '../../machine/Machine.ts'
import type { CommittedBlock, Engine, EngineStatus, Signers } from '../Engine.ts'
import { EngineFailure } from '../EngineFailure.ts'
import { createCommitted } from '../replay.ts'
import { createVerify, toRecorded } from '../signers.ts'
import type { BlockLog, BlockRecord } from './blockLog.ts'
import type { Checkpoints, LogState } from './checkpoints.ts'
import type { FreeSpace } from './freeSpace.ts'
import { OpQueue } from './queue.ts'
import type { Waiting } from './queue.ts'

/** Operations that may wait for a block, unless said otherwise. */
const waitingMaxDefault = 10_000
/** Blocks for due work alone follow each other no faster, so that a trickle of expiring nonces is no trickle of disk writes. */
const dueIntervalMs = 100

export type SequencerOptions = {
  readonly app: App
  readonly state: State
  readonly protocol: Protocol
  /** Read to its end. */
  readonly log: BlockLog
  readonly machine: Pick<Machine, 'clock' | 'logger'>
  readonly waitingMax?: number | undefined
  readonly checkpoints: Checkpoints
  readonly freeSpace: FreeSpace
  /** Called once when the node can't go on: the process must end, and nobody was answered since. */
  readonly onFatal: (error: unknown) => void
}

/** A block between execution and disk, and all that waits for it. */
type Flight = {
  readonly waiting: readonly Waiting[]
  readonly result: BlockResult
  readonly durable: PromiseWithResolvers<void>
}

export class Sequencer implements Engine {
  readonly app: App
  readonly protocol: Protocol
  readonly state: State
  readonly #log: BlockLog
  readonly #clock: Machine['clock']
  readonly #logger: Logger
  readonly #waitingMax: number
  readonly #checkpoints: Checkpoints
  readonly #freeSpace: FreeSpace
  readonly #onFatal: (error: unknown) => void
  readonly #queue = new OpQueue()
  readonly #listeners = new Set<(block: CommittedBlock) => void>()
  readonly #idle: (() => void)[] = []
  #lifecycle: EngineStatus['state'] = 'running'
  #flight: Flight | undefined
  #durableHead: State['head']
  #forming = false
  #timer: { readonly due: Ms; readonly cancel: () => void } | undefined
  /** When, in elapsed time, a block for due work alone may be made again. */
  #dueBlockAt: Ms = 0
  #behind = false
  #blocks = 0
  #operations = 0

  constructor(options: SequencerOptions) {
    const { app, state, protocol, log, machine, waitingMax = waitingMaxDefault, onFatal } = options
    this.app = app
    this.state = state
    this.protocol = protocol
    this.#log = log
    this.#clock = machine.clock
    this.#logger = machine.logger
    this.#waitingMax = waitingMax
    this.#checkpoints = options.checkpoints
    this.#freeSpace = options.freeSpace
    this.#onFatal = onFatal
    this.#durableHead = state.head
    this.#armTimer()
  }

  submit(op: Op, signers: Signers): Promise<ReceiptWithEvents | Repeat> {
    if (this.#lifecycle !== 'running') return Promise.reject(new EngineFailure('engine/stopped'))
    if (this.#freeSpace.reason !== undefined) return Promise.reject(new EngineFailure('node/read_only'))
    if (this.#queue.size >= this.#waitingMax) return Promise.reject(new EngineFailure('engine/overloaded'))
    const { promise, resolve, reject } = Promise.withResolvers<ReceiptWithEvents | Repeat>()
    this.#queue.push({ op, signers, resolve, reject })
    this.#formSoon()
    return promise
  }

  view(): View {
    return viewOf(this.state, this.#clock.now())
  }

  now(): Ms {
    return Math.max(this.#clock.now(), this.state.head.time)
  }

  async durable(): Promise<void> {
    await this.#flight?.durable.promise
    if (this.#lifecycle === 'failed') throw new EngineFailure('engine/stopped')
  }

  subscribe(listener: (block: CommittedBlock) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  status(): EngineStatus {
    const { height, time } = this.#durableHead
    return {
      state: this.#lifecycle,
      height,
      time,
      waiting: this.#queue.size,
      inFlight: this.#flight !== undefined,
      readOnly: this.#freeSpace.reason,
      clockBehindMs: Math.max(0, this.state.head.time - this.#clock.now()),
      blocks: this.#blocks,
      operations: this.#operations,
    }
  }

  async close(): Promise<void> {
    if (this.#lifecycle === 'running') this.#lifecycle = 'stopping'
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#lifecycle === 'stopping') await this.#becomeIdle()
    this.#freeSpace.stop()
    if (this.#lifecycle === 'stopping') await this.#checkpoints.close(this.#durableHead, () => this.#logState())
    else await this.#checkpoints.end()
    await this.#log.close()
    if (this.#lifecycle === 'stopping') this.#lifecycle = 'stopped'
  }

  #becomeIdle(): Promise<void> {
    if (this.#flight === undefined && this.#queue.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** One microtask later, so that operations whose signatures came back together share a block. */
  #formSoon(): void {
    if (this.#forming || this.#flight !== undefined) return
    this.#forming = true
    queueMicrotask(() => {
      this.#forming = false
      this.#form()
    })
  }

  /** Makes blocks out of what waits or is due, until one is in flight or nothing is left. */
  #form(): void {
    let waiting: readonly Waiting[] = []
    try {
      while (this.#flight === undefined && this.#lifecycle !== 'failed') {
        const room = this.#checkpoints.room()
        if (room !== undefined) return void room.then(() => this.#formSoon())
        waiting = this.#queue.takeBlock()
        if (waiting.length === 0 && !this.#isDue()) break
        this.#execute(waiting)
      }
    } catch (error) {
      this.#fail(error, waiting)
      return
    }
    if (this.#flight !== undefined) return
    this.#armTimer()
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #execute(waiting: readonly Waiting[]): void {
    const { state, app } = this
    const time = this.#blockTime()
    const block = { height: state.head.height + 1, time, ops: waiting.map(({ op }) => op) }
    const result = executeBlock(app, state, block, createVerify(waiting))
    if (result.idle) {
      // Nothing was written and nothing is in flight, so nothing that these answers say can be lost.
      unmake(state, result)
      answer(waiting, result)
      return
    }
    const kept = waiting.filter((_, index) => isReceipt(result.outcomes[index]!))
    const record = createRecord(state, kept, result)
    this.#checkpoints.feed(result.writeSet)
    advance(state, result)
    const flight: Flight = { waiting, result, durable: Promise.withResolvers() }
    flight.durable.promise.catch(() => undefined) // Whoever awaits it is told; often nobody does.
    this.#flight = flight
    this.#log.append(record).then(
      () => this.#land(flight, createCommitted(kept, result)),
      (error: unknown) => this.#fail(error),
    )
  }

  /** The block is durable: publish it, release the answers, and go on. */
  #land(flight: Flight, block: CommittedBlock): void {
    try {
      this.state.store.keep()
      this.#flight = undefined
      this.#durableHead = flight.result.head
      this.#blocks += 1
      this.#operations += block.ops.length
      for (const listener of this.#listeners) listener(block)
      this.#checkpoints.landed(flight.result.head, () => this.#logState())
    } catch (error) {
      this.#flight = flight
      this.#fail(error)
      return
    }
    flight.durable.resolve()
    answer(flight.waiting, flight.result)
    this.#form()
  }

  /** Where the log stands behind the last durable block. */
  #logState(): LogState {
    const { bytes, last } = this.#log.status()
    return { bytes, position: last ?? { segment: 0, offset: 0, bytes: 0 } }
  }

  /** There is room on the disk again: what is due may be done now. */
  resume(): void {
    this.#formSoon()
  }

  /** Time never decreases; with a clock that is behind it stands still, and operators hear of it (decisions 6). */
  #blockTime(): Ms {
    const [now, last] = [this.#clock.now(), this.state.head.time]
    const behind = now < last
    if (behind && !this.#behind)
      this.#logger.warn(
        'The clock stands behind the last block: until it has caught up, the time of blocks stands still.',
        { behindMs: last - now },
      )
    if (!behind && this.#behind) this.#logger.info('The clock has caught up with the last block.')
    this.#behind = behind
    return Math.max(now, last)
  }

  #isDue(): boolean {
    const first = this.state.store.firstDue
    const elapsed = this.#clock.elapsed()
    if (this.#lifecycle !== 'running' || this.#freeSpace.reason !== undefined) return false
    if (first === undefined || first > this.now() || elapsed < this.#dueBlockAt) return false
    this.#dueBlockAt = elapsed + dueIntervalMs
    return true
  }

  /** One timer for the earliest due entry, while nothing else happens. */
  #armTimer(): void {
    const first = this.state.store.firstDue
    if (first === undefined || this.#lifecycle !== 'running' || this.#freeSpace.reason !== undefined) return
    if (this.#timer?.due === first) return
    this.#timer?.cancel()
    const delayMs = Math.max(0, first - this.#clock.now(), this.#dueBlockAt - this.#clock.elapsed())
    const cancel = this.#clock.after(delayMs, () => {
      this.#timer = undefined
      this.#formSoon()
    })
    this.#timer = { due: first, cancel }
  }

  /** Whatever this is, it is no user's doing: nothing leaves any more, and the process must end. */
  #fail(error: unknown, waiting: readonly Waiting[] = this.#flight?.waiting ?? []): void {
    if (this.#lifecycle === 'failed') return
    this.#lifecycle = 'failed'
    this.#timer?.cancel()
    const failure = new EngineFailure('engine/stopped', { cause: error })
    this.#flight?.durable.reject(failure)
    for (const { reject } of [...waiting, ...this.#queue.takeAll()]) reject(failure)
    for (const resolve of this.#idle.splice(0)) resolve()
    this.#onFatal(error)
  }
}

function isReceipt(outcome: OpOutcome): outcome is ReceiptWithEvents {
  return !(outcome instanceof Refusal) && !('repeats' in outcome)
}

function answer(waiting: readonly Waiting[], { outcomes }: BlockResult): void {
  for (const [index, { resolve, reject }] of waiting.entries()) {
    const outcome = outcomes[index]!
    if (outcome instanceof Refusal) reject(outcome)
    else resolve(outcome)
  }
}

function createRecord(
  { head }: State,
  kept: readonly Waiting[],
  { head: next, writes, receiptsRoot }: BlockResult,
): BlockRecord {
  return {
    height: next.height,
    time: next.time,
    previous: head.blockHash,
    ops: kept.map(({ op, signers }) => ({ bytes: op.bytes, id: op.id, signers: toRecorded(signers) })),
    writes,
    receiptsRoot,
    receiptsSize: next.receipts.size,
    appHash: next.appHash,
  }
}
