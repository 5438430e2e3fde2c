// Writes the redo files. The mirror's thread makes frames of the write sets that it follows anyway; here they are put on
// the disk, off the path of payments. Whatever fails costs the next start time, until a checkpoint begins a new file.
import type { Head } from '@turnpike/chain'
import type { Hash } from '@turnpike/chain/wire'
import type { DurableFile, Machine } from '../../machine/Machine.ts'
import type { LogPosition } from './blockLogReader.ts'
import { encodeRedoHead, listRedo, redoName } from './redoFile.ts'

/** A frame holds so many bytes of write sets, about, unless said otherwise: what lies behind the last is executed. */
const redoBytesDefault = 1_048_576
/** So many bytes may wait for the disk: a mirror that has just loaded catches up in a burst. */
const waitingBytesMax = 134_217_728

export type RedoLogOptions = {
  readonly machine: Pick<Machine, 'disk' | 'logger'>
  /** The data directory. */
  readonly home: string
  readonly genesis: Hash.Hash
  /** Where the mirror begins. */
  readonly start: Head
  readonly redoBytes?: number | undefined
  readonly hasRoom: (bytes: number) => boolean
}

/** The end of a frame, as the mirror is told of it. */
export type FrameEnd = { readonly head: Uint8Array; readonly file: number }

export class RedoLog {
  readonly #options: RedoLogOptions
  #start: Hash.Hash
  /** The height that the file bears in which frames end now. */
  #height: number
  #bytes = 0
  /** What is being written, and to which file. */
  #file: { readonly height: number; readonly open: DurableFile; at: number } | undefined
  #writing: Promise<void> = Promise.resolve()
  #waitingBytes = 0
  /** The file that goes no further: something of it is missing. */
  #brokenAt: number | undefined
  /** Frames that the mirror was told to end and that did not come yet. */
  #awaited = 0
  #onTaken: PromiseWithResolvers<void> | undefined

  constructor(options: RedoLogOptions) {
    this.#options = options
    this.#start = options.start.blockHash
    this.#height = options.start.height
  }

  /** Counts a write set that the mirror was fed. */
  count(bytes: number): void {
    this.#bytes += bytes
  }

  /** Whether a frame is long enough to end behind the block that is durable. */
  get isDue(): boolean {
    return this.#bytes >= (this.#options.redoBytes ?? redoBytesDefault)
  }

  /** The end of a frame behind a block that is durable; undefined when none came since the last. */
  end(head: Head, position: LogPosition): FrameEnd | undefined {
    const start = this.#start
    if (start === head.blockHash) return undefined
    this.#awaited++
    this.#bytes = 0
    this.#start = head.blockHash
    return { head: encodeRedoHead({ genesis: this.#options.genesis, start, head, position }), file: this.#height }
  }

  /** What follows goes into a file of this height, since there will be a checkpoint of it. */
  turnTo(height: number): void {
    this.#height = height
  }

  /** Takes a frame; undefined: it was too long. */
  take(frame: Uint8Array | undefined, height: number): void {
    this.#awaited--
    if (this.#awaited === 0) this.#onTaken?.resolve()
    if (this.#brokenAt === height) return
    const bytes = frame?.length ?? 0
    if (frame === undefined || this.#waitingBytes + bytes > waitingBytesMax || !this.#options.hasRoom(bytes)) {
      this.#break(new Error('There is no room for them.'), height)
      return
    }
    this.#waitingBytes += bytes
    this.#writing = this.#writing
      .then(() => this.#write(frame, height))
      .catch((error: unknown) => this.#break(error, height))
  }

  /** Takes away the files that no checkpoint from this height on needs. */
  async prune(lowest: number): Promise<void> {
    const { machine, home } = this.#options
    for (const height of await listRedo(machine.disk, home))
      if (height < lowest) await machine.disk.remove(`${home}/${redoName(height)}`)
  }

  /** Resolves when every frame that was ended has come. */
  async taken(): Promise<void> {
    if (this.#awaited === 0) return
    this.#onTaken ??= Promise.withResolvers()
    await this.#onTaken.promise
  }

  /** No frames come any more. */
  giveUp(): void {
    this.#awaited = 0
    this.#onTaken?.resolve()
  }

  /** Resolves when nothing is being written any more. */
  async close(): Promise<void> {
    await this.#writing
    await this.#file?.open.close()
    this.#file = undefined
  }

  async #write(frame: Uint8Array, height: number): Promise<void> {
    this.#waitingBytes -= frame.length
    if (this.#brokenAt === height) return
    if (this.#file?.height !== height) await this.#begin(height)
    const file = this.#file!
    await file.open.write(frame, file.at)
    file.at += frame.length
  }

  async #begin(height: number): Promise<void> {
    const { machine, home } = this.#options
    const path = `${home}/${redoName(height)}`
    await this.#file?.open.close()
    this.#file = undefined
    await machine.disk.remove(path) // Of a run that came no further than this one began.
    await machine.disk.createFilled({ path, bytes: 0, head: new Uint8Array(0) })
    this.#file = { height, open: await machine.disk.open(path), at: 0 }
  }

  #break(error: unknown, height: number): void {
    this.#brokenAt = height
    this.#options.machine.logger.warn('Write sets could not be kept; until the next checkpoint a start takes longer.', {
      error,
    })
  }
}
