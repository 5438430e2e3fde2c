// House rule 4: whoever only signs or reads never loads a line that executes.
import { importsOf, scan } from './scan.ts'
import { arrowsOf, at, isTest, moduleOf, resolve } from './tree.ts'
import type { Arrow, Finding, Rule, Tree } from './tree.ts'

const src = 'packages/chain/src/'

/** Files that carry out a message: those whose functions a module.ts binds with `on(…)`. */
function ruleFiles(tree: Tree): ReadonlyMap<string, string> {
  const rules = new Map<string, string>()
  for (const [path, text] of tree.files) {
    if (moduleOf(path) === undefined || !path.endsWith('/module.ts')) continue
    const bound = new Set(
      [...scan(text).code.matchAll(/\bon\(\s*[\w.]+\s*,\s*(?:\w+\.)?(\w+)/g)].map((match) => match[1]!),
    )
    for (const found of importsOf(text)) {
      const target = resolve(tree, path, found.specifier)
      const name = found.names.find((each) => bound.has(each))
      if (target.kind === 'file' && name !== undefined) rules.set(target.path, name)
    }
  }
  return rules
}

/** Why a file has no place behind a wire door; undefined if it has. */
function reasonAgainst(path: string, rules: ReadonlyMap<string, string>): string | undefined {
  if (!path.startsWith(src)) return undefined
  const rule = rules.get(path)
  if (rule !== undefined) return `it carries out ${rule}`
  if (moduleOf(path) === undefined)
    return /^(?:codec|crypto|merkle|wire|assert\.ts)/.test(path.slice(src.length)) ? undefined : 'it executes'
  return /\/(?:module|state|queries|invariants|params|index)\.ts$/.test(path) ? 'it belongs to the machine' : undefined
}

function wireClosure(tree: Tree): readonly Finding[] {
  const isDoor = (path: string): boolean =>
    path === `${src}wire/index.ts` || (moduleOf(path) !== undefined && path.endsWith('/wire.ts'))
  const rules = ruleFiles(tree)
  const arrows = Map.groupBy(
    arrowsOf(tree, (path) => path.startsWith(src) && !isTest(path)),
    (arrow) => arrow.from,
  )
  const open = [...tree.files.keys()].filter(isDoor)
  const seen = new Set(open)
  const findings: Finding[] = []
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const arrow of arrows.get(path) ?? []) {
      if (arrow.target.kind !== 'file' || seen.has(arrow.target.path)) continue
      seen.add(arrow.target.path)
      const reason = reasonAgainst(arrow.target.path, rules)
      if (reason === undefined) open.push(arrow.target.path)
      else
        findings.push(
          at(arrow, `clients load this file, and ${reason}. Keep definitions in wire.ts and rules beside it.`),
        )
    }
  }
  return findings
}

const clients = [/^packages\/sdk\/src\//, /^packages\/explorer\/src\//, /^sim\/workload\//, /^sim\/auditor\//]

function clientDoors(tree: Tree): readonly Finding[] {
  const isMachineDoor = (arrow: Arrow): boolean => {
    const parts = arrow.import.specifier.split('/')
    return parts[0] === '@turnpike' && parts[1] === 'chain' && parts[2] !== 'wire'
  }
  return arrowsOf(tree, (path) => !isTest(path) && clients.some((client) => client.test(path)))
    .filter(isMachineDoor)
    .map((arrow) => at(arrow, 'clients and judges import @turnpike/chain/wire only.'))
}

function lonelyAuditor(tree: Tree): readonly Finding[] {
  const isOurs = (arrow: Arrow): boolean => {
    const { specifier } = arrow.import
    if (specifier.startsWith('@turnpike/')) return !specifier.startsWith('@turnpike/chain/wire')
    return arrow.target.kind === 'file' && !arrow.target.path.startsWith('sim/auditor/')
  }
  return arrowsOf(tree, (path) => path.startsWith('sim/auditor/') && !isTest(path))
    .filter(isOurs)
    .map((arrow) =>
      at(arrow, 'a judge that shares code with the accused proves nothing. Import @turnpike/chain/wire alone.'),
    )
}

/** House rule 4. */
export const closure: Rule = {
  item: '4',
  claim: 'nothing behind a wire door executes; clients and the auditor use the wire doors only',
  check: (tree) => [...wireClosure(tree), ...clientDoors(tree), ...lonelyAuditor(tree)],
  good: {
    'packages/chain/src/wire/index.ts': "export { message } from './message.ts'\n",
    'packages/chain/src/wire/message.ts': "import { record } from '../codec/Codec.ts'\n",
    'packages/chain/src/codec/Codec.ts': 'export const record = 1\n',
    'packages/chain/src/modules/policy/wire.ts':
      "import { message } from '../../wire/message.ts'\nimport { words } from './words.ts'\n",
    'packages/chain/src/modules/policy/words.ts': "import { record } from '../../codec/Codec.ts'\n",
    'packages/chain/src/modules/policy/module.ts':
      "import { freeze } from './freeze.ts'\nexport const policy = { rules: [on(wire.freeze, freeze)] }\n",
    'packages/chain/src/modules/policy/freeze.ts': 'export const freeze = 1\n',
    'packages/sdk/src/client.ts': "import { message } from '@turnpike/chain/wire'\n",
    'sim/auditor/bank.ts': "import { message } from '@turnpike/chain/wire/bank'\nimport { plain } from './plain.ts'\n",
  },
  bad: [
    {
      name: 'a wire file takes a type from a rule',
      change: { 'packages/chain/src/modules/policy/wire.ts': "import type { freeze } from './freeze.ts'\n" },
      finds: 'policy/wire.ts:1 imports ./freeze.ts: clients load this file, and it carries out freeze',
    },
    {
      name: 'the kernel two steps behind the wire',
      change: { 'packages/chain/src/modules/policy/words.ts': "import type { View } from '../../kernel/context.ts'\n" },
      finds: 'words.ts:1 imports ../../kernel/context.ts: clients load this file, and it executes',
    },
    {
      name: 'a wire file reads state',
      change: { 'packages/chain/src/modules/policy/wire.ts': "import { policies } from './state.ts'\n" },
      finds: 'it belongs to the machine',
    },
    {
      name: 'the SDK loads the machine',
      change: { 'packages/sdk/src/client.ts': "import { createApp } from '@turnpike/chain'\n" },
      finds: 'clients and judges import @turnpike/chain/wire only',
    },
    {
      name: 'the auditor asks the workload',
      change: { 'sim/auditor/bank.ts': "import { people } from '../workload/bank.ts'\n" },
      finds: 'a judge that shares code',
    },
  ],
}
