// Why an operation was not ordered. It says nothing about the operation: the same bytes may succeed later.

/** What can go wrong around ordering, stable for ever. */
export type EngineCode = 'engine/stopped' | 'engine/overloaded' | 'node/read_only'

const texts: { readonly [code in EngineCode]: { readonly message: string; readonly hint: string } } = {
  'engine/stopped': {
    message: 'The node is stopping, or has stopped; the outcome is unknown.',
    hint: 'Send the same bytes again when the node is back: what succeeded is answered again, nothing happens twice.',
  },
  'engine/overloaded': {
    message: 'More operations wait for a block than the node takes.',
    hint: 'Send the same bytes again after a moment.',
  },
  'node/read_only': {
    message: 'The node takes no operations at the moment: its disk is nearly full. Nothing was done.',
    hint: 'Send the same bytes again later. The operator makes room on the disk; the node goes on by itself.',
  },
}

/** An operation was not ordered, or nobody knows whether it was. */
export class EngineFailure extends Error {
  override readonly name = 'EngineFailure'
  readonly code: EngineCode
  readonly retry = 'later'
  readonly hint: string

  constructor(code: EngineCode, options?: { readonly cause: unknown }) {
    super(texts[code].message, options)
    this.code = code
    this.hint = texts[code].hint
  }
}
