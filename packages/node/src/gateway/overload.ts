// Bounds on the requests in progress, so that a flood is turned away at once instead of making everybody late, and on what those
// hold who send slowly (T152, T154).
import type { Clock } from '../machine/Machine.ts'
import { createSources, shareOf } from '../machine/sources.ts'
import { Problem } from './problem.ts'

/** A request on its way to a place among those in progress. */
export type Entry = {
  /** Takes the place, once the request is whole: whoever sends slowly takes none from others. @throws Problem 503 */
  take(): void
  /** Gives the place back, if it was taken. */
  leave(): void
}

/** Admits work while there is room. */
export type Gate = {
  /**
   * Looks whether there is room now, before a body is read: in all, and of the share of its source. Operators find some when all
   * others are turned away; who is one is asked only then.
   *
   * @throws Problem 503
   */
  open(source: string, isOperator: () => boolean): Entry
  /** How much is in progress, and how many were turned away since the start. */
  readonly status: () => { readonly inProgress: number; readonly turnedAway: number }
}

/** Places that only operators get, so that a node can be looked after while it is flooded. */
const reserved = 32

/** A gate that lets `max` pieces of work through at a time, and a few of operators beyond. */
export function createGate(max: number): Gate {
  const sources = createSources(shareOf(max))
  let inProgress = 0
  let turnedAway = 0
  return {
    open(source, isOperator) {
      const isFull = (): boolean => inProgress >= max || sources.isFull(source)
      const goesFirst = isFull() && isOperator()
      const requireRoom = (): void => {
        if (goesFirst ? inProgress < max + reserved : !isFull()) return
        turnedAway++
        throw overloaded()
      }
      requireRoom()
      let isInside = false
      let isCounted = false
      return {
        take() {
          requireRoom()
          inProgress++
          isInside = true
          isCounted = sources.enter(source)
        },
        leave() {
          if (isInside) inProgress--
          if (isCounted) sources.leave(source)
          isInside = isCounted = false
        },
      }
    },
    status: () => ({ inProgress, turnedAway }),
  }
}

/** Bodies up to here are not counted: even one on every connection is little. */
const smallBytesMax = 16_384
/** What all larger bodies that are being read may have together. */
const largeBytesMax = 67_108_864

/** Room for bodies that are being read. */
export type BodyRoom = {
  /** Reads a body of so many bytes, as its sender says. @throws Problem 503 */
  read(bytes: number, run: () => Promise<string>): Promise<string>
}

/** Counts large bodies by their announced size; small ones pass. */
export function createBodyRoom(bytesMax = largeBytesMax): BodyRoom {
  let reading = 0
  return {
    async read(bytes, run) {
      if (bytes <= smallBytesMax) return run()
      if (reading + bytes > bytesMax) throw overloaded()
      reading += bytes
      try {
        return await run()
      } finally {
        reading -= bytes
      }
    },
  }
}

/** The longest that the answer to a request that was turned away waits, in ms. Whoever heeds it waits as long anyway. */
const heldMaxMs = 1_000

/**
 * Holds answers to requests that were turned away: the more of them wait, the longer. Answered at once, a crowd that comes again at
 * once keeps the node busy with turning it away, and what it does take gets a tenth of the machine.
 */
export function createBrake(clock: Pick<Clock, 'after'>): () => Promise<void> {
  let held = 0
  return () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    clock.after(Math.min(held++, heldMaxMs), () => {
      held--
      resolve()
    })
    return promise
  }
}

/** Whether a request was turned away because there is too much to do. */
export function isOverload(error: unknown): boolean {
  return error instanceof Problem && error.code === overloadedCode
}

const overloadedCode = 'gateway/overloaded'

function overloaded(): Problem {
  return new Problem({
    status: 503,
    code: overloadedCode,
    detail:
      'The node has as many requests in progress as it takes, in all or of one source. This one was not looked at.',
    hint: 'Send it again after a moment.',
    headers: { 'retry-after': '1' },
  })
}
