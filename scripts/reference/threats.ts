// The page of threats: which tests try a row follows from the numbers that tests cite; everything else on it is written by hand.

/** Where the page stands. */
export const threatsPage = 'docs/internals/threats.md'

/** A number as tests and comments cite it; `T00:00` is a time of day. */
const cited = /\bT\d{2,3}(?![\d:])\b/g
const row = /^\| (T\d+) \|/

/** The numbers that a text cites. */
export function numbersIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(cited)].map(([number]) => number))
}

/** Paths of tests and their texts. */
export type Tests = ReadonlyMap<string, string>

/** The page with the last cell of every row under "tried in" as the tests have it. */
export function fillThreats(page: string, tests: Tests): string {
  const triedIn = new Map<string, string[]>()
  for (const path of [...tests.keys()].toSorted()) {
    for (const number of numbersIn(tests.get(path)!)) triedIn.set(number, [...(triedIn.get(number) ?? []), path])
  }
  let isTried = false
  return page
    .split('\n')
    .map((line) => {
      if (line.startsWith('| row |')) isTried = line.includes('| tried in |')
      const number = row.exec(line)?.[1]
      if (number === undefined || !isTried) return line
      const names = (triedIn.get(number) ?? []).map((path) => `\`${nameOf(path, tests)}\``).join(', ')
      return [...line.split(' | ').slice(0, 3), `${names} |`].join(' | ')
    })
    .join('\n')
}

/** The last two parts of a path, or more where these would not tell it from another's. */
function nameOf(path: string, tests: Tests): string {
  const parts = path.split('/')
  for (let count = 2; count < parts.length; count++) {
    const name = parts.slice(-count).join('/')
    const isOne = [...tests.keys()].filter((other) => other.endsWith(`/${name}`)).length === 1
    if (isOne && !name.startsWith('src/')) return name
  }
  return path
}
