// How much a question to history may cost: a scan that finds nothing is cut, and can be gone on with.
import { Refusal } from '@turnpike/chain/wire'
import type { Clock, Ms } from '../machine/Machine.ts'

/** What one question may look at, and for how long. */
export type QuestionLimits = { readonly rows: number; readonly durationMs: Ms }
export const questionLimits: QuestionLimits = { rows: 50_000, durationMs: 100 }

/** What is left of what a question may cost. */
export class Budget {
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #until: Ms
  #rows: number

  constructor(clock: Pick<Clock, 'elapsed'>, { rows, durationMs }: QuestionLimits) {
    this.#clock = clock
    this.#until = clock.elapsed() + durationMs
    this.#rows = rows
  }

  /** Counts rows that were looked at; whether nothing is left. */
  spend(rows: number): boolean {
    this.#rows -= rows
    return this.#rows <= 0 || this.#clock.elapsed() > this.#until
  }
}

const cursorVersion = 1
export const cursorBytes = 9

/** Where to go on: before a sequence. Opaque to whoever gets it, and it means the same for ever. */
export function encodeCursor(before: number): Uint8Array {
  const bytes = new Uint8Array(cursorBytes)
  bytes[0] = cursorVersion
  new DataView(bytes.buffer).setBigUint64(1, BigInt(before))
  return bytes
}

/** The sequence of a cursor; undefined when it is none of ours. */
export function decodeCursor(bytes: Uint8Array): number | undefined {
  if (bytes.length !== cursorBytes || bytes[0] !== cursorVersion) return undefined
  const before = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(1))
  return Number.isSafeInteger(before) ? before : undefined
}

/** A scan was cut before it found anything. */
export function tooSlow(cursor: string): Refusal {
  return new Refusal(
    {
      code: 'history/too_slow',
      number: 0,
      text: 'Nothing was found in as many receipts as one question may look at.',
      hint: 'Ask again with the cursor {cursor}: the search goes on where it was cut.',
      retry: 'later',
    },
    { cursor },
  )
}

/** The state names a receipt that history need not keep any more: of a cancellation, which is remembered for ever. */
export function dropped(sequence: number): Refusal {
  return new Refusal(
    {
      code: 'history/dropped',
      number: 0,
      text: 'This succeeded before, and its receipt ({sequence}) is older than what this node keeps.',
      hint: 'Nothing has to be done: it happened once and will not happen again.',
      retry: 'never',
    },
    { sequence },
  )
}
