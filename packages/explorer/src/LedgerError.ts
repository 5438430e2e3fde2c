// What can go wrong between a page and the node, always with a code and a hint.

/** When the same request can succeed. */
export type Retry = 'never' | 'later' | 'approval' | 'owner'

/** A refusal of the ledger, or a failure to reach it, as the pages show it. */
export class LedgerError extends Error {
  /** `module/snake_case`; `page/…` for what happened on this side. */
  readonly code: string
  /** What to do about it. */
  readonly hint: string
  readonly retry: Retry
  /** Where a search goes on that was cut. */
  readonly cursor: string | undefined

  constructor(of: {
    readonly code: string
    readonly message: string
    readonly hint: string
    readonly retry: Retry
    readonly cursor?: string | undefined
  }) {
    super(of.message)
    this.name = 'LedgerError'
    this.code = of.code
    this.hint = of.hint
    this.retry = of.retry
    this.cursor = of.cursor
  }
}

/** Any thrown value as an error that can be shown. */
export function toLedgerError(cause: unknown): LedgerError {
  if (cause instanceof LedgerError) return cause
  return new LedgerError({
    code: 'page/unreachable',
    message: 'The node does not answer.',
    hint: 'Start it again; the page connects by itself.',
    retry: 'later',
  })
}

/** The retry class that a text names; `later` when it names none. */
export function parseRetry(value: unknown): Retry {
  return value === 'never' || value === 'approval' || value === 'owner' ? value : 'later'
}
