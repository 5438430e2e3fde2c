// Reads TypeScript as text: strings and comments are blanked, imports and functions found.
// The rules of the house need no more, and a parser of our own would be a dependency of theirs.

/** A string or the first piece of a template, with the place of its opening quote. */
export type Literal = { readonly start: number; readonly value: string }

/** A source text with the inside of strings, comments and regular expressions blanked; offsets and lines stay as they were. */
export type Scan = { readonly code: string; readonly literals: readonly Literal[] }

/** One import or re-export: where it points, what it names and on which line. */
export type Import = {
  readonly specifier: string
  readonly names: readonly string[]
  readonly namespace: string | undefined
  readonly isExport: boolean
  readonly isTypeOnly: boolean
  readonly line: number
}

/** A function body: the line on which it opens and how many lines it takes. */
export type Body = { readonly line: number; readonly lines: number; readonly head: string }

type Piece = { readonly end: number; readonly closed: boolean }

function endOfQuoted(text: string, start: number): number | undefined {
  const quote = text[start]
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === quote) return at + 1
    else if (text[at] === '\n') return undefined // an apostrophe in the text of a page
  }
  return undefined
}

function endOfTemplate(text: string, start: number): Piece {
  for (let at = start; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '`') return { end: at + 1, closed: true }
    else if (text[at] === '$' && text[at + 1] === '{') return { end: at + 2, closed: false }
  }
  return { end: text.length, closed: true }
}

function endOfPattern(text: string, start: number): number | undefined {
  let isInClass = false
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '[') isInClass = true
    else if (text[at] === ']') isInClass = false
    else if (text[at] === '/' && !isInClass) return at + 1
  }
  return undefined
}

/** Whether a slash after this text opens a regular expression rather than divides or closes a tag. */
function opensPattern(before: string): boolean {
  const tail = before.slice(-40).trimEnd()
  return tail === '' || /[(,=:[!&|?;+*%~^{]$/.test(tail) || /\b(?:return|typeof|case|in|of|yield|await)$/.test(tail)
}

class Masker {
  code = ''
  readonly literals: Literal[] = []
  readonly text: string
  private at = 0
  private depth = 0
  private readonly templates: number[] = []

  constructor(text: string) {
    this.text = text
  }

  run(): Scan {
    while (this.at < this.text.length) this.step()
    return { code: this.code, literals: this.literals }
  }

  private blank(end: number): void {
    this.code += this.text.slice(this.at, end).replace(/[^\n]/g, ' ')
    this.at = end
  }

  private keep(): void {
    this.code += this.text[this.at]
    this.at++
  }

  private template(): void {
    const { end, closed } = endOfTemplate(this.text, this.at + 1)
    if (this.text[this.at] === '`') {
      this.literals.push({ start: this.at, value: this.text.slice(this.at + 1, closed ? end - 1 : end - 2) })
    }
    this.blank(end)
    if (!closed) this.templates.push(this.depth)
  }

  private step(): void {
    const here = this.text[this.at]
    const pair = this.text.slice(this.at, this.at + 2)
    if (pair === '//') return this.blank(endOr(this.text.indexOf('\n', this.at), this.text.length))
    if (pair === '/*') return this.blank(endOr(this.text.indexOf('*/', this.at + 2), this.text.length - 2) + 2)
    if (here === '`') return this.template()
    if (here === "'" || here === '"') return this.quoted()
    if (here === '/' && opensPattern(this.code)) {
      const end = endOfPattern(this.text, this.at)
      return end === undefined ? this.keep() : this.blank(end)
    }
    if (here === '{') this.depth++
    if (here === '}' && this.templates.at(-1) === this.depth) {
      this.templates.pop()
      return this.template()
    }
    if (here === '}') this.depth--
    this.keep()
  }

  private quoted(): void {
    const end = endOfQuoted(this.text, this.at)
    if (end === undefined) return this.keep()
    this.literals.push({ start: this.at, value: this.text.slice(this.at + 1, end - 1) })
    this.keep()
    this.blank(end - 1)
    this.keep()
  }
}

function endOr(found: number, otherwise: number): number {
  return found < 0 ? otherwise : found
}

const scans = new Map<string, Scan>()

/** Blanks everything that is not code. Equal texts are read once. */
export function scan(text: string): Scan {
  const known = scans.get(text)
  if (known !== undefined) return known
  const fresh = new Masker(text).run()
  scans.set(text, fresh)
  return fresh
}

/** The line, counted from 1, on which an offset lies. */
export function lineAt(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}

const statement =
  /(?:^|[\n;])[ \t]*(import|export)\s+(type\s+)?((?:[\w$]+\s*,\s*)?(?:[\w$]+|\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?))\s*from\s*['"]/g
const bare = /(?:^|[\n;])[ \t]*import\s*['"]/g
const dynamic = /\bimport\s*\(\s*['"]/g

/** Names inside the braces of an import or export clause, as the other file calls them. */
export function namesOf(clause: string): readonly string[] {
  const inner = /\{([^}]*)\}/.exec(clause)?.[1] ?? ''
  return inner
    .split(',')
    .map((name) => name.trim().replace(/^type\s+/, ''))
    .filter((name) => name !== '')
    .map((name) => name.split(/\s+as\s+/)[0]!)
}

/** Every import, re-export and dynamic import of a text. */
export function importsOf(text: string): readonly Import[] {
  const { code, literals } = scan(text)
  const valueAt = new Map(literals.map((literal) => [literal.start, literal.value]))
  const found: Import[] = []
  for (const match of code.matchAll(statement)) {
    const start = match.index + match[0].length - 1
    const clause = match[3]!
    found.push({
      specifier: valueAt.get(start) ?? '',
      names: namesOf(clause),
      namespace: /\*\s+as\s+([\w$]+)/.exec(clause)?.[1] ?? (clause.startsWith('*') ? '*' : undefined),
      isExport: match[1] === 'export',
      isTypeOnly: match[2] !== undefined,
      line: lineAt(text, start),
    })
  }
  for (const pattern of [bare, dynamic]) {
    for (const match of code.matchAll(pattern)) {
      const start = match.index + match[0].length - 1
      const specifier = valueAt.get(start) ?? ''
      found.push({
        specifier,
        names: [],
        namespace: undefined,
        isExport: false,
        isTypeOnly: false,
        line: lineAt(text, start),
      })
    }
  }
  return found
}

/** Where each bracket of a code text closes. */
export function bracketsOf(code: string): ReadonlyMap<number, number> {
  const closes = new Map<number, number>()
  const open: number[] = []
  for (let at = 0; at < code.length; at++) {
    if ('([{'.includes(code[at]!)) open.push(at)
    else if (')]}'.includes(code[at]!)) {
      const start = open.pop()
      if (start !== undefined) closes.set(start, at)
    }
  }
  return closes
}

function afterSpace(code: string, at: number): number {
  let next = at
  while (/\s/.test(code[next] ?? '')) next++
  return next
}

/** The opening brace of the body that follows a parameter list, past a return type; undefined if none does. */
function bodyAfter(code: string, from: number, closes: ReadonlyMap<number, number>): number | undefined {
  let at = afterSpace(code, from)
  if (code[at] === '{') return at
  if (code[at] !== ':') return undefined
  for (at++; at < code.length; at++) {
    const here = code[at]!
    if (here === '\n' || here === ',' || here === ';' || here === ')' || here === '=' || here === '}') return undefined
    const close = '([{'.includes(here) ? closes.get(at) : undefined
    if (close === undefined) continue
    if (here === '{' && !'{|&>=['.includes(code[afterSpace(code, close + 1)] ?? ' ')) return at
    at = close
  }
  return undefined
}

const control = new Set(['if', 'for', 'while', 'switch', 'catch', 'with'])

/** Every function body of a text: declarations, methods and arrows with braces. */
export function bodiesOf(text: string): readonly Body[] {
  const { code } = scan(text)
  const closes = bracketsOf(code)
  const starts = new Map<number, number>()
  for (const match of code.matchAll(/=>\s*\{/g)) starts.set(match.index + match[0].length - 1, match.index)
  for (const match of code.matchAll(/([\w$]*)\s*\(/g)) {
    if (control.has(match[1]!)) continue
    const open = match.index + match[0].length - 1
    const close = closes.get(open)
    const body = close === undefined ? undefined : bodyAfter(code, close + 1, closes)
    if (body !== undefined) starts.set(body, match.index)
  }
  const lines = text.split('\n')
  return [...starts].map(([body, start]) => {
    const line = lineAt(text, start)
    return { line, lines: lineAt(text, closes.get(body) ?? text.length) - line + 1, head: lines[line - 1]!.trim() }
  })
}

/** The names that stand at the first level of an object literal whose brace opens at `open`. */
export function keysOf(text: string, open: number): readonly string[] {
  const { code, literals } = scan(text)
  const closes = bracketsOf(code)
  const end = closes.get(open) ?? code.length
  const valueAt = new Map(literals.map((literal) => [literal.start, literal.value]))
  const keys: string[] = []
  for (let at = open + 1, isKey = true; at < end; at++) {
    const here = code[at]!
    if (here === ',') isKey = true
    else if (isKey && /[\w$'"]/.test(here)) {
      const word = valueAt.get(at) ?? /^[\w$]+/.exec(code.slice(at))?.[0]
      if (word !== undefined) keys.push(word)
      isKey = false
    }
    if ('([{'.includes(here)) at = closes.get(at) ?? at
  }
  return keys
}
