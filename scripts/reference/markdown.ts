// Pages of the reference as Markdown: one title, tables whose first column names the rows, code in backticks.

/** A name or a value as code. */
export function code(value: string): string {
  return `\`${value}\``
}

/** A page: its title, its parts, and the note that no hand changes it. */
export function page(title: string, ...parts: readonly string[]): string {
  const note = '*Computed from the code by `npm run reference`; changes belong there.*'
  return `${[`# ${title}`, note, ...parts].join('\n\n')}\n`
}

/** A table. Bars within a cell would end it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
}

/** A fenced block of JSON. */
export function json(value: unknown): string {
  return ['```json', JSON.stringify(value, undefined, 2), '```'].join('\n')
}

/** The text for a name of a table of the code. A name without a text, or a text without a name, stops the generator. */
export function textsFor(
  what: string,
  texts: { readonly [name: string]: string },
  names: readonly string[],
): (name: string) => string {
  const missing = names.filter((name) => !Object.hasOwn(texts, name))
  const idle = Object.keys(texts).filter((name) => !names.includes(name))
  if (missing.length > 0) throw new Error(`scripts/reference says nothing of ${what} ${missing.join(', ')}.`)
  if (idle.length > 0)
    throw new Error(`scripts/reference speaks of ${what} ${idle.join(', ')}, which the code does not have.`)
  return (name) => texts[name]!
}
