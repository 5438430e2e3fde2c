// History: what happened, by id, account and nonce. Derived from the block log and never read by consensus; written
// behind it, in one thread, and read in another. What is not written yet is served from memory.
import { Hex } from '@turnpike/chain/wire'
import type { Hash, OpId, Protocol } from '@turnpike/chain/wire'
import type { App } from '@turnpike/chain'
import type { CommittedBlock } from '../engine/Engine.ts'
import { Failure } from '../machine/Failure.ts'
import type { Machine } from '../machine/Machine.ts'
import type { BlockSummary } from './BlockSummary.ts'
import { decodeKept } from './decodeKept.ts'
import { HistoryDamaged } from './HistoryDamaged.ts'
import { BatchWriter, encodeNonceKey } from './historyBatch.ts'
import { dropBodies } from './historyBodies.ts'
import type { QuestionLimits } from './historyBudget.ts'
import { dropLeaves, leavesPerFileDefault } from './historyLeaves.ts'
import { mmrPath } from './historyMmr.ts'
import type { HistoryQuestions, Kept } from './historyReader.ts'
import { segmentReceiptsDefault } from './historySegments.ts'
import type { Retention } from './historySegments.ts'
import { databasePath } from './historyThread.ts'
import type { HistoryLayout, Opened } from './historyThread.ts'
import { HistoryThread, startReader, startWriter, write } from './historyThreads.ts'
import type { AskHistory } from './historyThreads.ts'
import type { HistoryBegin } from './historyWriter.ts'
import { isSameNonce, nonceKeyOf } from './payer.ts'
import type { NonceKey } from './payer.ts'
import type { KeptRefusal } from './refusals.ts'
import { ringSize } from './refusalRings.ts'
import type { StoredReceipt } from './StoredReceipt.ts'
import { Unwritten } from './unwritten.ts'

export type { BlockSummary } from './BlockSummary.ts'

/** A batch is written when it holds so many operations, or after so long (decisions 8). */
const batchOps = 10_000
const batchDelayMs = 1_000
/** Operations that are served from memory at most. Replay waits at half of it; no new operation is taken beyond it. */
const unwrittenMax = 80_000
/** The operation that makes an agent. */
const createAgentType = 'policy/createAgent'

export type HistoryStatus = {
  /** The last block that is written, durably. */
  readonly height: number
  /** Operations that are served from memory. */
  readonly unwritten: number
  /** The first block that is kept, and its first receipt; undefined when nothing was dropped. */
  readonly begin: HistoryBegin | undefined
}

export type History = {
  /** The last block that was written when it was opened. */
  readonly height: number
  /**
   * Takes the next durable block; those up to `height` are known and only held against it. Wait for the promise, if
   * there is one, before the next block.
   *
   * @throws Failure `history/stale` when history is of another line of blocks.
   */
  append(block: CommittedBlock): Promise<void> | undefined
  /**
   * Holds a block of the log against the last one that was written, if it has that height.
   *
   * @throws Failure `history/stale`
   */
  hold(block: Pick<CommittedBlock, 'height' | 'blockHash'>): void
  keepRefusal(refusal: KeptRefusal): void
  find(id: OpId): Promise<StoredReceipt | undefined>
  at(sequence: number): Promise<StoredReceipt | undefined>
  /** The same while it is still in memory, as what succeeded just now is. */
  unwrittenAt(sequence: number): StoredReceipt | undefined
  /** The newest operation under a nonce that is no hold. */
  findByNonce(key: NonceKey): Promise<StoredReceipt | undefined>
  blocks(range: { readonly after: number; readonly limit: number }): Promise<readonly BlockSummary[]>
  /** Asks for a list or a sum; everything appended before is part of the answer. */
  ask<Q extends keyof HistoryQuestions>(
    name: Q,
    asks: HistoryQuestions[Q]['asks'],
  ): Promise<HistoryQuestions[Q]['answers']>
  /** Resolves when everything up to the height, which may still be on its way here, can no longer be lost. */
  reach(height: number): Promise<void>
  /** Whether so much is not written yet that nothing new should come. */
  isBehind(): boolean
  status(): HistoryStatus
  /** Writes what is left and ends. */
  close(): Promise<void>
  /** Ends without writing and deletes the files. */
  drop(): Promise<void>
}

export type HistoryOptions = {
  /** The data directory, whose lock is held. */
  readonly home: string
  readonly app: App
  readonly genesis: Hash.Hash
  readonly protocol: Protocol
  readonly machine: Pick<Machine, 'disk' | 'threads' | 'clock' | 'logger'>
  /** How much is kept; everything unless it is said. */
  readonly retention?: Retention | undefined
  /** Sizes of files, for tests and small disks. */
  readonly sizes?: Partial<Omit<HistoryLayout, 'home'>> | undefined
  /** What one question may look at, unless it is as ever. */
  readonly limits?: QuestionLimits | undefined
  /** Operations that are served from memory at most. */
  readonly unwrittenMax?: number | undefined
  /** Called once when history can't go on: the process must end. */
  readonly onFailure: (error: Failure) => void
}

/** Opens history, or begins it anew where what lies there is not this chain's, or not whole. */
export async function openHistory(options: HistoryOptions): Promise<History> {
  const { home, machine, app, sizes } = options
  const layout: HistoryLayout = {
    home,
    leavesPerFile: sizes?.leavesPerFile ?? leavesPerFileDefault,
    segmentReceipts: sizes?.segmentReceipts ?? segmentReceiptsDefault,
  }
  let writer = await openWriter(options, layout)
  if (writer === undefined) {
    machine.logger.warn('The file of history is not of this chain and version; it is built again from the log.', {
      path: databasePath(home),
    })
    await removeFiles(options)
    writer = await openWriter(options, layout)
  }
  if (writer === undefined) throw new Error(`${databasePath(home)} can't be created.`)
  const { lost } = writer.opened
  if (lost !== undefined)
    machine.logger.warn('History is not whole; it is built again from the log.', { missing: `${home}/${lost}` })
  const reader = new HistoryThread(machine.threads, options.onFailure)
  const names = Object.fromEntries(app.definitions.map(({ number, type }) => [number, type]))
  return new OpenHistory({
    ...options,
    ...writer,
    reader,
    ask: startReader(reader, { ...layout, role: 'reader', names, limits: options.limits }),
  })
}

type Writer = { readonly thread: HistoryThread; readonly opened: Opened }

async function openWriter(
  { machine, app, genesis, retention, onFailure }: HistoryOptions,
  layout: HistoryLayout,
): Promise<Writer | undefined> {
  const types = { createAgent: app.definitions.find(({ type }) => type === createAgentType)?.number }
  const thread = new HistoryThread(machine.threads, onFailure)
  const opened = await startWriter(thread, { ...layout, role: 'writer', genesis, types, retention })
  if (opened !== undefined) return { thread, opened }
  await thread.terminate()
  return undefined
}

/** Removes all that history has written: it can be built again from the log. */
async function removeFiles({ home, machine: { disk } }: HistoryOptions): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await disk.remove(`${databasePath(home)}${suffix}`)
  await dropBodies({ disk, home }, Number.POSITIVE_INFINITY)
  await dropLeaves({ disk, home, leavesPerFile: 1 }, Number.POSITIVE_INFINITY)
  await disk.remove(mmrPath(home))
}

type Parts = HistoryOptions & Writer & { readonly reader: HistoryThread; readonly ask: AskHistory }

class OpenHistory implements History {
  readonly height: number
  readonly #parts: Parts
  readonly #unwritten = new Unwritten()
  readonly #unwrittenMax: number
  #batch = new BatchWriter()
  #refusals = new Map<string, KeptRefusal[]>()
  /** Whether somebody asks for the largest buyers, which are written when they are asked for. */
  #buyers = false
  /** The last block gathered, and the last one written. */
  #gathered: number
  #written: number
  #begin: HistoryBegin | undefined
  #writing: Promise<void> | undefined
  #cancelTimer: (() => void) | undefined
  #closed = false
  #damaged = false
  /** Resolves with the next block that arrives. */
  #arrival: PromiseWithResolvers<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.height = parts.opened.end.height
    this.#unwrittenMax = parts.unwrittenMax ?? unwrittenMax
    this.#begin = parts.opened.begin
    this.#gathered = this.height
    this.#written = this.height
  }

  append(block: CommittedBlock): Promise<void> | undefined {
    if (block.height <= this.height) {
      this.hold(block)
      return undefined
    }
    if (block.height !== this.#gathered + 1) throw stale(this.height)
    this.#gathered = block.height
    this.#unwritten.add(block)
    this.#batch.add(block)
    this.#arrival?.resolve()
    this.#arrival = undefined
    this.#flushSoon()
    return this.#unwritten.size < this.#unwrittenMax / 2 ? undefined : this.#flush()
  }

  hold({ height, blockHash }: Pick<CommittedBlock, 'height' | 'blockHash'>): void {
    const { hash } = this.#parts.opened.end
    if (height === this.height && hash !== undefined && blockHash !== hash) throw stale(height)
  }

  keepRefusal(refusal: KeptRefusal): void {
    const ring = this.#refusals.get(refusal.account) ?? []
    this.#refusals.set(refusal.account, ring)
    ring.push(refusal)
    if (ring.length > ringSize) ring.shift()
    this.#flushSoon()
  }

  async find(id: OpId): Promise<StoredReceipt | undefined> {
    return this.#unwritten.find(id) ?? this.#findWritten('byId', { id: Hex.toBytes(id) })
  }

  unwrittenAt(sequence: number): StoredReceipt | undefined {
    return this.#unwritten.at(sequence)
  }

  async at(sequence: number): Promise<StoredReceipt | undefined> {
    return this.#unwritten.at(sequence) ?? this.#findWritten('bySequence', { sequence })
  }

  async findByNonce(key: NonceKey): Promise<StoredReceipt | undefined> {
    const recent = this.#unwritten.findByNonce(key)
    if (recent !== undefined) return recent
    return this.#watch(async () => {
      const all = await this.#parts.ask('byNonce', { nonceKey: encodeNonceKey(key) })
      return all.map((kept) => decodeKept(this.#parts, kept)).find(({ op }) => isSameNonce(nonceKeyOf(op), key))
    })
  }

  blocks(range: { readonly after: number; readonly limit: number }): Promise<readonly BlockSummary[]> {
    return this.ask('blocks', range)
  }

  async ask<Q extends keyof HistoryQuestions>(
    name: Q,
    asks: HistoryQuestions[Q]['asks'],
  ): Promise<HistoryQuestions[Q]['answers']> {
    if (name === 'seller') this.#buyers = true
    await this.#flush()
    return this.#watch(() => this.#parts.ask(name, asks))
  }

  async reach(height: number): Promise<void> {
    while (this.#written < height) {
      if (this.#closed) throw new Error('History has ended.')
      if (this.#gathered > this.#written) await this.#flush()
      else await (this.#arrival ??= Promise.withResolvers()).promise
    }
  }

  isBehind(): boolean {
    return this.#unwritten.size >= this.#unwrittenMax
  }

  status(): HistoryStatus {
    return { height: this.#written, unwritten: this.#unwritten.size, begin: this.#begin }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    await this.#flush()
    await this.#end()
    await Promise.all([this.#parts.reader.close(), this.#parts.thread.close()])
  }

  async drop(): Promise<void> {
    await this.#end()
    await Promise.all([this.#parts.reader.terminate(), this.#parts.thread.terminate()])
    await removeFiles(this.#parts)
  }

  async #end(): Promise<void> {
    this.#closed = true
    this.#arrival?.resolve()
    this.#cancelTimer?.()
    await this.#writing
  }

  #flushSoon(): void {
    if (this.#batch.ops >= batchOps) void this.#flush()
    else this.#cancelTimer ??= this.#parts.machine.clock.after(batchDelayMs, () => void this.#flush())
  }

  /** Resolves when everything gathered until now is written. A failure is told through onFailure, so nobody has to wait for this. */
  #flush(): Promise<void> {
    const written = this.#writeAll()
    written.catch(() => undefined)
    return written
  }

  /** One batch is on its way at a time. */
  async #writeAll(): Promise<void> {
    const target = this.#gathered
    while (this.#writing !== undefined) await this.#writing
    if (this.#written >= target && this.#refusals.size === 0 && !this.#buyers) return
    if (this.#closed) return
    this.#writing = this.#writeBatch().finally(() => (this.#writing = undefined))
    await this.#writing
  }

  async #writeBatch(): Promise<void> {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const height = this.#gathered
    const refusals = [...this.#refusals.values()].flat()
    this.#refusals = new Map()
    const buyers = this.#buyers
    this.#buyers = false
    // A failure ends the process by onFailure; whoever waits for this batch is rejected with it.
    const { begin } = await write(this.#parts.thread, { batch: this.#batch.take(), refusals, buyers })
    this.#begin = begin
    this.#unwritten.drop(height)
    this.#written = height
  }

  #findWritten<Q extends 'byId' | 'bySequence'>(
    name: Q,
    asks: HistoryQuestions[Q]['asks'],
  ): Promise<StoredReceipt | undefined> {
    return this.#watch(async () => {
      const kept: Kept | undefined = await this.#parts.ask(name, asks)
      return kept && decodeKept(this.#parts, kept)
    })
  }

  /** Tells the operator once that history is damaged; whoever asks is told each time. */
  async #watch<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof HistoryDamaged && !this.#damaged) {
        this.#damaged = true
        this.#parts.machine.logger.error(`History is damaged: ${error.message}`, { hint: error.hint })
      }
      throw error
    }
  }
}

function stale(height: number): Failure {
  return new Failure({
    code: 'history/stale',
    message: `History was written from other blocks than those of the log, up to height ${height}.`,
    values: { height },
    hint: 'It is built again from the log; nothing has to be done.',
  })
}
