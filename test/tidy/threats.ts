// House rule 10, threats: every number that code cites has a row in docs/internals/threats.md, and every row is tried where it says.
import { isSource, isTest } from './tree.ts'
import type { Finding, Rule, Tree } from './tree.ts'

const page = 'docs/internals/threats.md'
/** A number as tests and comments cite it; `T00:00` is a time of day. */
const cited = /\bT\d{2,3}(?![\d:])\b/g

type Row = { readonly line: number; readonly files: readonly string[] }

function rowsOf(text: string): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>()
  for (const [index, line] of text.split('\n').entries()) {
    const cells = line.split('|').map((cell) => cell.trim())
    const number = /^T\d+$/.exec(cells[1] ?? '')?.[0]
    if (number === undefined) continue
    const files = [...(cells[4] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1]!)
    rows.set(number, { line: index + 1, files })
  }
  return rows
}

function numbersIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(cited)].map((match) => match[0]))
}

type Cited = ReadonlyMap<string, ReadonlySet<string>>

function checkRow(citedIn: Cited, number: string, { line, files }: Row): readonly Finding[] {
  if (files.length === 0) return [{ path: page, line, text: `says of ${number} no test that tries it.` }]
  return files.flatMap((file) => {
    const tries = [...citedIn].some(
      ([path, numbers]) => (path === file || path.endsWith(`/${file}`)) && isTest(path) && numbers.has(number),
    )
    return tries ? [] : [{ path: page, line, text: `says that ${file} tries ${number}, and it names no such row.` }]
  })
}

function check(tree: Tree): readonly Finding[] {
  const rows = rowsOf(tree.files.get(page) ?? '')
  const sources = [...tree.files].filter(([path]) => (isSource(path) || isTest(path)) && !path.startsWith('test/tidy'))
  const citedIn: Cited = new Map(sources.map(([path, text]) => [path, numbersIn(text)]))
  const findings = [...rows].flatMap(([number, row]) => checkRow(citedIn, number, row))
  for (const [path, numbers] of citedIn) {
    for (const number of numbers) {
      if (!rows.has(number)) findings.push({ path, text: `cites ${number}, which has no row in ${page}.` })
    }
  }
  return findings
}

const good = 'packages/chain/src/kernel/rows.test.ts'

/** House rule 10, for the page of threats. */
export const threats: Rule = {
  item: '10, threats',
  claim: 'docs/internals/threats.md has the rows that code cites, and each is tried where it says',
  check,
  good: {
    [page]:
      '# Threats\n\n| row | attack | what holds | tried in |\n|---|---|---|---|\n| T82 | a | b | `kernel/rows.test.ts` |\n',
    [good]: "test('T82 sums hold', () => {})\nconst at = '2026-01-01T00:00:00Z'\n",
  },
  bad: [
    {
      name: 'a number without a row',
      change: { 'packages/node/src/node.ts': '// Bounded (T150).\n' },
      finds: 'packages/node/src/node.ts cites T150',
    },
    {
      name: 'a row that nothing tries',
      change: { [page]: '# Threats\n\n| T82 | a | b | |\n' },
      finds: `${page}:3 says of T82 no test`,
    },
    {
      name: 'a test that does not name its row',
      change: { [good]: "test('sums hold', () => {})\n" },
      finds: 'says that kernel/rows.test.ts tries T82',
    },
  ],
}
