// Why signatures were not judged. None of these says anything about a signature: the same bytes may hold later.

/** What can go wrong around verification, stable for ever. */
export type VerifierCode =
  | 'signatures/overloaded'
  | 'signatures/worker_failed'
  | 'signatures/native_missing'
  | 'signatures/closed'

const hints: { readonly [code in VerifierCode]: string } = {
  'signatures/overloaded': 'Send the same bytes again after a moment.',
  'signatures/worker_failed': 'The process ends, for it cannot judge signatures any more; start it again.',
  'signatures/native_missing':
    'Run on linux-x64, darwin-arm64 or win32-x64, or accept the portable verifier, which is about 25 times slower.',
  'signatures/closed': 'The node is stopping; send the same bytes again when it is back.',
}

/** Signatures could not be judged. */
export class VerifierError extends Error {
  override readonly name = 'VerifierError'
  readonly code: VerifierCode
  readonly retry = 'later'
  readonly hint: string

  constructor(code: VerifierCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options)
    this.code = code
    this.hint = hints[code]
  }
}
