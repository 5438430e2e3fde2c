// What the command line itself has to turn down; everything else arrives as an error with a code of its own.

/** An error with a stable code and a hint, as every edge shows them. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: string
  readonly hint: string

  constructor({
    code,
    message,
    hint,
    cause,
  }: {
    readonly code: string
    readonly message: string
    readonly hint: string
    readonly cause?: unknown
  }) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.hint = hint
  }
}

/** The command was written wrongly: exit code 2. */
export function usageError(message: string, hint: string): CliError {
  return new CliError({ code: 'cli/usage', message, hint })
}
