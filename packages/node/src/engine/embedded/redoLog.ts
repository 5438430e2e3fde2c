// Keeps the write sets that the mirror follows, in redo files, in its thread. Whatever fails costs the next start time,
// until a checkpoint begins a new file.
import type { ImageTable } from '@turnpike/chain'
import type { DurableFile, ThreadMachine } from '../../machine/Machine.ts'
import { encodeRedo, hashLayout, redoBytesMax, redoName } from './redoFile.ts'
import type { RedoHead } from './redoFile.ts'

/** When so many bytes wait for the disk, whoever brings more is held up. */
const waitingBytesMax = 67_108_864
/** So much is written at once, durably. */
const writeBytes = 1_048_576

/** Where a frame begins and ends. */
export type FrameEnd = Omit<RedoHead, 'layout'>

export type RedoLogOptions = {
  readonly tables: readonly ImageTable[]
  readonly machine: Pick<ThreadMachine, 'disk' | 'hashes'>
  /** The data directory. */
  readonly home: string
  /** The height that the first write set follows, whose file is begun. */
  readonly height: number
  /** Told when write sets are missing, so that the file goes no further. */
  readonly onLost: (error: unknown) => void
}

type Frame = { readonly end: FrameEnd; readonly parts: readonly Uint8Array[]; readonly bytes: number }

export class RedoLog {
  readonly #options: RedoLogOptions
  readonly #layout: RedoHead['layout']
  /** Write sets since the last end of a frame. */
  #since: Uint8Array[] = []
  #sinceBytes = 0
  /** The height that the file bears in which frames end now. */
  #height: number
  /** What is being written, and to which file. */
  #file: { readonly height: number; readonly open: DurableFile; at: number } | undefined
  #writing: Promise<void> = Promise.resolve()
  #waitingBytes = 0
  /** The file that goes no further. */
  #lostAt: number | undefined

  constructor(options: RedoLogOptions) {
    this.#options = options
    this.#layout = hashLayout(options.tables, options.machine.hashes)
    this.#height = options.height
  }

  /** Keeps write sets, each `length u32 ‖ bytes`. */
  gather(writes: Uint8Array): void {
    this.#sinceBytes += writes.length
    if (this.#sinceBytes <= redoBytesMax) this.#since.push(writes)
    else this.#since = []
  }

  /** What was gathered since the last end is a frame. The blocks in it are durable. */
  end(end: FrameEnd): void {
    const frame = { end, parts: this.#since, bytes: this.#sinceBytes }
    ;[this.#since, this.#sinceBytes] = [[], 0]
    const height = this.#height
    if (this.#lostAt === height) return
    if (frame.bytes > redoBytesMax) return this.#lose(new Error(`There are ${frame.bytes} bytes of them.`), height)
    this.#waitingBytes += frame.bytes
    this.#writing = this.#writing
      .then(() => this.#write(frame, height))
      .catch((error: unknown) => this.#lose(error, height))
  }

  /** Undefined, or what to wait for when too much waits for the disk. */
  room(): Promise<void> | undefined {
    return this.#waitingBytes < waitingBytesMax ? undefined : this.#writing
  }

  /** What follows goes into a file of this height, since there will be a checkpoint of it. */
  turnTo(height: number): void {
    this.#height = height
  }

  /** Resolves when every frame that was ended is on the disk. */
  async close(): Promise<void> {
    await this.#writing
    await this.#file?.open.close()
    this.#file = undefined
  }

  async #write({ end, parts, bytes }: Frame, height: number): Promise<void> {
    this.#waitingBytes -= bytes
    if (this.#lostAt === height) return
    if (this.#file?.height !== height) await this.#begin(height)
    const file = this.#file!
    const frame = encodeRedo({ ...end, layout: this.#layout }, { parts, hashes: this.#options.machine.hashes })
    for (let from = 0; from < frame.length; from += writeBytes) {
      const part = frame.subarray(from, from + writeBytes)
      await file.open.write(part, file.at)
      file.at += part.length
    }
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

  #lose(error: unknown, height: number): void {
    this.#lostAt = height
    this.#options.onLost(error)
  }
}
