// Threads of a simulated machine: each runs its module in this process, behind a channel that delivers its messages when the seed
// says so. What is posted is cloned, as between real threads, so that nothing can be shared by mistake.
import type { Port, RunThread, Thread, ThreadEvents, Threads } from '@turnpike/node'
import type { Schedule } from './schedule.ts'
import { settle } from './schedule.ts'

type ThreadMachine = Parameters<RunThread>[0]['machine']

export type ThreadsOptions = {
  readonly schedule: Schedule
  /** What a thread may use. */
  readonly machine: () => ThreadMachine
  readonly cores: number
}

/** Threads whose order the schedule decides. */
export function createThreads({ schedule, machine, cores }: ThreadsOptions): Threads {
  let count = 0
  return {
    cores,
    spawn(module) {
      count += 1
      const name = `${module.pathname
        .split('/')
        .at(-1)!
        .replace(/\.[jt]s$/, '')} ${count}`
      return new ModelThread({ module, name, schedule, machine: machine() })
    },
  }
}

type Parts = {
  readonly module: URL
  readonly name: string
  readonly schedule: Schedule
  readonly machine: ThreadMachine
}
type Listeners = { readonly [E in keyof ThreadEvents]: ((value: ThreadEvents[E]) => void)[] }

class ModelThread implements Thread {
  readonly #parts: Parts
  readonly #listeners: Listeners = { message: [], error: [], exit: [] }
  /** What was posted before the module listened. */
  readonly #early: unknown[] = []
  #hear: ((message: unknown) => void | Promise<void>) | undefined
  #state: 'running' | 'closed' | 'ended' = 'running'

  constructor(parts: Parts) {
    this.#parts = parts
    this.#post('in', 'starts', () => this.#start())
  }

  postMessage(message: unknown, transfer: readonly ArrayBufferLike[] = []): void {
    const sent = clone(message, transfer)
    this.#post('in', 'hears', () => this.#deliver(sent))
  }

  on<E extends keyof ThreadEvents>(event: E, listener: (value: ThreadEvents[E]) => void): void {
    this.#listeners[event].push(listener)
  }

  terminate(): Promise<void> {
    if (this.#state === 'ended') return Promise.resolve()
    const ended = new Promise<void>((resolve) => this.#listeners.exit.push(() => resolve()))
    this.#post('in', 'is terminated', () => this.#end(1))
    return ended
  }

  async #start(): Promise<void> {
    const { module, name, machine, schedule } = this.#parts
    const { run } = (await import(module.href)) as { readonly run?: RunThread }
    if (run === undefined) throw new Error(`${name} exports no run, so it can't be simulated.`)
    // What a module does at its start (compiling code) may take real time; the schedule waits, unless it is what the module waits for.
    const before = schedule.waiting
    const progress = { isDone: false }
    const done = this.#try(() => run({ port: this.#port(), machine })).then(() => void (progress.isDone = true))
    await settle()
    while (!progress.isDone && schedule.waiting <= before) await settle()
    if (progress.isDone) await done
  }

  #port(): Port {
    return {
      postMessage: (message, transfer = []) => {
        const sent = clone(message, transfer)
        this.#post('out', 'says', () => {
          for (const listener of this.#listeners.message) listener(sent)
        })
      },
      on: (_event, listener) => {
        this.#hear = listener
        for (const message of this.#early.splice(0)) this.#deliver(message)
      },
      close: () => {
        this.#state = 'closed'
        this.#post('out', 'ends', () => this.#end(0))
      },
    }
  }

  #deliver(message: unknown): void {
    if (this.#state !== 'running') return
    if (this.#hear === undefined) this.#early.push(message)
    else void this.#try(() => this.#hear!(message))
  }

  /** What is thrown in a thread ends it. */
  async #try(work: () => Promise<void> | void): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#state = 'closed'
    this.#post('out', 'fails', () => {
      for (const listener of this.#listeners.error) listener(error)
      this.#end(1)
    })
  }

  #end(code: number): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    for (const listener of this.#listeners.exit) listener(code)
  }

  #post(way: 'in' | 'out', what: string, run: () => void | Promise<void>): void {
    const { name, schedule } = this.#parts
    const kind = name.split(' ')[0]!
    schedule.post({
      channel: `thread-${way} ${name}`,
      label: `thread: ${kind} ${what}`,
      run: () => (this.#state === 'ended' ? undefined : run()),
    })
  }
}

function clone(message: unknown, transfer: readonly ArrayBufferLike[]): unknown {
  const handed = transfer.filter((buffer): buffer is ArrayBuffer => buffer instanceof ArrayBuffer)
  return structuredClone(message, { transfer: handed })
}
