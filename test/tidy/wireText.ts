// Reads a module's wire.ts as text: which messages, events and codes it declares.
import { keysOf, scan } from './scan.ts'

/** What a module's wire.ts declares, read off its text. */
export type Wire = {
  readonly messages: readonly { readonly constant: string; readonly type: string }[]
  readonly events: readonly string[]
  readonly codes: readonly string[]
}

function declared(
  text: string,
  maker: string,
): readonly { readonly constant: string; readonly type: string; readonly end: number }[] {
  const { code, literals } = scan(text)
  const valueAt = new Map(literals.map((literal) => [literal.start, literal.value]))
  const pattern = new RegExp(
    `(?:export\\s+const\\s+([\\w$]+)[^=\\n]*=\\s*)?\\b${maker}(?:<[^>()]*>)?\\(\\s*(?=['"])`,
    'g',
  )
  return [...code.matchAll(pattern)].map((match) => {
    const end = match.index + match[0].length
    return { constant: match[1] ?? '', type: valueAt.get(end) ?? '', end }
  })
}

/** Messages, events and codes of a wire.ts. */
export function readWire(text: string): Wire {
  const { code } = scan(text)
  const tables = declared(text, 'refusals').map((table) => code.indexOf('{', table.end))
  return {
    messages: declared(text, '(?:message|authorization)'),
    events: declared(text, 'event').map((event) => event.type),
    codes: tables.filter((open) => open >= 0).flatMap((open) => keysOf(text, open)),
  }
}
