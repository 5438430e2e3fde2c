// House rules 8, 9 and 11: names with a subject, files and functions of a size one can hold, words of the glossary.
import { bodiesOf, scan, lineAt } from './scan.ts'
import { isSource, isTest } from './tree.ts'
import type { Finding, Rule, Tree } from './tree.ts'

const empty = new Set(
  ['util', 'helper', 'common', 'shared', 'misc', 'type', 'manager', 'service', 'impl', 'base'].flatMap((word) => [
    word,
    `${word}s`,
  ]),
)

/** The lower-case words of a camel-case, kebab-case or dotted name. */
function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase())
}

function namesWithoutSubject(tree: Tree): readonly Finding[] {
  const findings: Finding[] = []
  for (const path of tree.files.keys()) {
    const parts = path.split('/').filter((part) => part !== '')
    const named = isSource(path) || path.endsWith('.md') ? parts : parts.slice(0, -1)
    const word = named.flatMap(wordsOf).find((each) => empty.has(each))
    if (word !== undefined)
      findings.push({
        path,
        text: `"${word}" names a shape, not a subject. Name the file after what it holds, or put it with its owner.`,
      })
  }
  return findings
}

/** House rule 8. */
export const names: Rule = {
  item: '8',
  claim: 'every file and folder is named after its subject',
  check: namesWithoutSubject,
  good: {
    'packages/node/src/engine/Engine.ts': '',
    'bench/peers/baseline.ts': '',
    'packages/chain/tsconfig.base.json': '{}',
  },
  bad: [
    { name: 'a drawer', change: { 'packages/sdk/src/utils.ts': '' }, finds: 'utils.ts "utils" names a shape' },
    { name: 'a folder of kinds', change: { 'packages/chain/src/types/Op.ts': '' }, finds: '"types" names a shape' },
    {
      name: 'a manager',
      change: { 'packages/node/src/ledger/accountManager.ts': '' },
      finds: '"manager" names a shape',
    },
    { name: 'a page for everything else', change: { 'docs/internals/misc.md': '' }, finds: '"misc" names a shape' },
  ],
}

const maxFileLines = 500
const maxFunctionLines = 70

/** Files that a generator writes and that are longer. This list only shrinks. */
const generated: readonly string[] = []

function tooLong(tree: Tree): readonly Finding[] {
  const findings: Finding[] = []
  for (const [path, text] of tree.files) {
    if ((!isSource(path) && !path.endsWith('.css')) || generated.includes(path)) continue
    const lines = text.split('\n').length - 1
    if (lines > maxFileLines)
      findings.push({
        path,
        text: `has ${lines} lines; ${maxFileLines} are the limit. It holds two subjects: find them.`,
      })
    if (!isSource(path)) continue
    for (const body of bodiesOf(text)) {
      if (body.lines <= maxFunctionLines || (isTest(path) && /^describe\w*\b/.test(body.head))) continue
      findings.push({
        path,
        line: body.line,
        text: `this function has ${body.lines} lines; ${maxFunctionLines} are the limit. Give its steps names.`,
      })
    }
  }
  return [
    ...findings,
    ...generated
      .filter((path) => !tree.files.has(path))
      .map((path) => ({ path, text: 'is listed as generated and gone. Shorten the list.' })),
  ]
}

const long = (head: string, lines: number): string => `${head}\n${'  step()\n'.repeat(lines - 2)}}\n`

/** House rule 9. */
export const size: Rule = {
  item: '9',
  claim: `files end at ${maxFileLines} lines, functions at ${maxFunctionLines}`,
  check: tooLong,
  good: {
    'packages/chain/src/a.ts': long('export function a(): void {', maxFunctionLines),
    'packages/chain/src/a.test.ts': long("describe('a', () => {", 200).replace(/\}\n$/, '})\n'),
    'packages/chain/src/b.ts': 'step()\n'.repeat(maxFileLines),
    'package-lock.json': '\n'.repeat(9_000),
  },
  bad: [
    {
      name: 'a file',
      change: { 'packages/chain/src/b.ts': 'step()\n'.repeat(maxFileLines + 1) },
      finds: 'b.ts has 501 lines',
    },
    {
      name: 'a function',
      change: { 'packages/chain/src/a.ts': long('export function a(): { x: 1 } | { y: 2 } {', maxFunctionLines + 1) },
      finds: 'a.ts:1 this function has 71 lines',
    },
    {
      name: 'an arrow',
      change: { 'packages/chain/src/a.ts': long('const a = ({ x }: Given): number => {', maxFunctionLines + 1) },
      finds: 'this function has 71 lines',
    },
    {
      name: 'a method',
      change: { 'packages/chain/src/a.ts': `class A {\n${long("  say(text = '{') {", maxFunctionLines + 1)}}\n` },
      finds: 'a.ts:2 this function has 71 lines',
    },
    {
      name: 'a test',
      change: { 'packages/chain/src/a.test.ts': long("it('does', () => {", maxFunctionLines + 1) },
      finds: 'a.test.ts:1 this function has 71 lines',
    },
  ],
}

/** Words that the glossary replaces, and what we say. */
const replaced: Readonly<Record<string, string>> = {
  mint: 'issue',
  minted: 'issued',
  keeper: 'state.ts and index.ts of the module',
  handler: 'rule',
  merchant: 'seller or payee',
  'tx hash': 'operation id',
}

function foreignWords(tree: Tree): readonly Finding[] {
  const findings: Finding[] = []
  for (const [path, text] of tree.files) {
    if (!path.startsWith('packages/chain/') || !isSource(path) || isTest(path)) continue
    const { code } = scan(text)
    for (const match of code.matchAll(/[A-Za-z_$][\w$]*/g)) {
      const words = ` ${wordsOf(match[0])
        .map((word) => word.replace(/s$/, ''))
        .join(' ')} `
      const word = Object.keys(replaced).find((each) => words.includes(` ${each} `))
      if (word === undefined) continue
      findings.push({
        path,
        line: lineAt(text, match.index),
        text: `${match[0]}: we say ${replaced[word]!} (docs/concepts/glossary.md).`,
      })
    }
  }
  return findings
}

/** House rule 11. */
export const words: Rule = {
  item: '11',
  claim: 'identifiers of chain use the words of the glossary',
  check: foreignWords,
  good: {
    'packages/chain/src/modules/bank/issue.ts':
      "// Never mint.\nexport const issue = 'mint'\nexport const minter = 1\n",
  },
  bad: [
    {
      name: 'mint',
      change: { 'packages/chain/src/modules/bank/issue.ts': '\nexport function mintUnits() {}\n' },
      finds: 'issue.ts:2 mintUnits: we say issue',
    },
    {
      name: 'handler',
      change: { 'packages/chain/src/kernel/module.ts': 'const messageHandler = 1\n' },
      finds: 'we say rule',
    },
    { name: 'txHash', change: { 'packages/chain/src/wire/op.ts': 'const txHash = 1\n' }, finds: 'we say operation id' },
    {
      name: 'merchant',
      change: { 'packages/chain/src/wire/op.ts': 'type T = { merchant: 1 }\n' },
      finds: 'we say seller or payee',
    },
    { name: 'keeper', change: { 'packages/chain/src/wire/op.ts': 'class BankKeeper {}\n' }, finds: 'we say state.ts' },
  ],
}
