// House rule 7: no file that nobody reaches, no folder without a file, no door that nobody opens.
import { posix } from 'node:path'
import { importsOf, namesOf, scan } from './scan.ts'
import { arrowsOf, doorsOf, isLive, isSource, isTest, manifestOf, resolve, workspaceOf } from './tree.ts'
import type { Finding, Rule, Tree } from './tree.ts'

/** Texts in which a path, written from the root or from their own folder, keeps a file alive. */
function isRoot(path: string): boolean {
  if (/^[\w.]+\.json$/.test(path) && path !== 'package-lock.json') return true // settings of tools
  if (path.endsWith('/package.json') || path.endsWith('.html')) return true
  return (
    path.startsWith('.ci/') ||
    path.startsWith('examples/') ||
    /\.config\.[jt]s$/.test(path) ||
    path === 'scripts/run.mjs'
  )
}

function isDoorPattern(tree: Tree, path: string): boolean {
  return [...doorsOf(tree, workspaceOf(path)).values()].some((source) => {
    const [head, tail] = source.split('*')
    return tail !== undefined && path.startsWith(head!) && path.endsWith(tail)
  })
}

/** Every file that a text names: by import, or by a path in a string. */
function namedIn(tree: Tree, from: string, text: string): readonly string[] {
  const paths = isSource(from)
    ? scan(text).literals.map((literal) => literal.value.split('${')[0]!)
    : [...text.matchAll(/[\w./@-]+/g)].map((match) => match[0])
  const found = isSource(from) ? importsOf(text).map((each) => resolve(tree, from, each.specifier)) : []
  const named = found.flatMap((target) => (target.kind === 'file' ? [target.path] : []))
  for (const path of paths) {
    if (!/[./]/.test(path) || path.length > 200) continue
    for (const folder of [posix.dirname(from), '.']) {
      const full = posix.join(folder, path.startsWith('/') ? path.slice(1) : path)
      named.push(full, `${full}.ts`)
    }
  }
  return named.filter((path) => tree.files.has(path))
}

/** Everything that can be reached from the given files. */
function reach(tree: Tree, from: readonly string[]): ReadonlySet<string> {
  const seen = new Set(from)
  const open = [...from]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const next of namedIn(tree, path, tree.files.get(path) ?? '')) {
      if (seen.has(next)) continue
      seen.add(next)
      open.push(next)
    }
  }
  return seen
}

/** Whether all plain doors of a package (or its page, if it has none) are there: before that, it is still being built. */
function hasItsDoors(tree: Tree, workspace: string): boolean {
  const doors = [...doorsOf(tree, workspace).values()].filter((source) => !source.includes('*'))
  const entries =
    doors.length > 0 ? doors : ['index.html', 'src/main.tsx'].map((file) => `packages/${workspace}/${file}`)
  return manifestOf(tree, `packages/${workspace}/`) !== undefined && entries.every((entry) => tree.files.has(entry))
}

function deadFiles(tree: Tree): readonly Finding[] {
  const paths = [...tree.files.keys()]
  const roots = paths.filter((path) => isRoot(path) || isDoorPattern(tree, path))
  const live = reach(tree, roots)
  const tried = reach(tree, [...roots, ...paths.filter(isTest)])
  const findings: Finding[] = []
  for (const path of paths) {
    const isStyle = path.endsWith('.css')
    if ((!isLive(path) && !isStyle) || live.has(path) || path.startsWith('examples/')) continue
    if (path.startsWith('packages/') ? !hasItsDoors(tree, workspaceOf(path)) : !tree.files.has('scripts/run.mjs'))
      continue
    if (!tried.has(path)) findings.push({ path, text: 'is reached by nothing. Delete it, or give it its user.' })
    else if (/^packages\/[^/]+\/src\//.test(path)) {
      findings.push({
        path,
        text: 'is reached by tests only. Delete both, or call it x.fixture.ts if it serves a test.',
      })
    }
  }
  return findings
}

/** Doors that only our own programs use; the others are for users, and knip watches what lies behind them. */
const ownDoors = [
  { workspace: 'chain', door: '.', whenBuilt: 'packages/cli/src/main.ts' },
  { workspace: 'chain', door: './testing', whenBuilt: 'packages/cli/src/main.ts' },
  { workspace: 'node', door: '.', whenBuilt: 'packages/cli/src/main.ts' },
] as const

function idleExports(tree: Tree): readonly Finding[] {
  const findings: Finding[] = []
  for (const { workspace, door, whenBuilt } of ownDoors) {
    const path = doorsOf(tree, workspace).get(door)
    const text = path === undefined ? undefined : tree.files.get(path)
    if (path === undefined || text === undefined || !tree.files.has(whenBuilt)) continue
    const users = arrowsOf(tree, (from) => from !== path).filter(
      (arrow) => arrow.target.kind === 'file' && arrow.target.path === path,
    )
    if (users.some((arrow) => arrow.import.namespace !== undefined)) continue
    const used = new Set(users.flatMap((arrow) => arrow.import.names))
    const shown = [...scan(text).code.matchAll(/\bexport\s+(\{[^}]*\})/g)].flatMap((match) => {
      const clause = match[1]!.replace(/\btype\s+[\w$]+(?:\s+as\s+[\w$]+)?/g, '').replace(/[\w$]+\s+as\s+/g, '')
      return namesOf(clause)
    })
    for (const name of shown) {
      if (!used.has(name))
        findings.push({ path, text: `exports ${name}, and nobody imports it. An export names its user today.` })
    }
  }
  return findings
}

function emptyFolders(tree: Tree): readonly Finding[] {
  return [...tree.files.keys()]
    .filter((path) => path.endsWith('/'))
    .map((path) => ({ path, text: 'is an empty folder. Remove it until it has something to say.' }))
}

const doors = {
  '.': { '@turnpike/source': './src/index.ts' },
  './wire/*': { '@turnpike/source': './src/modules/*/wire.ts' },
}

/** House rule 7. */
export const dead: Rule = {
  item: '7',
  claim: 'every file is reached, every folder has a file, every export of our own doors has a user',
  check: (tree) => [...deadFiles(tree), ...idleExports(tree), ...emptyFolders(tree)],
  good: {
    'scripts/run.mjs': "const targets = { sim: 'sim/main.ts', start: 'packages/cli/src/main.ts' }\n",
    'sim/main.ts': "import { createApp } from '@turnpike/chain'\n",
    'packages/cli/package.json': JSON.stringify({ exports: { '.': { '@turnpike/source': './src/main.ts' } } }),
    'packages/cli/src/main.ts': "const worker = new URL('./worker', import.meta.url)\n",
    'packages/cli/src/worker.ts': 'work()\n',
    'packages/cli/src/main.test.ts': "import { given } from './given.fixture.ts'\n",
    'packages/cli/src/given.fixture.ts': 'export const given = 1\n',
    'packages/chain/package.json': JSON.stringify({ exports: doors }),
    'packages/chain/src/index.ts':
      "export { createApp, type App } from './app.ts'\nexport type { Op } from './app.ts'\n",
    'packages/chain/src/app.ts': 'export const createApp = 1\n',
    'packages/chain/src/modules/toll/wire.ts': 'export const codes = 1\n',
    'packages/explorer/package.json': '{}',
    'packages/explorer/index.html': '<script type="module" src="/src/main.tsx"></script>',
    'packages/explorer/src/main.tsx': "import './page.css'\n",
    'packages/explorer/src/page.css': 'body {}\n',
  },
  bad: [
    {
      name: 'a file that nobody reaches',
      change: { 'packages/chain/src/old.ts': 'export const old = 1\n' },
      finds: 'old.ts is reached by nothing',
    },
    {
      name: 'a file that only its test reaches',
      change: {
        'packages/chain/src/old.ts': 'export const old = 1\n',
        'packages/chain/src/old.test.ts': "import { old } from './old.ts'\n",
      },
      finds: 'old.ts is reached by tests only',
    },
    {
      name: 'a script that nothing starts',
      change: { 'scripts/once.mjs': 'run()\n' },
      finds: 'scripts/once.mjs is reached by nothing',
    },
    {
      name: 'a style sheet that no page loads',
      change: { 'packages/explorer/src/old.css': 'p {}\n' },
      finds: 'old.css is reached by nothing',
    },
    {
      name: 'an export without a user',
      change: { 'packages/chain/src/index.ts': "export { createApp, createStore as Store } from './app.ts'\n" },
      finds: 'exports Store, and nobody imports it',
    },
    { name: 'an empty folder', change: { 'docs/coding/': '' }, finds: 'docs/coding/ is an empty folder' },
  ],
}
