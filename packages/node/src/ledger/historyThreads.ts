// The two threads of history as the main thread sees them: one takes batches, the other answers questions.
import { EngineFailure } from '../engine/EngineFailure.ts'
import { Failure } from '../machine/Failure.ts'
import type { Thread, Threads } from '../machine/Machine.ts'
import { moduleBeside } from '../machine/threads.ts'
import { HistoryDamaged } from './HistoryDamaged.ts'
import type { HistoryQuestions } from './historyReader.ts'
import type { Answer, Opened, Start, Write, Written } from './historyThread.ts'

/** A question to the reading thread, and its answer. */
export type AskHistory = <Q extends keyof HistoryQuestions>(
  name: Q,
  asks: HistoryQuestions[Q]['asks'],
) => Promise<HistoryQuestions[Q]['answers']>

type Pending = PromiseWithResolvers<unknown>

/** Questions that may wait for the reading thread; the longest take 0.1 s each, so that no answer is older than its asker's patience. */
const questionsWaitingMax = 512

/** A thread whose answers come in the order of what it was sent. */
export class HistoryThread {
  readonly #thread: Thread
  readonly #pending: Pending[] = []
  readonly #exited: Promise<void>
  readonly #onFailure: (error: Failure) => void
  #closing = false

  constructor(threads: Threads, onFailure: (error: Failure) => void) {
    this.#onFailure = onFailure
    this.#thread = threads.spawn(moduleBeside(import.meta.url, './historyThread'))
    this.#thread.on('message', (message) => this.#pending.shift()?.resolve(message))
    this.#thread.on('error', (error) => this.#fail(error))
    this.#exited = new Promise((resolve) => {
      this.#thread.on('exit', () => {
        if (!this.#closing) this.#fail(new Error('The thread ended by itself.'))
        resolve()
      })
    })
  }

  /** Sends a message that is answered. */
  ask(message: unknown, transfer: readonly ArrayBufferLike[] = []): Promise<unknown> {
    const pending: Pending = Promise.withResolvers()
    this.#pending.push(pending)
    this.#thread.postMessage(message, transfer)
    return pending.promise
  }

  /** Messages whose answers are awaited. */
  get waiting(): number {
    return this.#pending.length
  }

  /** Sends a message that is not answered. */
  tell(message: unknown): void {
    this.#thread.postMessage(message)
  }

  /** Lets the thread finish what it has, and waits for its end. */
  async close(): Promise<void> {
    this.#closing = true
    this.#thread.postMessage(undefined)
    await this.#exited
  }

  /** Ends it at once. */
  async terminate(): Promise<void> {
    this.#closing = true
    await this.#thread.terminate()
  }

  #fail(cause: unknown): void {
    if (this.#closing) return
    this.#closing = true
    const failure = new Failure({
      code: 'history/failed',
      message: `History can't be written or read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      values: {},
      hint: 'The process ends. Look at the disk (space, health) and start again; history/ can be deleted at any time, it is built again from the log.',
      cause,
    })
    for (const { reject } of this.#pending.splice(0)) reject(failure)
    this.#onFailure(failure)
  }
}

/** What the writing thread says when it stands; undefined when the database is not of this chain and version. */
export async function startWriter(
  thread: HistoryThread,
  start: Extract<Start, { role: 'writer' }>,
): Promise<Opened | undefined> {
  return (await thread.ask(start)) as Opened | undefined
}

/** Hands a batch over; resolves when it is written. */
export async function write(thread: HistoryThread, message: Write): Promise<Written> {
  return (await thread.ask(message, message.batch === undefined ? [] : [message.batch.buffer])) as Written
}

/** Starts the reading thread. */
export function startReader(thread: HistoryThread, start: Extract<Start, { role: 'reader' }>): AskHistory {
  thread.tell(start)
  return async (name, asks) => {
    if (thread.waiting >= questionsWaitingMax) throw new EngineFailure('engine/overloaded')
    const told = (await thread.ask({ name, asks })) as Answer
    if ('damaged' in told) throw new HistoryDamaged(told.damaged)
    return told.answer as never
  }
}
