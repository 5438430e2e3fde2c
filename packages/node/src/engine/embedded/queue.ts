// Operations that wait for a block: bounded, control operations first (decisions 10).
import type { ReceiptWithEvents, Repeat } from '@turnpike/chain'
import type { SignedOp } from '../Engine.ts'

/** The most operations in a block, and the most bytes of operations (decisions 5). */
export const blockOpsMax = 1_000
export const blockBytesMax = 1_048_576

/** An operation that waits, and whoever waits for its outcome. */
export type Waiting = SignedOp & {
  readonly resolve: (outcome: ReceiptWithEvents | Repeat) => void
  readonly reject: (error: Error) => void
}

/** First in, first out, in two classes. */
export class OpQueue {
  #control: Waiting[] = []
  #others: Waiting[] = []

  get size(): number {
    return this.#control.length + this.#others.length
  }

  push(waiting: Waiting): void {
    if (waiting.op.definition.control) this.#control.push(waiting)
    else this.#others.push(waiting)
  }

  /** What fits into the next block; at least one operation if any waits. */
  takeBlock(): readonly Waiting[] {
    const room = { ops: blockOpsMax, bytes: blockBytesMax }
    const control = takeWhile(this.#control, room)
    this.#control = this.#control.slice(control.length)
    if (this.#control.length > 0) return control
    const others = takeWhile(this.#others, room)
    this.#others = this.#others.slice(others.length)
    return control.length === 0 ? others : [...control, ...others]
  }

  /** Everything that waits. */
  takeAll(): readonly Waiting[] {
    const all = [...this.#control, ...this.#others]
    this.#control = []
    this.#others = []
    return all
  }
}

function takeWhile(from: readonly Waiting[], room: { ops: number; bytes: number }): readonly Waiting[] {
  let count = 0
  while (count < from.length && room.ops > 0) {
    const bytes = from[count]!.op.bytes.length
    if (bytes > room.bytes) break
    room.bytes -= bytes // No operation is longer than a block: 64 KiB against 1 MiB.
    room.ops -= 1
    count += 1
  }
  return from.slice(0, count)
}
