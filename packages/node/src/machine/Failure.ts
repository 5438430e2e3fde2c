// What an operator has to put right before the node can run: another process, a damaged file, a disk that fails.
// Unlike a refusal it is nobody's operation that is turned down, it is the node that cannot go on.

/** A failure with a stable code, the values that caused it, and what to do. */
export class Failure extends Error {
  override readonly name: string = 'Failure'
  /** `room/snake_case`, stable for ever. */
  readonly code: string
  readonly values: { readonly [name: string]: string | number }
  readonly hint: string

  constructor(options: FailureOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = options.code
    this.values = options.values
    this.hint = options.hint
  }
}

export type FailureOptions = {
  readonly code: string
  /** One sentence with the values. */
  readonly message: string
  readonly values: { readonly [name: string]: string | number }
  readonly hint: string
  readonly cause?: unknown
}
