// A bound on the requests in progress, so that a flood is turned away at once instead of making everybody late (T152, T154).
import { Problem } from './problem.ts'

/** Admits work while there is room. */
export type Gate = {
  /** Runs the work, or turns it away. @throws Problem 503 */
  pass<T>(work: () => Promise<T> | T): Promise<T>
  /** How much is in progress, and how many were turned away since the start. */
  readonly status: () => { readonly inProgress: number; readonly turnedAway: number }
}

/** A gate that lets `max` pieces of work through at a time. */
export function createGate(max: number): Gate {
  let inProgress = 0
  let turnedAway = 0
  return {
    async pass(work) {
      if (inProgress >= max) {
        turnedAway++
        throw overloaded()
      }
      inProgress++
      try {
        return await work()
      } finally {
        inProgress--
      }
    },
    status: () => ({ inProgress, turnedAway }),
  }
}

function overloaded(): Problem {
  return new Problem({
    status: 503,
    code: 'gateway/overloaded',
    detail: 'The node has as many requests in progress as it takes. This one was not looked at.',
    hint: 'Send it again after a moment.',
    headers: { 'retry-after': '1' },
  })
}
