// The mirror as the main thread sees it: blocks' write sets go in, the frames of a checkpoint come out. The thread starts
// when there is something to do, and feeding it costs a copy of the write set.
import type { ImageTable, WriteSet } from '@turnpike/chain'
import { moduleBeside } from '../../machine/threads.ts'
import type { Thread, Threads } from '../../machine/Machine.ts'
import type { FromMirror, ToMirror } from './mirrorThread.ts'

/** Write sets are handed over together when there are so many bytes. */
const batchBytes = 1_048_576
/** A mirror that is so far behind is given up: memory is bounded. */
export const backlogBytesMax = 268_435_456
/** Replay waits for a mirror that is so far behind. */
const roomBytes = 33_554_432

export type MirrorFeedOptions = {
  readonly threads: Pick<Threads, 'spawn'>
  readonly tables: readonly ImageTable[]
  /** The pieces of the image that the first write set follows. */
  readonly base: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  readonly backlogBytesMax?: number | undefined
  /** Told once when there is no mirror any more. */
  readonly onGivenUp: (error: unknown) => void
}

type Message = Exclude<ToMirror, { readonly tables: unknown } | { readonly piece: unknown }>

/** Frames that came and were not taken yet. */
class FrameQueue {
  readonly #given: (Uint8Array | undefined)[] = []
  #turn = Promise.withResolvers<void>()
  #error: Error | undefined

  push(frame: Uint8Array | undefined): void {
    this.#given.push(frame)
    this.#turn.resolve()
  }

  fail(error: Error): void {
    this.#error = error
    this.#turn.resolve()
  }

  /** The next frame; undefined after the last one. */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#given.length === 0 && this.#error === undefined) await this.#turn.promise
    this.#turn = Promise.withResolvers()
    if (this.#error !== undefined) throw this.#error
    return this.#given.shift()
  }
}

/** Feeds the mirror. */
export class MirrorFeed {
  readonly #options: MirrorFeedOptions
  #batch = new Uint8Array(batchBytes)
  #batchLength = 0
  /** What waits until the mirror has loaded its image, in order. */
  #waiting: Message[] = []
  /** Bytes that the mirror has not followed yet. */
  #backlog = 0
  #thread: Thread | undefined
  #isLoaded = false
  #isOver = false
  #onLoaded: PromiseWithResolvers<void> | undefined
  #onRoom: PromiseWithResolvers<void> | undefined
  #frames: FrameQueue | undefined
  #requests = 0

  constructor(options: MirrorFeedOptions) {
    this.#options = options
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
  }

  /** Resolves when the mirror has come near: what feeds faster than it follows waits here. */
  async room(): Promise<void> {
    if (this.#isOver || this.#backlog < roomBytes) return
    this.#onRoom ??= Promise.withResolvers()
    await this.#onRoom.promise
  }

  /**
   * The frames of the state after the last block that was fed, one set of frames at a time; call `stop` where not all are taken. Feeding goes on meanwhile.
   *
   * @throws when there is no mirror, then or later.
   */
  frames(): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#isOver) throw noMirror()
    const request = ++this.#requests
    const frames = new FrameQueue()
    this.#frames = frames
    // At once, so that it stands behind the write sets of this block and before those of the next one.
    this.#flush()
    if (this.#isOver) throw noMirror()
    this.#post({ frames: request })
    return this.#take(request, frames)
  }

  async *#take(request: number, frames: FrameQueue): AsyncGenerator<Uint8Array, void, undefined> {
    for (let frame = await frames.next(); frame !== undefined; frame = await frames.next()) {
      yield frame
      this.#post({ more: request })
    }
    this.#frames = undefined
  }

  /** No more frames are wanted, if some still are to come: the mirror goes on following. */
  stop(): void {
    if (this.#frames === undefined || this.#isOver) return
    this.#frames = undefined
    this.#post({ stop: this.#requests })
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    this.#isOver = true
    this.#release(new Error('The mirror was closed.'))
    await this.#thread?.terminate()
  }

  #flush(): void {
    if (this.#batchLength === 0) return
    const batch = this.#batch.subarray(0, this.#batchLength)
    this.#batch = new Uint8Array(batchBytes)
    this.#batchLength = 0
    this.#backlog += batch.length
    if (this.#backlog > (this.#options.backlogBytesMax ?? backlogBytesMax)) {
      this.#giveUp(new Error(`The mirror is ${this.#backlog} bytes behind.`))
      return
    }
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
    thread.on('error', (error) => this.#giveUp(error))
    thread.on('exit', () => this.#giveUp(new Error('The thread of the mirror ended by itself.')))
    this.#load(thread).catch((error: unknown) => this.#giveUp(error))
    return thread
  }

  async #load(thread: Thread): Promise<void> {
    tell(thread, { tables: this.#options.tables })
    for await (const piece of this.#options.base()) await this.#loadPiece(thread, piece)
    await this.#loadPiece(thread, undefined)
    this.#isLoaded = true
    for (const message of this.#waiting.splice(0)) tell(thread, message)
  }

  async #loadPiece(thread: Thread, piece: Uint8Array | undefined): Promise<void> {
    if (this.#isOver) throw new Error('The mirror was given up.')
    this.#onLoaded = Promise.withResolvers()
    tell(thread, { piece })
    await this.#onLoaded.promise
  }

  #hear(message: FromMirror): void {
    if ('loaded' in message) this.#onLoaded?.resolve()
    else if ('frame' in message) {
      if (message.of === this.#requests) this.#frames?.push(message.frame)
    } else {
      this.#backlog -= message.applied
      if (this.#backlog >= roomBytes) return
      this.#onRoom?.resolve()
      this.#onRoom = undefined
    }
  }

  #giveUp(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#release(error instanceof Error ? error : new Error(String(error)))
    void this.#thread?.terminate()
    this.#options.onGivenUp(error)
  }

  #release(error: Error): void {
    this.#batch = new Uint8Array(0)
    this.#batchLength = 0
    this.#waiting = []
    this.#onRoom?.resolve()
    this.#onLoaded?.reject(error)
    this.#frames?.fail(error)
  }
}

function tell(thread: Thread, message: ToMirror): void {
  thread.postMessage(message, 'writes' in message ? [message.writes.buffer] : [])
}

function noMirror(): Error {
  return new Error('There is no mirror of the state.')
}
