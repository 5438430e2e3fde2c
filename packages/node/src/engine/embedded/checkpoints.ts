// The checkpoints of a data directory: writes one when enough log lies behind the last, keeps the newest two, and finds
// the newest that is whole. Nothing of it holds up a block: the state is mirrored in a thread of its own (decisions 5).
import type { Head, ImageTable, State, WriteSet } from '@turnpike/chain'
import type { Machine } from '../../machine/Machine.ts'
import { checkpointName, heightOfName } from './checkpointFile.ts'
import { unfinishedPath } from './checkpointWriter.ts'
import type { LogPosition } from './blockLogReader.ts'
import { MirrorFeed } from './mirrorFeed.ts'
import type { MirrorBase } from './mirrorFeed.ts'
import { listRedo, redoName } from './redoFile.ts'

/** A checkpoint is due when so much log lies behind the last one, unless said otherwise; or a quarter of the state, if that is more. */
const checkpointBytesDefault = 33_554_432
/** At a clean stop a checkpoint is written for this share of what it takes while running: a restart is quick then. */
const shareAtClose = 8
/** Write sets are kept in parts of this share, a MiB at most: what is behind the last part has to be executed again. */
const shareOfRedo = 32
const frameBytesMax = 1_048_576
const kept = 2

/** The heights of the checkpoints in a data directory, newest first. */
export async function listCheckpoints(disk: Pick<Machine['disk'], 'list'>, home: string): Promise<readonly number[]> {
  const heights = (await disk.list(home)).map(heightOfName).filter((height) => height !== undefined)
  return heights.toSorted((a, b) => b - a)
}

export type CheckpointsOptions = {
  readonly machine: Pick<Machine, 'disk' | 'threads' | 'logger' | 'clock'>
  /** The data directory. */
  readonly home: string
  readonly tables: readonly ImageTable[]
  readonly state: State
  /** The state as it is now, from where it lies on the disk. */
  readonly base: MirrorBase
  /** How much log the newest checkpoint saves reading; 0 without one. */
  readonly coveredBytes: number
  /** Checkpoints that turned out to be damaged; the next one takes their place. */
  readonly damaged: readonly number[]
  readonly checkpointBytes?: number | undefined
  /** How many bytes of write sets are kept together. */
  readonly redoBytes?: number | undefined
  /** Blocks wait for a mirror that is so many bytes behind. */
  readonly backlogBytesMax?: number | undefined
  /** Whether the disk has room for so many bytes. */
  readonly hasRoom: (bytes: number) => boolean
  /** Resolves when all that is derived from the blocks up to the height is durable: a start from the checkpoint replays none of them. */
  readonly beforeCheckpoint?: ((height: number) => Promise<void>) | undefined
}

/** Where the log stands behind a block. */
export type LogState = {
  /** Length of all records. */
  readonly bytes: number
  /** Where the block's record begins. */
  readonly position: LogPosition
}

export class Checkpoints {
  readonly #options: CheckpointsOptions
  #mirror: MirrorFeed
  /** Length of the log when the last one was begun. */
  #coveredBytes: number
  #damaged: readonly number[]
  #writing: Promise<void> | undefined
  #isOver = false

  constructor(options: CheckpointsOptions) {
    this.#options = options
    this.#mirror = this.#startMirror(options.base)
    this.#coveredBytes = options.coveredBytes
    this.#damaged = options.damaged
  }

  /** Takes the write set of a block that was executed. Its record is durable before the next one comes. */
  feed(writes: WriteSet): void {
    this.#mirror.feed(writes)
  }

  /** Undefined, or what whoever makes blocks has to wait for: the mirror is too far behind. */
  room(): Promise<void> | undefined {
    return this.#mirror.room()
  }

  /** A block is durable, and nothing was executed since: begins a checkpoint if one is due. */
  landed(head: Head, log: () => LogState): void {
    this.#mirror.landed(head, () => log().position)
    if (this.#writing !== undefined || this.#isOver) return
    const state = log()
    const behind = state.bytes - this.#coveredBytes
    if (behind >= this.#bytesMin && behind >= this.#options.state.store.bytes / 4) this.#begin(head, state)
  }

  /** Writes a last one if it makes the next start quicker, and ends the mirror. */
  async close(head: Head, log: () => LogState): Promise<void> {
    this.#mirror.hurry()
    await this.#writing
    const state = log()
    const behind = state.bytes - this.#coveredBytes
    if (!this.#isOver && behind > 0 && behind >= this.#bytesMin / shareAtClose) {
      this.#begin(head, state)
      this.#mirror.hurry()
      await this.#writing
    }
    if (!this.#isOver) await this.#mirror.finish({ head, position: state.position })
    await this.end()
  }

  /** Ends at once; what was begun is left undone. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.#mirror.close()
  }

  get #bytesMin(): number {
    return this.#options.checkpointBytes ?? checkpointBytesDefault
  }

  #startMirror(base: MirrorBase): MirrorFeed {
    const { machine, home, tables, state, redoBytes, backlogBytesMax } = this.#options
    return new MirrorFeed({
      threads: machine.threads,
      tables,
      home,
      genesis: state.genesis,
      base,
      backlogBytesMax,
      redoBytes: redoBytes ?? Math.min(frameBytesMax, this.#bytesMin / shareOfRedo),
      onLost: (error) =>
        machine.logger.warn('Write sets could not be kept; until the next checkpoint a start takes longer.', { error }),
      onFailure: (error) =>
        machine.logger.error('The mirror of the state has failed; the next checkpoint begins with a new one.', {
          error,
        }),
    })
  }

  #begin(head: Head, { bytes, position }: LogState): void {
    const { machine, state, hasRoom } = this.#options
    const { height } = head
    // Also when it fails: the next one is tried after as much log again, and not after every block.
    this.#coveredBytes = bytes
    if (!hasRoom(state.store.bytes)) {
      machine.logger.warn('There is no room on the disk for a checkpoint.', { height })
      return
    }
    if (this.#mirror.isOver) this.#beginAnew(head)
    const beganAt = machine.clock.elapsed()
    this.#writing = this.#write(head, position).then(
      (written) => {
        this.#writing = undefined
        const tookMs = Math.round(machine.clock.elapsed() - beganAt)
        machine.logger.info('A checkpoint was written.', { height, bytes: written, tookMs })
      },
      (error: unknown) => {
        this.#writing = undefined
        if (this.#isOver) return
        machine.logger.warn('A checkpoint could not be written; the log alone holds everything.', { height, error })
      },
    )
  }

  /** A mirror of the state as it is; payments wait while that is copied, which is better than no checkpoint ever again. */
  #beginAnew(head: Head): void {
    const pieces = [...this.#options.state.store.image()]
    this.#mirror = this.#startMirror({ head, pieces: () => pieces.splice(0) })
  }

  /** Writes the file and gives it its name; answers its length. */
  async #write(head: Head, position: LogPosition): Promise<number> {
    const { machine, home, beforeCheckpoint } = this.#options
    const written = await this.#mirror.checkpoint({ head, position })
    await beforeCheckpoint?.(head.height)
    const path = `${home}/${checkpointName(head.height)}`
    await machine.disk.rename({ from: unfinishedPath(home, head.height), to: path })
    await machine.disk.syncDirectory(home)
    await this.#prune()
    return written
  }

  async #prune(): Promise<void> {
    const { machine, home } = this.#options
    const { disk } = machine
    const heights = await listCheckpoints(disk, home)
    const stay = new Set(heights.filter((height) => !this.#damaged.includes(height)).slice(0, kept))
    for (const height of heights) if (!stay.has(height)) await disk.remove(`${home}/${checkpointName(height)}`)
    this.#damaged = []
    if (stay.size < kept) return
    const lowest = Math.min(...stay)
    for (const height of await listRedo(disk, home))
      if (height < lowest) await disk.remove(`${home}/${redoName(height)}`)
  }
}

/** Takes away what a crash left of files that were being made. */
export async function removeUnfinished(disk: Pick<Machine['disk'], 'list' | 'remove'>, home: string): Promise<void> {
  const names = await disk.list(home)
  for (const name of names.filter((of) => /^(?:checkpoint|redo)-[0-9]+\.tmp(?:\.tmp)?$/.test(of)))
    await disk.remove(`${home}/${name}`)
}
