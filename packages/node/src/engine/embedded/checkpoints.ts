// The checkpoints of a data directory: writes one when enough log lies behind the last, keeps the newest two, and finds
// the newest that is whole. Nothing of it holds up a block: the state is mirrored in a thread of its own (decisions 5).
import type { Head, WriteSet } from '@turnpike/chain'
import type { Hash } from '@turnpike/chain/wire'
import type { Machine } from '../../machine/Machine.ts'
import {
  checkpointName,
  encodeCheckpointEnd,
  encodeCheckpointHead,
  digestOf,
  encodeFrame,
  heightOfName,
} from './checkpointFile.ts'
import type { LogPosition } from './blockLogReader.ts'
import type { MirrorFeed } from './mirrorFeed.ts'

/** A checkpoint is due when so much log lies behind the last one, unless said otherwise; or a quarter of the state, if that is more. */
const checkpointBytesDefault = 33_554_432
/** At a clean stop a checkpoint is written for this share of what it takes while running: a restart is quick then. */
const shareAtClose = 8
const kept = 2
/** So much is written at once, durably; then the disk is the block log's for a few times as long as that took. */
const writeBytes = 262_144
const restShare = 3
const restMaxMs = 100

/** The heights of the checkpoints in a data directory, newest first. */
export async function listCheckpoints(disk: Pick<Machine['disk'], 'list'>, home: string): Promise<readonly number[]> {
  const heights = (await disk.list(home)).map(heightOfName).filter((height) => height !== undefined)
  return heights.toSorted((a, b) => b - a)
}

export type CheckpointsOptions = {
  readonly machine: Pick<Machine, 'disk' | 'hashes' | 'logger' | 'clock'>
  /** The data directory. */
  readonly home: string
  readonly genesis: Hash.Hash
  readonly mirror: MirrorFeed
  /** How much log the newest checkpoint saves reading; 0 without one. */
  readonly coveredBytes: number
  /** Checkpoints that turned out to be damaged; the next one takes their place. */
  readonly damaged: readonly number[]
  /** How many bytes the state takes. */
  readonly stateBytes: () => number
  readonly checkpointBytes?: number | undefined
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
  /** Length of the log when the last one was begun. */
  #coveredBytes: number
  #damaged: readonly number[]
  #writing: Promise<void> | undefined
  #isClosing = false
  #endRest: (() => void) | undefined
  #isOver = false

  constructor(options: CheckpointsOptions) {
    this.#options = options
    this.#coveredBytes = options.coveredBytes
    this.#damaged = options.damaged
  }

  /** Takes the write set of a block that was executed. Its record is durable before the next one comes. */
  feed(writes: WriteSet): void {
    this.#options.mirror.feed(writes)
  }

  /** A block is durable, and nothing was executed since: begins a checkpoint if one is due. */
  landed(head: Head, log: () => LogState): void {
    if (this.#writing !== undefined || this.#isOver || this.#options.mirror.isOver) return
    const state = log()
    const behind = state.bytes - this.#coveredBytes
    if (behind >= this.#bytesMin && behind >= this.#options.stateBytes() / 4) this.#begin(head, state)
  }

  /** Writes a last one if it makes the next start quicker, and ends the mirror. */
  async close(head: Head, log: () => LogState): Promise<void> {
    this.#isClosing = true
    this.#endRest?.()
    await this.#writing
    const state = log()
    const behind = state.bytes - this.#coveredBytes
    if (!this.#isOver && !this.#options.mirror.isOver && behind > 0 && behind >= this.#bytesMin / shareAtClose) {
      this.#begin(head, state)
      await this.#writing
    }
    await this.end()
  }

  /** Ends at once; what was begun is left undone. */
  async end(): Promise<void> {
    this.#isOver = true
    this.#isClosing = true
    this.#endRest?.()
    await this.#options.mirror.close()
  }

  get #bytesMin(): number {
    return this.#options.checkpointBytes ?? checkpointBytesDefault
  }

  #begin(head: Head, { bytes, position }: LogState): void {
    const { machine, mirror, hasRoom, stateBytes } = this.#options
    const { height } = head
    // Also when it fails: the next one is tried after as much log again, and not after every block.
    this.#coveredBytes = bytes
    if (!hasRoom(stateBytes())) {
      machine.logger.warn('There is no room on the disk for a checkpoint.', { height })
      return
    }
    const beganAt = machine.clock.elapsed()
    this.#writing = this.#write(head, position).then(
      (written) => {
        this.#writing = undefined
        const tookMs = Math.round(machine.clock.elapsed() - beganAt)
        machine.logger.info('A checkpoint was written.', { height, bytes: written, tookMs })
      },
      (error: unknown) => {
        this.#writing = undefined
        mirror.stop()
        if (this.#isOver) return
        machine.logger.warn('A checkpoint could not be written; the log alone holds everything.', { height, error })
      },
    )
  }

  /** Writes the file; answers its length. */
  async #write(head: Head, position: LogPosition): Promise<number> {
    const frames = this.#options.mirror.frames()
    const { machine, home, genesis, beforeCheckpoint } = this.#options
    const { disk, hashes } = machine
    const path = `${home}/${checkpointName(head.height)}`
    await disk.createFilled({ path: `${path}.tmp`, bytes: 0, head: new Uint8Array(0) })
    const file = await disk.open(`${path}.tmp`)
    const digests: Uint8Array[] = []
    let [at, waiting, waitingBytes] = [0, [] as Uint8Array[], 0]
    const flush = async (): Promise<void> => {
      const bytes = concat(waiting, waitingBytes)
      ;[waiting, waitingBytes] = [[], 0]
      for (let from = 0; from < bytes.length; from += writeBytes) {
        const part = bytes.subarray(from, from + writeBytes)
        const beganAt = machine.clock.elapsed()
        await file.write(part, at)
        at += part.length
        await this.#rest(machine.clock.elapsed() - beganAt)
      }
    }
    const write = async (frame: Uint8Array): Promise<void> => {
      digests.push(digestOf(frame))
      waiting.push(frame)
      waitingBytes += frame.length
      if (waitingBytes >= writeBytes) await flush()
    }
    try {
      await write(encodeFrame(encodeCheckpointHead({ genesis, head }), hashes))
      for await (const frame of frames) await write(frame)
      await write(encodeFrame(encodeCheckpointEnd(position, { digests, hashes }), hashes))
      await flush()
    } catch (error) {
      await file.close()
      await disk.remove(`${path}.tmp`) // A full disk has no room for what is left of it.
      throw error
    }
    await file.close()
    await beforeCheckpoint?.(head.height)
    await disk.rename({ from: `${path}.tmp`, to: path })
    await disk.syncDirectory(home)
    await this.#prune()
    return at
  }

  /** Leaves the disk to the block log, unless nothing will be written there any more. */
  async #rest(tookMs: number): Promise<void> {
    if (this.#isClosing || tookMs <= 0) return
    const { clock } = this.#options.machine
    const restMs = Math.min(restMaxMs, tookMs * restShare)
    const { promise, resolve } = Promise.withResolvers<void>()
    const callOff = clock.after(restMs, resolve)
    this.#endRest = () => {
      callOff()
      resolve()
    }
    await promise
  }

  async #prune(): Promise<void> {
    const { machine, home } = this.#options
    const heights = await listCheckpoints(machine.disk, home)
    const stay = new Set(heights.filter((height) => !this.#damaged.includes(height)).slice(0, kept))
    for (const height of heights) if (!stay.has(height)) await machine.disk.remove(`${home}/${checkpointName(height)}`)
    this.#damaged = []
  }
}

function concat(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Takes away what a crash left of a checkpoint that was not finished. */
export async function removeUnfinished(disk: Pick<Machine['disk'], 'list' | 'remove'>, home: string): Promise<void> {
  for (const name of await disk.list(home)) {
    const height = heightOfName(name.replace(/(\.tmp)+$/, ''))
    if (height !== undefined && name.endsWith('.tmp')) await disk.remove(`${home}/${name}`)
  }
}
