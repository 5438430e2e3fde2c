// How answers and errors are printed: one line of JSON for scripts, text for people, and nothing a terminal could take as an order.

/** JSON without the values that JSON does not have. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** An error as it is printed. */
export type Told = {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly retry?: string
  readonly values?: Json
}

// Everything that moves the cursor, colours, hides or reorders text, but for the end of a line (T103, T104).
const unprintable = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu

/** Text from elsewhere as a terminal may show it. */
export function printable(text: string): string {
  return text.replace(unprintable, '\uFFFD')
}

/** Anything as JSON: amounts become decimal strings, what is undefined disappears. */
export function toJson(value: unknown): Json {
  return JSON.parse(
    JSON.stringify(value ?? null, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part)),
  ) as Json
}

function textOf(error: object, name: string): string | undefined {
  const value = (error as Record<string, unknown>)[name]
  return typeof value === 'string' ? value : undefined
}

/** What an error says. One without a code is a mistake of ours. */
export function tell(error: unknown): Told {
  if (!(error instanceof Error))
    return { code: 'cli/internal', message: String(error), hint: 'Report this as a mistake of the program.' }
  const code = textOf(error, 'code')
  if (code === undefined || !code.includes('/')) {
    return {
      code: 'cli/internal',
      message: error.message,
      hint: 'Report this as a mistake of the program, with what you called.',
    }
  }
  const values = (error as unknown as Record<string, unknown>)['values']
  const retry = textOf(error, 'retry')
  return {
    code,
    message: error.message,
    hint: textOf(error, 'hint') ?? '',
    ...(retry !== undefined && { retry }),
    ...(values !== undefined && { values: toJson(values) }),
  }
}

/** An error for people: what happened, what to do, and the code to search for. */
export function errorText({ code, message, hint }: Told): string {
  const lines = hint === '' ? [message, `(${code})`] : [message, `${hint} (${code})`]
  return `${printable(lines.join('\n'))}\n`
}

/** One line of JSON. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(toJson(value))}\n`
}

/** Rows in columns: the first left, as wide as its widest cell. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`.trimEnd()).join('\n')
}
