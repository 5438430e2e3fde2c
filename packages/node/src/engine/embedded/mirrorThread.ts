// The thread that keeps a mirror of the state: it follows write sets, keeps them for the next start, and writes
// checkpoints. It has the disk to itself, so that the thread that executes cannot hold it up, however busy that is.
import { createMirror } from '@turnpike/chain'
import type { Head, ImageReader, ImageTable, Mirror } from '@turnpike/chain'
import type { Hash } from '@turnpike/chain/wire'
import type { Ms, RunThread, ThreadMachine } from '../../machine/Machine.ts'
import type { LogPosition } from './blockLogReader.ts'
import { writeCheckpoint } from './checkpointWriter.ts'
import { splitWrites } from './redoFile.ts'
import { RedoLog } from './redoLog.ts'
import type { FrameEnd } from './redoLog.ts'

/** Where the mirror begins. */
export type MirrorBeginning = {
  readonly tables: readonly ImageTable[]
  /** The data directory. */
  readonly home: string
  readonly genesis: Hash.Hash
  /** The height that the first write set follows. */
  readonly height: number
}

/** Of which block a checkpoint is, and where that lies in the log. */
export type CheckpointOf = { readonly head: Head; readonly position: LogPosition }

/** To the thread: the beginning, the pieces of the image, their end, what was kept of write sets behind it; then the others. */
export type ToMirror =
  | { readonly begin: MirrorBeginning }
  | { readonly piece: Uint8Array | undefined }
  /** Write sets that follow the image and are kept already. */
  | { readonly redone: Uint8Array }
  /** Write sets of blocks, each `length u32 ‖ bytes`. */
  | { readonly writes: Uint8Array }
  /** What came since the last end is a frame of a redo file; its blocks are durable. */
  | { readonly end: FrameEnd }
  /** One of the state after all that came. */
  | { readonly checkpoint: CheckpointOf }
  /** Nobody needs the disk any more but this thread. */
  | { readonly hurry: true }
  /** Nothing follows. */
  | { readonly finish: true }

/** From the thread. */
export type FromMirror =
  /** A piece, or what was kept, was taken in. */
  | { readonly loaded: true }
  /** Write sets were followed, so many bytes, and not too much waits for the disk. */
  | { readonly applied: number }
  /** Write sets could not be kept. */
  | { readonly lost: unknown }
  /** A checkpoint was written, so many bytes, or could not be. */
  | { readonly written: number }
  | { readonly failed: unknown }
  | { readonly finished: true }

/** After each write the disk is the block log's for a few times as long as that took. */
const restShare = 3
const restMaxMs: Ms = 100
/** Unless so much waits here already: a node that is so busy fills the memory faster than the disk. */
const heldBytesMax = 16_777_216

/** Runs in a thread of its own. */
export const run: RunThread = ({ port, machine }) => {
  const tell = (message: FromMirror): void => port.postMessage(message)
  let thread: MirrorThread | undefined
  port.on('message', (message) => {
    const to = message as ToMirror
    if ('begin' in to) thread = new MirrorThread(to.begin, { machine, tell })
    else thread!.hear(to)
  })
}

type Parts = { readonly machine: ThreadMachine; readonly tell: (message: FromMirror) => void }

class MirrorThread {
  readonly #beginning: MirrorBeginning
  readonly #machine: ThreadMachine
  readonly #tell: (message: FromMirror) => void
  readonly #mirror: Mirror
  readonly #redo: RedoLog
  #loading: ImageReader | undefined
  /** Write sets that came while a checkpoint is written: the mirror stands still meanwhile. */
  #held: Uint8Array[] = []
  #heldBytes = 0
  #isWriting = false
  #isHurried = false
  #endRest: (() => void) | undefined

  constructor(beginning: MirrorBeginning, { machine, tell }: Parts) {
    this.#beginning = beginning
    this.#machine = machine
    this.#tell = tell
    this.#mirror = createMirror(beginning.tables)
    this.#redo = new RedoLog({ ...beginning, machine, onLost: (error) => tell({ lost: error }) })
  }

  hear(to: Exclude<ToMirror, { readonly begin: unknown }>): void {
    if ('writes' in to) this.#take(to.writes)
    else if ('end' in to) this.#redo.end(to.end)
    else if ('checkpoint' in to) void this.#write(to.checkpoint)
    else if ('hurry' in to) this.#hurry()
    else if ('finish' in to) void this.#redo.close().then(() => this.#tell({ finished: true }))
    else if ('redone' in to) {
      this.#apply(to.redone)
      this.#tell({ loaded: true })
    } else this.#load(to.piece)
  }

  #load(piece: Uint8Array | undefined): void {
    this.#loading ??= this.#mirror.load()
    if (piece !== undefined) this.#loading.take(piece)
    else this.#loading.finish()
    this.#tell({ loaded: true })
  }

  #take(writes: Uint8Array): void {
    this.#redo.gather(writes)
    if (!this.#isWriting) return this.#follow(writes)
    this.#held.push(writes)
    this.#heldBytes += writes.length
  }

  #follow(writes: Uint8Array): void {
    this.#apply(writes)
    const told = { applied: writes.length }
    const room = this.#redo.room()
    if (room === undefined) this.#tell(told)
    else void room.then(() => this.#tell(told))
  }

  #apply(writes: Uint8Array): void {
    for (const of of splitWrites(writes)) this.#mirror.apply(of)
  }

  async #write({ head, position }: CheckpointOf): Promise<void> {
    this.#isWriting = true
    this.#redo.turnTo(head.height)
    const { home, genesis } = this.#beginning
    const pieces = this.#mirror.image()
    const rest = (tookMs: Ms): Promise<void> => this.#rest(tookMs)
    const outcome = await writeCheckpoint({ machine: this.#machine, home, genesis, head, position, pieces, rest }).then(
      (written) => ({ written }),
      (failed: unknown) => ({ failed }),
    )
    this.#isWriting = false
    this.#tell(outcome)
    this.#heldBytes = 0
    for (const writes of this.#held.splice(0)) this.#follow(writes)
  }

  async #rest(tookMs: Ms): Promise<void> {
    if (this.#isHurried || tookMs <= 0 || this.#heldBytes > heldBytesMax) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const callOff = this.#machine.clock.after(Math.min(restMaxMs, tookMs * restShare), resolve)
    this.#endRest = () => {
      callOff()
      resolve()
    }
    await promise
  }

  #hurry(): void {
    this.#isHurried = true
    this.#endRest?.()
  }
}
