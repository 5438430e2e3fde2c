// The mirror as the main thread sees it: blocks' write sets go in, and checkpoints and redo files come of it on the disk.
// The thread starts when there is something to do, and feeding it costs a copy of the write set.
import type { Head, ImageTable, WriteSet } from '@turnpike/chain'
import type { Hash } from '@turnpike/chain/wire'
import { moduleBeside } from '../../machine/threads.ts'
import type { Thread, Threads } from '../../machine/Machine.ts'
import type { LogPosition } from './blockLogReader.ts'
import type { CheckpointOf, FromMirror, ToMirror } from './mirrorThread.ts'

/** Write sets are handed over together when there are so many bytes. */
const batchBytes = 1_048_576
/** Whoever makes blocks waits for a mirror that is so far behind: memory is bounded. */
const backlogBytesMax = 134_217_728

/** A state that a mirror can begin with. */
export type MirrorBase = {
  readonly head: Head
  /** The pieces of its image, or of one before. */
  readonly pieces: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** The write sets from there to the state; they are on the disk already. */
  readonly redone?: (() => AsyncIterable<Uint8Array>) | undefined
}

export type MirrorFeedOptions = {
  readonly threads: Pick<Threads, 'spawn'>
  readonly tables: readonly ImageTable[]
  /** The data directory. */
  readonly home: string
  readonly genesis: Hash.Hash
  readonly base: MirrorBase
  /** A redo file's frame holds so many bytes of write sets, about: what lies behind the last is executed. */
  readonly redoBytes: number
  readonly backlogBytesMax?: number | undefined
  /** Told when write sets could not be kept. */
  readonly onLost: (error: unknown) => void
  /** Told once when the thread failed: there is no mirror any more. */
  readonly onFailure: (error: unknown) => void
}

type LoadMessage = Extract<ToMirror, { readonly piece: unknown } | { readonly redone: unknown }>
type Message = Exclude<ToMirror, { readonly begin: unknown } | LoadMessage>

/** Feeds the mirror. */
export class MirrorFeed {
  readonly #options: MirrorFeedOptions
  #batch = new Uint8Array(batchBytes)
  #batchLength = 0
  /** What waits until the mirror has loaded its image, in order. */
  #waiting: Message[] = []
  /** Bytes that the mirror has not followed yet. */
  #backlog = 0
  /** The block behind which the next frame begins, and the bytes that were fed since. */
  #frameStart: Hash.Hash
  #frameBytes = 0
  #thread: Thread | undefined
  #isLoaded = false
  #isOver = false
  #onLoaded: PromiseWithResolvers<void> | undefined
  #onRoom: PromiseWithResolvers<void> | undefined
  #onWritten: PromiseWithResolvers<number> | undefined
  #onFinished: PromiseWithResolvers<void> | undefined

  constructor(options: MirrorFeedOptions) {
    this.#options = options
    this.#frameStart = options.base.head.blockHash
  }

  /** Whether there is no mirror any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Takes the write set of the next block. */
  feed(writes: WriteSet): void {
    if (this.#isOver) return
    if (this.#batchLength + 4 + writes.length > this.#batch.length) this.#flush()
    if (4 + writes.length > this.#batch.length) this.#batch = new Uint8Array(4 + writes.length)
    new DataView(this.#batch.buffer).setUint32(this.#batchLength, writes.length)
    this.#batch.set(writes, this.#batchLength + 4)
    this.#batchLength += 4 + writes.length
    this.#frameBytes += writes.length
  }

  /** The last block that was fed is durable: ends a frame of the redo file if it is long enough. */
  landed(head: Head, position: () => LogPosition): void {
    if (!this.#isOver && this.#frameBytes >= this.#options.redoBytes) this.#endFrame({ head, position: position() })
  }

  /** Undefined, or what whoever makes blocks has to wait for until the mirror has come nearer. */
  room(): Promise<void> | undefined {
    if (this.#isOver || this.#backlog < (this.#options.backlogBytesMax ?? backlogBytesMax)) return undefined
    this.#onRoom ??= Promise.withResolvers()
    return this.#onRoom.promise
  }

  /**
   * Writes a checkpoint of the state after the last block that was fed, which is durable; answers its length. One at a
   * time; feeding goes on meanwhile.
   *
   * @throws what the disk says, or when there is no mirror, then or later.
   */
  checkpoint(of: CheckpointOf): Promise<number> {
    if (this.#isOver) return Promise.reject(new Error('There is no mirror of the state.'))
    const written = Promise.withResolvers<number>()
    this.#onWritten = written
    this.#endFrame(of)
    this.#post({ checkpoint: of })
    return written.promise
  }

  /** Nobody needs the disk any more but the mirror. */
  hurry(): void {
    if (this.#thread !== undefined && !this.#isOver) this.#post({ hurry: true })
  }

  /** Keeps what was fed up to a durable block, if the mirror has begun, and ends the thread. */
  async finish(of: CheckpointOf): Promise<void> {
    if (this.#thread !== undefined && !this.#isOver) {
      const finished = Promise.withResolvers<void>()
      this.#onFinished = finished
      this.#endFrame(of)
      this.#post({ finish: true })
      await finished.promise
    }
    await this.close()
  }

  /** Ends the thread at once. */
  async close(): Promise<void> {
    this.#isOver = true
    this.#release(new Error('The mirror was closed.'))
    await this.#thread?.terminate()
  }

  #endFrame({ head, position }: CheckpointOf): void {
    const start = this.#frameStart
    if (start === head.blockHash) return
    this.#flush()
    this.#post({ end: { genesis: this.#options.genesis, start, head, position } })
    this.#frameStart = head.blockHash
    this.#frameBytes = 0
  }

  #flush(): void {
    if (this.#batchLength === 0) return
    const batch = this.#batch.subarray(0, this.#batchLength)
    this.#batch = new Uint8Array(batchBytes)
    this.#batchLength = 0
    this.#backlog += batch.length
    this.#post({ writes: batch })
  }

  /** Says something once the image is loaded. */
  #post(message: Message): void {
    this.#thread ??= this.#start()
    if (this.#isLoaded) tell(this.#thread, message)
    else this.#waiting.push(message)
  }

  #start(): Thread {
    const thread = this.#options.threads.spawn(moduleBeside(import.meta.url, './mirrorThread'))
    thread.on('message', (message) => this.#hear(message as FromMirror))
    thread.on('error', (error) => this.#fail(error))
    thread.on('exit', () => this.#fail(new Error('The thread of the mirror ended by itself.')))
    this.#load(thread).catch((error: unknown) => this.#fail(error))
    return thread
  }

  async #load(thread: Thread): Promise<void> {
    const { tables, home, genesis, base } = this.#options
    tell(thread, { begin: { tables, home, genesis, height: base.head.height } })
    for await (const piece of base.pieces()) await this.#loadPart(thread, { piece })
    await this.#loadPart(thread, { piece: undefined })
    for await (const redone of base.redone?.() ?? []) await this.#loadPart(thread, { redone })
    this.#isLoaded = true
    for (const message of this.#waiting.splice(0)) tell(thread, message)
  }

  async #loadPart(thread: Thread, part: LoadMessage): Promise<void> {
    if (this.#isOver) throw new Error('The mirror was given up.')
    this.#onLoaded = Promise.withResolvers()
    tell(thread, part)
    await this.#onLoaded.promise
  }

  #hear(message: FromMirror): void {
    if ('applied' in message) this.#follow(message.applied)
    else if ('loaded' in message) this.#onLoaded?.resolve()
    else if ('lost' in message) this.#options.onLost(message.lost)
    else if ('written' in message) this.#onWritten?.resolve(message.written)
    else if ('failed' in message) this.#onWritten?.reject(message.failed)
    else this.#onFinished?.resolve()
  }

  #follow(bytes: number): void {
    this.#backlog -= bytes
    if (this.#backlog >= (this.#options.backlogBytesMax ?? backlogBytesMax) / 2) return
    this.#onRoom?.resolve()
    this.#onRoom = undefined
  }

  #fail(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#release(error instanceof Error ? error : new Error(String(error)))
    void this.#thread?.terminate()
    this.#options.onFailure(error)
  }

  #release(error: Error): void {
    this.#batch = new Uint8Array(0)
    this.#batchLength = 0
    this.#waiting = []
    this.#onRoom?.resolve()
    this.#onLoaded?.reject(error)
    this.#onWritten?.reject(error)
    this.#onFinished?.resolve()
  }
}

function tell(thread: Thread, message: ToMirror): void {
  thread.postMessage(message, 'writes' in message ? [message.writes.buffer] : [])
}
