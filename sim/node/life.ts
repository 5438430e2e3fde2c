// A whole node on a simulated machine, through all its lives: it starts, runs, dies at any step, and starts again on what is left.
// Everything of the node is real but for the machine: chain, engine, log, history, signatures, rails and gateway.
import { createConfig, openNode } from '@turnpike/node'
import type { OpenNode } from '@turnpike/node'
import type { Random } from '../random.ts'
import { createMachine, newRemains } from '../machine/machine.ts'
import type { Flaw } from '../machine/disk.ts'
import type { Remains, SimulatedMachine } from '../machine/machine.ts'

export type LifeOptions = {
  readonly random: Random
  /** What the clock shows at first, in ms. */
  readonly now: number
  /** The genesis document that the package brings. */
  readonly document: object
  /** How much log makes a checkpoint due. */
  readonly checkpointBytes: number
  readonly flaw?: Flaw | undefined
  readonly note: (name: string) => void
}

/** Where the data directory lies on every simulated disk. */
export const home = '/node'
/** With less room on the disk, a node may fail. */
export const plentyBytes: number = 2 ** 30
/** Small segments, so that a run fills many. */
const segmentBytes = 131_072

/** `stopped`: in order, and its process is still there; `ended`: no process. */
export type LifeState = 'starting' | 'running' | 'closing' | 'stopped' | 'ended'

/** What went wrong on purpose in this life. */
export type Hurt = Set<string>

/** One node and its machines, one after the other. */
export class Life {
  machine: SimulatedMachine
  node: OpenNode | undefined
  state: LifeState = 'ended'
  /** Why the node could not start or go on. */
  failure: unknown
  /** Steps of all machines. */
  steps = 0
  lives = 0
  /** Whether the node is stopped in order as soon as it is up. */
  isBrief = false
  hurt: Hurt = new Set()
  /** Resolves when this life ends, for whoever waits for an answer. */
  ended = Promise.withResolvers<undefined>()
  /** Resolves when the node takes requests. */
  up = Promise.withResolvers<OpenNode>()
  readonly #options: LifeOptions

  constructor(options: LifeOptions) {
    this.#options = options
    this.machine = this.#boot(newRemains(options.now))
  }

  /** Starts the node on the machine as it is. */
  start(): void {
    const { machine } = this
    this.lives += 1
    this.state = 'starting'
    this.failure = undefined
    this.node = undefined
    const isBeside = machine.disk.peekNames(home).some((name) => name.startsWith('checkpoint-'))
    this.#options.note(`starts: ${isBeside ? 'beside a checkpoint' : 'from the log alone'}`)
    const config = createConfig({ home, dev: true, logLevel: 'error' })
    const onFatal = (error: unknown): void => {
      if (machine === this.machine) this.failure ??= error
    }
    const { checkpointBytes } = this.#options
    openNode({
      config: { ...config, segmentBytes, checkpointBytes },
      machine,
      onFatal,
      onProgress: () => undefined,
    }).then(
      (node) => {
        if (machine !== this.machine) return
        this.node = node
        this.state = 'running'
        this.up.resolve(node)
      },
      (error: unknown) => {
        if (machine === this.machine) this.failure = error
      },
    )
  }

  /** One step of the machine. False when nothing waits there. */
  async step(): Promise<boolean> {
    const went = await this.machine.schedule.step()
    if (went) this.steps += 1
    return went
  }

  /** Ends the node in order; it has stopped when the state says so. */
  close(): void {
    const { machine, node } = this
    this.state = 'closing'
    node!.gateway.close()
    node!.close().then(
      () => {
        if (machine === this.machine) this.state = 'stopped'
      },
      (error: unknown) => {
        if (machine === this.machine) this.failure = error
      },
    )
  }

  /** The machine loses its power, or the process ends; the next start is on what is left. */
  crash(what: 'machine' | 'process'): void {
    this.#options.note(`crash of the ${what} at: ${this.machine.schedule.last}`)
    for (const call of this.machine.disk.underWay()) this.#options.note(`crash during: ${call}`)
    this.#noteLines()
    this.machine = this.#boot(this.machine.crash(what))
    // Whoever waits for a node that never came up waits for the next one.
    if (this.node !== undefined) this.up = Promise.withResolvers()
    this.state = 'ended'
    this.node = undefined
    this.failure = undefined
    // A disk that is full stays full; nothing else that was broken lasts.
    this.hurt = new Set(this.machine.disk.room < plentyBytes ? ['room'] : [])
    const { ended } = this
    this.ended = Promise.withResolvers()
    ended.resolve(undefined)
  }

  /** Lets go of what the run has on the real machine. */
  discard(): void {
    this.#noteLines()
    this.machine.crash('process').folder.remove()
  }

  /** The segments of the log, as they are on the disk now. */
  segments(): readonly Uint8Array[] {
    const { disk } = this.machine
    const names = disk.peekNames(`${home}/log`).filter((name) => /^[0-9]+\.log$/.test(name))
    return names.map((name) => disk.peek(`${home}/log/${name}`)!)
  }

  /** A small file of the data directory, as text. */
  read(name: string): string {
    const bytes = this.machine.disk.peek(`${home}/${name}`)
    if (bytes === undefined) throw new Error(`There is no ${name} in the data directory.`)
    return new TextDecoder().decode(bytes).trimEnd()
  }

  #noteLines(): void {
    for (const { level, message } of this.machine.lines) this.#options.note(`log ${level}: ${message}`)
  }

  #boot(from: Remains): SimulatedMachine {
    const { random, document, flaw } = this.#options
    const outside = (path: string): Uint8Array | undefined =>
      path.endsWith('/genesis/development.json') ? new TextEncoder().encode(JSON.stringify(document)) : undefined
    return createMachine({ random: random.split(`machine ${this.lives}`), from, outside, flaw })
  }
}
