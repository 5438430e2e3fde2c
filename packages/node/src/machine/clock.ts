// The real clock.
import { performance } from 'node:perf_hooks'
import { setImmediate, setTimeout, clearTimeout } from 'node:timers'
import type { Clock, Ms } from './Machine.ts'

/** The longest delay a timer of the runtime can hold; a longer one would fire at once. */
const TIMER_MAX_MS = 2_147_483_647

/** The time of this machine. */
export function createClock(): Clock {
  return {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    after,
    turn: () => new Promise((resolve) => setImmediate(resolve)),
  }
}

function after(delayMs: Ms, run: () => void): () => void {
  let left = Math.max(0, Math.ceil(delayMs))
  let timer: NodeJS.Timeout
  const next = (): void => {
    const step = Math.min(left, TIMER_MAX_MS)
    left -= step
    timer = setTimeout(left > 0 ? next : run, step)
  }
  next()
  return () => clearTimeout(timer)
}
