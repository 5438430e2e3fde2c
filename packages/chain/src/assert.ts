// What must be true. A failed assertion is our bug, never a user's doing: the node halts rather than commit what it does not understand.

/** Thrown by `assert`; nobody catches it below the engine. */
class AssertionError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'AssertionError'
  }
}

/** @throws AssertionError unless the condition holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}
