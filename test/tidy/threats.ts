// House rule 10, threats: every number that code cites has a row in docs/internals/threats.md, every row says which tests try it, and
// what no test tries yet is listed with the reason.
import { fillThreats, numbersIn, threatsPage as page } from '../../scripts/reference/threats.ts'
import { isSource, isTest } from './tree.ts'
import type { Finding, Rule, Tree } from './tree.ts'

/** The numbers that were given for what is built; those in between belong to channels, which are not. */
const given: readonly (readonly [from: number, to: number])[] = [
  [1, 49],
  [70, 129],
  [140, 195],
]
/** In these ranges and never given. */
const never = new Set([114, 169, 189])

type Row = { readonly line: number; readonly cells: readonly string[]; readonly isTried: boolean }

function rowsOf(text: string): ReadonlyMap<string, readonly Row[]> {
  const rows = new Map<string, readonly Row[]>()
  let isTried = false
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith('| row |')) isTried = line.includes('| tried in |')
    const cells = line.split('|').map((cell) => cell.trim())
    const number = /^T\d+$/.exec(cells[1] ?? '')?.[0]
    if (number !== undefined) rows.set(number, [...(rows.get(number) ?? []), { line: index + 1, cells, isTried }])
  }
  return rows
}

function checkRow(number: string, rows: readonly Row[], isCited: boolean): readonly Finding[] {
  const [{ line, cells, isTried }] = rows as [Row]
  if (rows.length > 1) return [{ path: page, line: rows[1]!.line, text: `has a second row for ${number}.` }]
  if (isTried && !isCited) return [{ path: page, line, text: `says of ${number} no test that tries it.` }]
  if (isTried) return []
  if (isCited)
    return [{ path: page, line, text: `says that nothing tries ${number}, and a test does: move its row up.` }]
  return cells[3] ? [] : [{ path: page, line, text: `does not say why nothing tries ${number}.` }]
}

function checkGiven(rows: ReadonlyMap<string, readonly Row[]>): readonly Finding[] {
  const numbers = given.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i))
  return numbers
    .filter((number) => !never.has(number))
    .map((number) => `T${String(number).padStart(2, '0')}`)
    .filter((number) => !rows.has(number))
    .map((number) => ({ path: page, text: `has no row for ${number}.` }))
}

function check(tree: Tree): readonly Finding[] {
  const text = tree.files.get(page) ?? ''
  const rows = rowsOf(text)
  const tests = new Map([...tree.files].filter(([path]) => isTest(path) && !path.startsWith('test/tidy')))
  const tried = new Set([...tests.values()].flatMap((test) => [...numbersIn(test)]))
  const findings = [...rows].flatMap(([number, found]) => checkRow(number, found, tried.has(number)))
  const lines = text.split('\n')
  for (const [index, line] of fillThreats(text, tests).split('\n').entries()) {
    if (line === lines[index]) continue
    findings.push({ path: page, line: index + 1, text: 'names other tests than there are: run npm run reference.' })
  }
  for (const [path, source] of tree.files) {
    if ((!isSource(path) && !isTest(path)) || path.startsWith('test/tidy')) continue
    for (const number of numbersIn(source)) {
      if (!rows.has(number)) findings.push({ path, text: `cites ${number}, which has no row in ${page}.` })
    }
  }
  return [...findings, ...checkGiven(rows)]
}

const good = 'packages/chain/src/kernel/rows.test.ts'
const untried = given.flatMap(([from, to]) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)
    .filter((number) => !never.has(number) && number !== 82)
    .map((number) => `| T${String(number).padStart(2, '0')} | a | not built |\n`),
)
const head = '# Threats\n\n| row | attack | what holds | tried in |\n|---|---|---|---|\n'
const tail = `\n| row | attack | why |\n|---|---|---|\n${untried.join('')}`
const tried = '| T82 | a | b | `kernel/rows.test.ts` |\n'

/** House rule 10, for the page of threats. */
export const threats: Rule = {
  item: '10, threats',
  claim: 'docs/internals/threats.md has a row for every number, and says which tests try it or why none does',
  check,
  good: {
    [page]: `${head}${tried}${tail}`,
    [good]: "test('T82 sums hold', () => {})\nconst at = '2026-01-01T00:00:00Z'\n",
  },
  bad: [
    {
      name: 'a number without a row',
      change: { 'packages/node/src/node.ts': '// Bounded (T250).\n' },
      finds: 'packages/node/src/node.ts cites T250',
    },
    {
      name: 'a row that nothing tries',
      change: { [good]: "test('sums hold', () => {})\n" },
      finds: `${page}:5 says of T82 no test`,
    },
    {
      name: 'a test that is not named',
      change: { 'packages/chain/src/bank/sum.test.ts': "test('T82 sums hold', () => {})\n" },
      finds: `${page}:5 names other tests`,
    },
    {
      name: 'a row that is listed as untried and is not',
      change: { [good]: "test('T82 T01 sums hold', () => {})\n" },
      finds: 'says that nothing tries T01',
    },
    {
      name: 'a row that was taken away',
      change: { [page]: `${head}${tried}${tail.replace(/\| T33 .*\n/, '')}` },
      finds: `${page} has no row for T33`,
    },
    {
      name: 'a row that does not say why nothing tries it',
      change: { [page]: `${head}${tried}${tail.replace('| T33 | a | not built |', '| T33 | a |  |')}` },
      finds: 'does not say why nothing tries T33',
    },
  ],
}
