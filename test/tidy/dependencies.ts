// Holds docs/internals/dependencies.md against every package.json, and the lockfile to its promise.
import { manifestOf, workspaceOf } from './tree.ts'
import type { Finding, Rule, Tree } from './tree.ts'

const page = 'docs/internals/dependencies.md'
const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const

/** Each dependency that is not ours, with the workspaces that declare it (`root` for the root). */
function declaredIn(tree: Tree): ReadonlyMap<string, ReadonlySet<string>> {
  const declared = new Map<string, Set<string>>()
  for (const path of tree.files.keys()) {
    if (!/^(?:packages\/[^/]+\/)?package\.json$/.test(path)) continue
    const manifest = manifestOf(tree, path.slice(0, -'package.json'.length))
    const workspace = workspaceOf(path) || 'root'
    for (const kind of kinds) {
      for (const name of Object.keys((manifest?.[kind] as Record<string, string> | undefined) ?? {})) {
        if (!name.startsWith('@turnpike/')) declared.set(name, (declared.get(name) ?? new Set()).add(workspace))
      }
    }
  }
  return declared
}

/** The rows of the page: a name in backticks, where it is declared, what it is for, why this one. */
function rowsOf(
  text: string,
): ReadonlyMap<string, { readonly workspaces: ReadonlySet<string>; readonly line: number; readonly isFull: boolean }> {
  const rows = new Map<string, { workspaces: ReadonlySet<string>; line: number; isFull: boolean }>()
  for (const [index, line] of text.split('\n').entries()) {
    const cells = line.split('|').map((cell) => cell.trim())
    for (const match of (cells[1] ?? '').matchAll(/`([^`]+)`/g)) {
      const workspaces = new Set((cells[2] ?? '').split(',').map((each) => each.trim()))
      rows.set(match[1]!, { workspaces, line: index + 1, isFull: (cells[3] ?? '') !== '' && (cells[4] ?? '') !== '' })
    }
  }
  return rows
}

function inWords(workspaces: ReadonlySet<string>): string {
  return [...workspaces].toSorted().join(', ')
}

function checkPage(tree: Tree): readonly Finding[] {
  const text = tree.files.get(page)
  const declared = declaredIn(tree)
  if (text === undefined)
    return declared.size === 0 ? [] : [{ path: page, text: 'is missing. It says what each dependency is for.' }]
  const rows = rowsOf(text)
  const findings: Finding[] = []
  for (const [name, workspaces] of declared) {
    const row = rows.get(name)
    if (row === undefined)
      findings.push({ path: page, text: `says nothing of ${name}. Say what it is for and why this one.` })
    else if (!row.isFull)
      findings.push({ path: page, line: row.line, text: `leaves open what ${name} is for or why this one.` })
    else if (inWords(workspaces) !== inWords(row.workspaces)) {
      findings.push({
        path: page,
        line: row.line,
        text: `puts ${name} in ${inWords(row.workspaces)}; it stands in ${inWords(workspaces)}.`,
      })
    }
  }
  const gone = [...rows].filter(([name]) => !declared.has(name))
  return [
    ...findings,
    ...gone.map(([name, row]) => ({ path: page, line: row.line, text: `lists ${name}, which no package.json has.` })),
  ]
}

function checkVersions(tree: Tree): readonly Finding[] {
  const findings: Finding[] = []
  for (const path of tree.files.keys()) {
    if (!/^(?:packages\/[^/]+\/)?package\.json$/.test(path)) continue
    const manifest = manifestOf(tree, path.slice(0, -'package.json'.length))
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
      for (const [name, version] of Object.entries((manifest?.[kind] as Record<string, string> | undefined) ?? {})) {
        if (!/^(?:npm:@?[\w./-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
          findings.push({ path, text: `asks for ${name} ${version}. Pin one exact version.` })
      }
    }
  }
  return findings
}

function checkLockfile(tree: Tree): readonly Finding[] {
  const path = 'package-lock.json'
  const host = /"resolved":\s*"(?:https?|git[^"]*):[^"]*"/.exec(tree.files.get(path) ?? '')
  return host === null ? [] : [{ path, text: `names a host (${host[0]}). Write it with the settings of .npmrc.` }]
}

const row = (name: string, where: string): string => `| \`${name}\` | ${where} | HTTP | small |\n`

/** The rule of the house that goes with item 10: dependencies are written down, pinned, and named without a host. */
export const dependencies: Rule = {
  item: '10, dependencies',
  claim: 'docs/internals/dependencies.md is the package.json files, versions are exact, the lockfile names no host',
  check: (tree) => [...checkPage(tree), ...checkVersions(tree), ...checkLockfile(tree)],
  good: {
    'package.json': '{"devDependencies":{"viem":"2.57.13"}}',
    'packages/node/package.json': '{"dependencies":{"hono":"4.13.19","viem":"2.57.13","@turnpike/chain":"0.1.0"}}',
    [page]: `# Dependencies\n\n| name | where | for | why |\n|---|---|---|---|\n${row('hono', 'node')}${row('viem', 'root, node')}`,
    'package-lock.json':
      '{"packages":{"node_modules/hono":{"version":"4.13.19"},"packages/node":{"resolved":"packages/node","link":true}}}',
  },
  bad: [
    {
      name: 'nothing said',
      change: { [page]: `# Dependencies\n\n${row('hono', 'node')}` },
      finds: 'says nothing of viem',
    },
    { name: 'no page', change: { [page]: null }, finds: 'dependencies.md is missing' },
    {
      name: 'the wrong place',
      change: { [page]: `${row('hono', 'cli')}${row('viem', 'root, node')}` },
      finds: 'puts hono in cli; it stands in node',
    },
    {
      name: 'no reason',
      change: { [page]: `| \`hono\` | node | HTTP | |\n${row('viem', 'root, node')}` },
      finds: 'leaves open',
    },
    {
      name: 'a loose version',
      change: { 'package.json': '{"devDependencies":{"viem":"^2.57.13"}}' },
      finds: 'Pin one exact version',
    },
    {
      name: 'a host in the lockfile',
      change: { 'package-lock.json': '{"node_modules/hono":{"resolved": "https://example.org/hono.tgz"}}' },
      finds: 'package-lock.json names a host',
    },
    {
      name: 'a row too many',
      change: { 'package.json': '{}', 'packages/node/package.json': '{}' },
      finds: 'lists hono',
    },
  ],
}
