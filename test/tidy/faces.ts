// House rule 2: one enters a module by index.ts or wire.ts, a package by what its package.json exports.
import { scan } from './scan.ts'
import { arrowsOf, at, isTest, moduleOf, workspaceOf } from './tree.ts'
import { isLocked } from './doors.ts'
import type { Arrow, Finding, Rule, Tree } from './tree.ts'

function fileOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function moduleFaces(tree: Tree): readonly Finding[] {
  const isWrong = (arrow: Arrow): boolean => {
    if (arrow.target.kind !== 'file') return false
    const { path } = arrow.target
    const to = moduleOf(path)
    if (to === undefined || to === moduleOf(arrow.from) || isLocked(path)) return false // locked doors: rule 3
    if (arrow.from === 'packages/chain/src/app.ts' && fileOf(path) === 'module.ts') return false
    return fileOf(path) !== 'index.ts' && fileOf(path) !== 'wire.ts'
  }
  return arrowsOf(tree, (path) => path.startsWith('packages/chain/src/') && !isTest(path))
    .filter(isWrong)
    .map((arrow) =>
      at(arrow, 'from outside, a module is its index.ts and its wire.ts. Re-export what is needed there, by name.'),
    )
}

function packageFaces(tree: Tree): readonly Finding[] {
  const findings: Finding[] = []
  for (const arrow of arrowsOf(tree, () => true)) {
    const { target } = arrow
    if (target.kind === 'hidden' && tree.files.has(`packages/${target.workspace}/package.json`)) {
      findings.push(at(arrow, `package.json of ${target.workspace} exports no such door.`))
    }
    if (target.kind !== 'file' || !arrow.import.specifier.startsWith('.')) continue
    if (!target.path.startsWith('packages/') || workspaceOf(target.path) === workspaceOf(arrow.from)) continue
    findings.push(at(arrow, 'across packages, import by package name what its package.json exports.'))
  }
  return findings
}

function ownName(tree: Tree): readonly Finding[] {
  return arrowsOf(tree, (path) => /^packages\/[^/]+\/src\//.test(path) && !isTest(path))
    .filter(
      (arrow) => arrow.import.specifier.split('/').slice(0, 2).join('/') === `@turnpike/${workspaceOf(arrow.from)}`,
    )
    .map((arrow) => at(arrow, 'inside a package, import by relative path with its extension.'))
}

function namedExports(tree: Tree): readonly Finding[] {
  const isFace = (path: string): boolean =>
    fileOf(path) === 'index.ts' && (moduleOf(path) !== undefined || /^packages\/[^/]+\/(?:src|testing)\//.test(path))
  return arrowsOf(tree, isFace)
    .filter((arrow) => arrow.import.isExport && arrow.import.namespace === '*')
    .map((arrow) => at(arrow, 'a face names what it shows. List the exports.'))
}

function strayIndexes(tree: Tree): readonly Finding[] {
  const allowed = [
    /^packages\/[^/]+\/(?:src|testing)\/index\.tsx?$/,
    /^packages\/chain\/src\/wire\/index\.ts$/,
    /^packages\/chain\/src\/modules\/[^/]+\/index\.ts$/,
  ]
  return [...tree.files.keys()]
    .filter((path) => /^packages\/.*\/index\.tsx?$/.test(path) && !allowed.some((pattern) => pattern.test(path)))
    .map((path) => ({
      path,
      text: 'only the root of a package, a door or a module has an index.ts. Import the file that is meant.',
    }))
}

function modulesOnlyReexport(tree: Tree): readonly Finding[] {
  const findings: Finding[] = []
  for (const [path, text] of tree.files) {
    if (moduleOf(path) === undefined || fileOf(path) !== 'index.ts') continue
    const rest = scan(text).code.replace(
      /export\s+(?:type\s+)?(?:\{[^}]*\}|\*\s+as\s+[\w$]+)\s*from\s*['"]\s*['"];?/g,
      '',
    )
    if (rest.trim() !== '')
      findings.push({ path, text: 'a module index re-exports, nothing else. Give what it defines a file of its own.' })
  }
  return findings
}

const manifest = JSON.stringify({
  exports: {
    '.': { '@turnpike/source': './src/index.ts' },
    './wire/*': { '@turnpike/source': './src/modules/*/wire.ts' },
  },
})

/** House rule 2. */
export const faces: Rule = {
  item: '2',
  claim: 'modules are entered by index.ts and wire.ts, packages by their declared exports',
  check: (tree) => [
    ...moduleFaces(tree),
    ...packageFaces(tree),
    ...ownName(tree),
    ...namedExports(tree),
    ...strayIndexes(tree),
    ...modulesOnlyReexport(tree),
  ],
  good: {
    'packages/chain/package.json': manifest,
    'packages/chain/src/app.ts': "import { bank } from './modules/bank/module.ts'\n",
    'packages/chain/src/index.ts': "export { createApp } from './app.ts'\nexport * as Hex from './codec/Hex.ts'\n",
    'packages/chain/src/modules/bank/index.ts':
      "// The face.\nexport { balanceOf } from './state.ts'\nexport type { A } from './state.ts'\n",
    'packages/chain/src/modules/policy/spend.ts':
      "import { balanceOf } from '../bank/index.ts'\nimport { move } from '../bank/move.ts'\n",
    'packages/chain/src/modules/bank/queries.test.ts':
      "import { balances } from './state.ts'\nimport { x } from '../toll/take.ts'\n",
    'packages/sdk/src/client.ts':
      "import { createApp } from '@turnpike/chain'\nimport { charge } from '@turnpike/chain/wire/payments'\n",
  },
  bad: [
    {
      name: 'another module by its inside',
      change: { 'packages/chain/src/modules/policy/spend.ts': "import { balances } from '../bank/state.ts'\n" },
      finds: 'spend.ts:1 imports ../bank/state.ts: from outside, a module is its index.ts',
    },
    {
      name: 'a door that is not declared',
      change: { 'packages/sdk/src/client.ts': "import { rows } from '@turnpike/chain/kernel/table'\n" },
      finds: 'exports no such door',
    },
    {
      name: 'a path into another package',
      change: { 'test/whole.test.ts': "import { rows } from '../packages/chain/src/kernel/table.ts'\n" },
      finds: 'whole.test.ts:1 imports ../packages/chain/src/kernel/table.ts: across packages',
    },
    {
      name: 'a package by its own name',
      change: { 'packages/chain/src/kernel/x.ts': "import { charge } from '@turnpike/chain/wire/payments'\n" },
      finds: 'inside a package, import by relative path',
    },
    {
      name: 'a face that does not name what it shows',
      change: { 'packages/chain/src/index.ts': "export * from './app.ts'\n" },
      finds: 'a face names what it shows',
    },
    {
      name: 'an index inside a package',
      change: { 'packages/chain/src/codec/index.ts': "export { is } from './Hex.ts'\n" },
      finds: 'codec/index.ts only the root of a package',
    },
    {
      name: 'a module index that defines something',
      change: { 'packages/chain/src/modules/bank/index.ts': 'export const zero = 0n\n' },
      finds: 'a module index re-exports, nothing else',
    },
  ],
}
