// What happens next on a simulated machine. Everything that takes time there (disk calls, messages between threads, timers) is a
// step that waits here; a seed picks which one comes next, so every interleaving can be had, and had again.
import { setImmediate } from 'node:timers'
import type { Clock } from '@turnpike/node'
import type { Random } from '../random.ts'

/** A step: `channel` keeps order among its own, `label` says what it is for coverage. */
export type Step = {
  readonly channel: string
  readonly label: string
  readonly run: () => void | Promise<void>
}

export type ScheduleOptions = {
  readonly random: Random
  /** What the wall clock shows at first, in ms. */
  readonly now: number
}

type Timer = { readonly at: number; readonly run: () => void }

/** The most that passes while a step is carried out, in ms. */
const stepMs = 3
/** How many channels of ten are slow in a run: what waits in them is seldom picked while something else is ready. */
const slowPercent = 20

/** Resolves when every promise that could settle has. */
export function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}

/** The steps of one machine, and its time. */
export class Schedule {
  /** Steps carried out. */
  steps = 0
  /** What the last step was. */
  last = 'nothing'
  readonly #random: Random
  readonly #channels = new Map<string, Step[]>()
  readonly #timers = new Set<Timer>()
  readonly #slow = new Map<string, boolean>()
  #elapsed = 0
  #wall: number
  #stopped = false

  constructor({ random, now }: ScheduleOptions) {
    this.#random = random
    this.#wall = now
  }

  /** Lets a step wait for its turn. */
  post(step: Step): void {
    if (this.#stopped) return
    const waiting = this.#channels.get(step.channel)
    if (waiting === undefined) this.#channels.set(step.channel, [step])
    else waiting.push(step)
  }

  /** Steps that wait, timers not counted. */
  get waiting(): number {
    let count = 0
    for (const steps of this.#channels.values()) count += steps.length
    return count
  }

  /** Carries out one step, and whatever follows from it at once; false when nothing waits at all. */
  async step(): Promise<boolean> {
    await settle()
    this.#pass(this.#random.int(stepMs * 100) / 100)
    const next = this.#take()
    if (next === undefined) return false
    this.steps += 1
    this.last = next.label
    await next.run()
    await settle()
    return true
  }

  /** Moves the wall clock, and no other: as an operator does, or a time server. */
  jump(byMs: number): void {
    this.#wall += byMs
  }

  get now(): number {
    return Math.floor(this.#wall)
  }

  /** The power is gone: nothing that waits happens any more, and nothing new either. */
  stop(): void {
    this.#stopped = true
    this.#channels.clear()
    this.#timers.clear()
  }

  /** The clock as the node sees it. */
  get clock(): Clock {
    return {
      now: () => this.now,
      elapsed: () => this.#elapsed,
      after: (delayMs, run) => {
        const timer = { at: this.#elapsed + Math.max(0, delayMs), run }
        if (!this.#stopped) this.#timers.add(timer)
        return () => void this.#timers.delete(timer)
      },
      turn: () =>
        new Promise((resolve) => {
          this.post({ channel: 'turn', label: 'a turn of the loop', run: resolve })
        }),
    }
  }

  #pass(ms: number): void {
    this.#elapsed += ms
    this.#wall += ms
  }

  /** A step of a channel, or the earliest timer that is due; when nothing is ready, time passes until a timer is. */
  #take(): Step | undefined {
    const names = [...this.#channels.keys()]
    const quick = names.filter((name) => !this.#isSlow(name) || this.#random.percent(10))
    const timer = this.#earliest()
    const isDue = timer !== undefined && timer.at <= this.#elapsed
    if (names.length === 0 && timer === undefined) return undefined
    if (names.length === 0 || (isDue && this.#random.percent(50))) return this.#ring(timer!)
    const name = this.#random.pick(quick.length === 0 ? names : quick)
    const steps = this.#channels.get(name)!
    const step = steps.shift()!
    if (steps.length === 0) this.#channels.delete(name)
    return step
  }

  #isSlow(channel: string): boolean {
    const kind = channel.split(' ')[0]!
    const known = this.#slow.get(kind)
    if (known !== undefined) return known
    const isSlow = this.#random.split(`slow ${kind}`).percent(slowPercent)
    this.#slow.set(kind, isSlow)
    return isSlow
  }

  #earliest(): Timer | undefined {
    let earliest: Timer | undefined
    for (const timer of this.#timers) if (earliest === undefined || timer.at < earliest.at) earliest = timer
    return earliest
  }

  #ring(timer: Timer): Step {
    this.#timers.delete(timer)
    this.#pass(Math.max(0, timer.at - this.#elapsed))
    return { channel: 'timers', label: 'a timer', run: timer.run }
  }
}
