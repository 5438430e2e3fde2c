// House rule 5: a module is nine names and its rules; its README, tests, workload and auditor keep pace with its wire.ts.
import { importsOf, lineAt, scan } from './scan.ts'
import { moduleFolders } from './floors.ts'
import { arrowsOf, at, isTest, moduleOf, resolve } from './tree.ts'
import { anatomyExample } from './anatomyExample.ts'
import { checkReadme } from './readme.ts'
import { readWire, type Wire } from './wireText.ts'
import type { Finding, Rule, Tree } from './tree.ts'

type Anatomy = {
  readonly tree: Tree
  readonly name: string
  readonly folder: string
  readonly wire: Wire
  readonly text: (file: string) => string | undefined
}

function openModule(tree: Tree, name: string): Anatomy {
  const folder = `packages/chain/src/modules/${name}/`
  const text = (file: string): string | undefined => tree.files.get(folder + file)
  return { tree, name, folder, wire: readWire(text('wire.ts') ?? ''), text }
}

function checkFiles({ tree, folder, text }: Anatomy): readonly Finding[] {
  const findings: Finding[] = []
  for (const path of tree.files.keys()) {
    if (!path.startsWith(folder)) continue
    const file = path.slice(folder.length)
    if (file === 'README.md' || /^[a-z][A-Za-z0-9]*(?:\.(?:test|fuzz|bench|test-d))?\.ts$/.test(file)) continue
    findings.push({ path, text: 'a module holds README.md, its named files and one file per rule, all in one folder.' })
  }
  for (const file of ['README.md', 'module.ts']) {
    if (text(file) === undefined) findings.push({ path: folder, text: `has no ${file}; every module has one.` })
  }
  if (text('state.ts') !== undefined && text('invariants.ts') === undefined) {
    findings.push({ path: folder, text: 'keeps state and has no invariants.ts. Say what must always hold.' })
  }
  return findings
}

function checkRegistration({ folder, wire, text, name }: Anatomy): readonly Finding[] {
  const module = text('module.ts')
  if (module === undefined) return []
  const { code } = scan(module)
  const path = `${folder}module.ts`
  const findings: Finding[] = []
  const exported = [...code.matchAll(/\bexport\s+(?:const|function|type|class)\s+([\w$]+)/g)].map((match) => match[1]!)
  if (exported.length !== 1 || exported[0] !== name) {
    findings.push({
      path,
      text: `exports ${exported.join(', ') || 'nothing'}; a module.ts exports one constant named ${name}.`,
    })
  }
  for (const { constant, type } of wire.messages) {
    if (new RegExp(`\\bon\\(\\s*(?:\\w+\\.)?${constant}\\b`).test(code)) continue
    findings.push({ path, text: `registers no rule for ${type}. Add on(wire.${constant}, …).` })
  }
  return findings
}

/** The file of the rule that a module binds to a message. */
function ruleFileOf({ tree, folder, text }: Anatomy, constant: string): string | undefined {
  const module = text('module.ts') ?? ''
  const rule = new RegExp(`\\bon\\(\\s*(?:\\w+\\.)?${constant}\\s*,\\s*(?:\\w+\\.)?(\\w+)`).exec(scan(module).code)?.[1]
  if (rule === undefined) return undefined
  const found = importsOf(module).find((each) => each.names.includes(rule))
  if (found === undefined) return undefined
  const target = resolve(tree, `${folder}module.ts`, found.specifier)
  return target.kind === 'file' ? target.path : undefined
}

function mentions(text: string | undefined, constant: string, type: string): boolean {
  return text !== undefined && (text.includes(type) || new RegExp(`\\b${constant}\\b`).test(scan(text).code))
}

function checkTables(anatomy: Anatomy): readonly Finding[] {
  const findings: Finding[] = []
  for (const { constant, type } of anatomy.wire.messages) {
    const file = ruleFileOf(anatomy, constant)
    if (file === undefined || !anatomy.tree.files.has(file)) continue
    const test = file.replace(/\.ts$/, '.test.ts')
    if (mentions(anatomy.tree.files.get(test), constant, type)) continue
    findings.push({
      path: file,
      text: `carries out ${type}, and ${test.split('/').at(-1)} has no table of cases for it.`,
    })
  }
  return findings
}

function checkSimulation({ tree, name, wire }: Anatomy): readonly Finding[] {
  const isThere = (folder: string): boolean => [...tree.files.keys()].some((path) => path.startsWith(folder))
  const findings: Finding[] = []
  for (const [folder, asks] of [
    ['sim/workload/', 'who does it, rightly and wrongly'],
    ['sim/auditor/', 'what must come of it'],
  ] as const) {
    if (!isThere(folder)) continue
    const path = `${folder}${name}.ts`
    for (const { constant, type } of wire.messages) {
      if (!mentions(tree.files.get(path), constant, type))
        findings.push({ path, text: `says nothing of ${type}. Say ${asks}.` })
    }
  }
  return findings
}

function checkState({ folder, text }: Anatomy): readonly Finding[] {
  const state = text('state.ts')
  const invariants = text('invariants.ts')
  if (state === undefined || invariants === undefined) return []
  const { code } = scan(state)
  const tables = [...code.matchAll(/\bexport\s+const\s+([\w$]+)[^=\n]*=\s*(?:\w+\.)?(?:rows|records|queue)\b/g)].map(
    (match) => match[1]!,
  )
  return tables
    .filter((table) => !new RegExp(`\\b${table}\\b`).test(scan(invariants).code))
    .map((table) => ({
      path: `${folder}invariants.ts`,
      text: `covers every table but ${table}. Say what must always hold of it.`,
    }))
}

function keysOutsideState(tree: Tree): readonly Finding[] {
  const makers = new Set(['rows', 'records', 'queue'])
  return arrowsOf(tree, (path) => moduleOf(path) !== undefined && !isTest(path) && !path.endsWith('/state.ts'))
    .filter((arrow) => arrow.target.kind === 'file' && arrow.target.path === 'packages/chain/src/kernel/table.ts')
    .filter((arrow) => !arrow.import.isTypeOnly && arrow.import.names.some((name) => makers.has(name)))
    .map((arrow) => at(arrow, 'only state.ts declares tables. Declare it there and import the handle.'))
}

/** A rule costs the same however full the ledger is: only invariants walk a table. */
function scans(tree: Tree): readonly Finding[] {
  const findings: Finding[] = []
  for (const [path, text] of tree.files) {
    if (moduleOf(path) === undefined || !path.endsWith('.ts') || isTest(path) || path.endsWith('/invariants.ts'))
      continue
    for (const match of scan(text).code.matchAll(/(?<!\bObject)\.entries\(\s*\w/g)) {
      findings.push({
        path,
        line: lineAt(text, match.index),
        text: 'walks a whole table; only invariants may. Keep a bounded record or a counter.',
      })
    }
  }
  return findings
}

/** House rule 5. */
export const anatomy: Rule = {
  item: '5',
  claim:
    'modules have their anatomy: nine names, README headings, a rule, a table, a workload and an auditor per message',
  check: (tree) => [
    ...moduleFolders(tree)
      .map((name) => openModule(tree, name))
      .flatMap((each) =>
        [
          checkFiles(each),
          checkRegistration(each),
          checkTables(each),
          checkSimulation(each),
          checkState(each),
          checkReadme({ ...each, readme: each.text('README.md') }),
        ].flat(),
      ),
    ...keysOutsideState(tree),
    ...scans(tree),
  ],
  ...anatomyExample,
}
