// A clock for tests that moves when it is told to, so that nothing that takes time has to be waited for.
import { setImmediate } from 'node:timers'
import type { Clock, Ms } from '../src/machine/Machine.ts'

export type ManualClock = Clock & {
  /** Moves the clock; what falls due meanwhile runs, in order. */
  move(byMs: Ms): void
}

/** A clock that shows the given time. */
export function createManualClock(start: Ms): ManualClock {
  let [now, elapsed] = [start, 0]
  const timers = new Set<{ readonly at: Ms; readonly run: () => void }>()
  return {
    now: () => now,
    elapsed: () => elapsed,
    after(delayMs, run) {
      const timer = { at: elapsed + delayMs, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    move(byMs) {
      now += byMs
      elapsed += Math.max(0, byMs)
      const due = [...timers].filter(({ at }) => at <= elapsed).toSorted((a, b) => a.at - b.at)
      for (const timer of due) {
        timers.delete(timer)
        timer.run()
      }
    },
  }
}
