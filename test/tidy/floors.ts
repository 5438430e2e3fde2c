// House rule 1: arrows point down. Between packages, inside chain and node, and between modules by the order of app.ts.
import { scan, importsOf, bracketsOf } from './scan.ts'
import { arrowsOf, at, isLive, isTest, moduleOf, workspaceOf } from './tree.ts'
import type { Arrow, Finding, Rule, Tree } from './tree.ts'

/** What each package may import of ours. Everything else at the root may import any of them through its doors. */
const below: Readonly<Record<string, readonly string[]>> = {
  chain: [],
  node: ['chain'],
  sdk: ['chain'],
  cli: ['sdk', 'node', 'chain'],
  explorer: ['sdk', 'chain'],
}

/** The floors of chain/src from the ground. */
const chainFloors: readonly (readonly string[])[] = [
  ['assert.ts'],
  ['codec'],
  ['crypto'],
  ['merkle'],
  ['wire'],
  ['kernel'],
  ['modules'],
  ['ethereum'],
  ['app.ts'],
  ['index.ts'],
]

/** The floors of node/src from the ground; rooms on one floor do not know each other. */
const nodeFloors: readonly (readonly string[])[] = [
  ['config.ts'],
  ['machine'],
  ['signatures', 'engine'],
  ['ledger'],
  ['rails'],
  ['gateway'],
  ['node.ts'],
  ['index.ts'],
]

const houses = [
  { root: 'packages/chain/src/', floors: chainFloors },
  { root: 'packages/node/src/', floors: nodeFloors },
] as const

function roomOf(path: string, root: string): string {
  return path.slice(root.length).split('/')[0]!
}

function betweenPackages(tree: Tree): readonly Finding[] {
  const findings: Finding[] = []
  for (const arrow of arrowsOf(tree, (path) => path.startsWith('packages/'))) {
    if (arrow.target.kind === 'outside') continue
    const from = workspaceOf(arrow.from)
    const to = arrow.target.kind === 'file' ? workspaceOf(arrow.target.path) : arrow.target.workspace
    if (to === from || below[from]?.includes(to)) continue
    const may = below[from]?.join(', ') || 'none of ours'
    findings.push(at(arrow, `${from} may import ${may}. Move what both need down, or test it in test/.`))
  }
  return findings
}

function insideHouse(tree: Tree, root: string, floors: readonly (readonly string[])[]): readonly Finding[] {
  const findings: Finding[] = []
  const floorOf = new Map(floors.flatMap((rooms, floor) => rooms.map((room) => [room, floor] as const)))
  for (const path of tree.files.keys()) {
    if (!path.startsWith(root) || !isLive(path) || floorOf.has(roomOf(path, root))) continue
    findings.push({
      path,
      text: 'stands on no floor. Give it a room of ARCHITECTURE.md, or add the room there and here.',
    })
  }
  for (const arrow of arrowsOf(tree, (path) => path.startsWith(root) && isLive(path))) {
    if (arrow.target.kind !== 'file' || !arrow.target.path.startsWith(root)) continue
    const [from, to] = [roomOf(arrow.from, root), roomOf(arrow.target.path, root)]
    const [low, high] = [floorOf.get(from), floorOf.get(to)]
    if (from === to || low === undefined || high === undefined || high < low) continue
    const relation = high === low ? 'beside' : 'below'
    findings.push(at(arrow, `${from} lies ${relation} ${to}. Move what both need down, or pass it in as an argument.`))
  }
  return findings
}

/** The modules in the order of app.ts: those listed first lie lowest. Empty while there is no app.ts. */
function modulesInOrder(tree: Tree): readonly string[] {
  const text = tree.files.get('packages/chain/src/app.ts')
  if (text === undefined) return []
  const folderOf = new Map<string, string>()
  for (const found of importsOf(text)) {
    const folder = /modules\/([^/]+)\//.exec(found.specifier)?.[1]
    if (folder !== undefined) for (const name of found.names) folderOf.set(name, folder)
  }
  const { code } = scan(text)
  const closes = bracketsOf(code)
  const order: string[] = []
  for (const match of code.matchAll(/=\s*\[/g)) {
    const open = match.index + match[0].length - 1
    for (const word of code.slice(open, closes.get(open)).matchAll(/[\w$]+/g)) {
      const folder = folderOf.get(word[0])
      if (folder !== undefined && !order.includes(folder)) order.push(folder)
    }
  }
  return order
}

/** The module folders that exist. */
export function moduleFolders(tree: Tree): readonly string[] {
  const folders = new Set<string>()
  for (const path of tree.files.keys()) {
    const name = moduleOf(path)
    if (name !== undefined && !path.endsWith('/')) folders.add(name)
  }
  return [...folders]
}

function betweenModules(tree: Tree): readonly Finding[] {
  const order = modulesInOrder(tree)
  if (order.length === 0) return []
  const findings: Finding[] = moduleFolders(tree)
    .filter((folder) => !order.includes(folder))
    .map((folder) => ({
      path: `packages/chain/src/modules/${folder}/`,
      text: 'is not listed in app.ts. Add one import and one line, as early as what it calls allows.',
    }))
  const outOfOrder = (arrow: Arrow): boolean => {
    if (arrow.target.kind !== 'file') return false
    const [from, to] = [moduleOf(arrow.from), moduleOf(arrow.target.path)]
    if (from === undefined || to === undefined || from === to) return false
    return order.indexOf(to) > order.indexOf(from)
  }
  for (const arrow of arrowsOf(tree, (path) => moduleOf(path) !== undefined && !isTest(path))) {
    if (!outOfOrder(arrow)) continue
    findings.push(
      at(
        arrow,
        'a module calls only what stands above its own line in app.ts. Turn the arrow round or pass the value in.',
      ),
    )
  }
  return findings
}

function testingFromLive(tree: Tree): readonly Finding[] {
  const isTesting = (path: string): boolean => path.startsWith('packages/chain/testing/')
  return arrowsOf(tree, (path) => /^packages\/[^/]+\/src\//.test(path) && isLive(path))
    .filter((arrow) => arrow.target.kind === 'file' && isTesting(arrow.target.path))
    .map((arrow) => at(arrow, 'testing/ is for tests. Move what is needed into src/.'))
}

const appText = [
  "import { bank } from './modules/bank/module.ts'",
  "import { payments } from './modules/payments/module.ts'",
  'export const modules = [',
  '  bank, // ground',
  '  payments,',
  '] as const',
].join('\n')

/** House rule 1. */
export const floors: Rule = {
  item: '1',
  claim: 'arrows point down: packages, floors of chain and node, modules in the order of app.ts',
  check: (tree) => [
    ...betweenPackages(tree),
    ...houses.flatMap((house) => insideHouse(tree, house.root, house.floors)),
    ...betweenModules(tree),
    ...testingFromLive(tree),
  ],
  good: {
    'packages/chain/src/app.ts': appText,
    'packages/chain/src/kernel/dispatch.ts': "import type { Op } from '../wire/op.ts'\n",
    'packages/chain/src/wire/op.ts': "import * as Hash from '../codec/Hash.ts'\n",
    'packages/chain/src/modules/bank/module.ts': "import { on } from '../../kernel/module.ts'\n",
    'packages/chain/src/modules/payments/module.ts': "import { balanceOf } from '../bank/index.ts'\n",
    'packages/chain/src/modules/bank/state.test.ts': "import { payments } from '../payments/index.ts'\n",
    'packages/node/src/ledger/ledger.ts': "import type { Op } from '@turnpike/chain/wire'\n",
    'packages/explorer/src/live.ts': "import { verifyReceipt } from '@turnpike/chain/wire'\n",
    'test/whole.test.ts': "import { startNode } from '@turnpike/node'\n",
  },
  bad: [
    {
      name: 'a package imports one above it',
      change: { 'packages/node/src/ledger/ledger.ts': "import { createClient } from '@turnpike/sdk'\n" },
      finds: 'ledger.ts:1 imports @turnpike/sdk: node may import chain',
    },
    {
      name: 'the wire imports the kernel, if only a type',
      change: { 'packages/chain/src/wire/op.ts': "\nimport type { View } from '../kernel/context.ts'\n" },
      finds: 'op.ts:2 imports ../kernel/context.ts: wire lies below kernel',
    },
    {
      name: 'the kernel names a module',
      change: { 'packages/chain/src/kernel/dispatch.ts': "export { codes } from '../modules/bank/wire.ts'\n" },
      finds: 'kernel lies below modules',
    },
    {
      name: 'two rooms of one floor know each other',
      change: { 'packages/node/src/engine/doctor.ts': "const pool = await import('../signatures/pool.ts')\n" },
      finds: 'engine lies beside signatures',
    },
    {
      name: 'a room without a floor',
      change: { 'packages/node/src/telemetry/spans.ts': 'export const spans = 1\n' },
      finds: 'packages/node/src/telemetry/spans.ts stands on no floor',
    },
    {
      name: 'a module calls one above it',
      change: { 'packages/chain/src/modules/bank/move.ts': "import { pay } from '../payments/index.ts'\n" },
      finds: 'bank/move.ts:1 imports ../payments/index.ts: a module calls only what stands above',
    },
    {
      name: 'a module that app.ts does not list',
      change: { 'packages/chain/src/modules/auction/module.ts': 'export const auction = 1\n' },
      finds: 'modules/auction/ is not listed in app.ts',
    },
    {
      name: 'published code stands on code for tests',
      change: { 'packages/chain/src/index.ts': "export { given } from '../testing/given.ts'\n" },
      finds: 'testing/ is for tests',
    },
  ],
}
