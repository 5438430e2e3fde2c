// What a user can cause. A refusal undoes its operation and reaches the caller with a stable code, its values and a hint.

/** `module/snake_case`, stable for ever, the same string at every edge. */
export type Code = `${string}/${string}`

/** Whether the same bytes may succeed: never; later, by waiting or funding; after an approval; after a change by the owner. */
export const retries = ['never', 'later', 'approval', 'owner'] as const
export type Retry = (typeof retries)[number]

/** What caused a refusal. Amounts are bigint base units (or cap units where the text says so), times milliseconds. */
export type Values = { readonly [name: string]: string | number | bigint | undefined }

/** A row of a module's code table. `{name}` in the text stands for a value. */
export type CodeRow = { readonly text: string; readonly hint: string; readonly retry: Retry }

/** A code as receipts and reference pages know it. */
export type CodeDefinition = CodeRow & { readonly code: Code; readonly number: number }

/** Fills the `{name}` places of a text; done by hand since `chain` uses no regular expressions. */
function fill(text: string, values: Values): string {
  let filled = ''
  for (let at = 0; at < text.length;) {
    const open = text.indexOf('{', at)
    const close = open < 0 ? -1 : text.indexOf('}', open)
    if (close < 0) return filled + text.slice(at)
    const value = values[text.slice(open + 1, close)]
    filled += text.slice(at, open) + (value === undefined ? 'unknown' : String(value))
    at = close + 1
  }
  return filled
}

/** What a user can cause: the operation's writes are undone and the chain keeps nothing. Anything else thrown halts the node. */
export class Refusal extends Error {
  readonly code: Code
  readonly number: number
  readonly values: Values
  readonly hint: string
  readonly retry: Retry

  constructor(definition: CodeDefinition, values: Values, retry: Retry = definition.retry) {
    super(fill(definition.text, values))
    this.name = 'Refusal'
    this.code = definition.code
    this.number = definition.number
    this.values = values
    this.hint = fill(definition.hint, values)
    this.retry = retry
  }
}

/** The codes of one module and the functions that throw and build them. */
export type Refusals<Name extends string> = {
  readonly table: readonly CodeDefinition[]
  /** @throws Refusal always. `retry` overrides the row's where the case decides it. */
  refuse(name: Name, values?: Values, retry?: Retry): never
  /** The refusal itself, for those who answer instead of throwing. */
  refusal(name: Name, values?: Values, retry?: Retry): Refusal
}

/**
 * Declares the codes of a module. A code's number is module number × 256 + its place in the table (from 1),
 * so rows are only ever added at the end (shapes 4).
 */
export function refusals<const T extends { readonly [name: string]: CodeRow }>(
  module: string,
  moduleNumber: number,
  rows: T,
): Refusals<keyof T & string> {
  const table = Object.entries(rows).map(([name, row], i): CodeDefinition => ({
    ...row,
    code: `${module}/${name}`,
    number: moduleNumber * 256 + i + 1,
  }))
  const byName = new Map(Object.keys(rows).map((name, i) => [name, table[i]!]))
  const refusal = (name: keyof T & string, values: Values = {}, retry?: Retry): Refusal =>
    new Refusal(byName.get(name)!, values, retry)
  return {
    table,
    refusal,
    refuse(name, values, retry) {
      throw refusal(name, values, retry)
    },
  }
}

/** The codes that belong to no module: bytes or JSON that are no operation. */
export const wireRefusals: Refusals<'malformed' | 'amount_invalid' | 'not_found' | 'unsupported'> = refusals(
  'wire',
  0,
  {
    malformed: {
      text: 'This is not a well-formed operation: {problem}.',
      hint: 'Compare the bytes or fields with the reference of the message.',
      retry: 'never',
    },
    amount_invalid: {
      text: 'The amount {amount} is not valid here: {problem}.',
      hint: 'Use base units as a decimal integer, at least 1 and at most 2^128 - 1.',
      retry: 'never',
    },
    not_found: { text: 'There is no {what} called {name}.', hint: 'The reference lists every name.', retry: 'never' },
    unsupported: {
      text: '{what} is not supported.',
      hint: 'The reference lists what this version supports.',
      retry: 'never',
    },
  },
)
