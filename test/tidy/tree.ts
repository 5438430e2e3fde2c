// The repository as the house rules see it: a map from path to text, and where an import leads in it.
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { importsOf, type Import } from './scan.ts'

/** Paths from the root with forward slashes, and their texts. An empty folder is a path that ends in a slash. */
export type Tree = { readonly files: ReadonlyMap<string, string> }

/** What a rule says of one place: where, and what to do instead. */
export type Finding = { readonly path: string; readonly line?: number; readonly text: string }

/** A rule of the house with examples of its own: `good` passes, and each change to it is found. */
export type Rule = {
  readonly item: string
  readonly claim: string
  readonly check: (tree: Tree) => readonly Finding[]
  readonly good: Readonly<Record<string, string>>
  readonly bad: readonly Example[]
}

/** A change that breaks a rule (null takes a file away), and the place and words that the finding must have. */
export type Example = {
  readonly name: string
  readonly change: Readonly<Record<string, string | null>>
  readonly finds: string
}

/** Where an import leads. */
export type Target =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'hidden'; readonly workspace: string } // one of our packages, by a path it does not export
  | { readonly kind: 'outside'; readonly name: string } // a dependency or `node:…`

const skipped = new Set(['node_modules', 'dist', 'coverage'])
const shownDotFolders = new Set(['.ci', '.github'])
const texts = /\.(?:ts|tsx|js|mjs|cjs|json|md|css|html|yml|yaml|toml|txt)$|(?:^|\/)(?:LICENSE|run|\.npmrc|\.gitignore)$/

function readFolder(root: string, folder: string, files: Map<string, string>): void {
  const entries = readdirSync(`${root}/${folder}`, { withFileTypes: true })
  if (entries.length === 0) files.set(folder, '')
  for (const entry of entries) {
    const path = `${folder}${entry.name}`
    if (entry.isDirectory()) {
      if (skipped.has(entry.name) || (entry.name.startsWith('.') && !shownDotFolders.has(entry.name))) continue
      readFolder(root, `${path}/`, files)
    } else if (entry.isFile()) files.set(path, texts.test(path) ? readFileSync(`${root}/${path}`, 'utf8') : '')
  }
}

/** Reads the checkout at `root` (which ends without a slash), leaving out what is installed or built. */
export function readTree(root: string): Tree {
  const files = new Map<string, string>()
  readFolder(root, '', files)
  return { files }
}

/** A tree of a few written-out files. */
export function treeOf(files: Readonly<Record<string, string | null>>): Tree {
  const entries = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== null)
  return { files: new Map(entries) }
}

/** A file of code, whatever its dialect. */
export function isSource(path: string): boolean {
  return /\.(?:ts|tsx|js|mjs)$/.test(path) && !path.endsWith('.d.ts')
}

/** A file that only tests run: it may reach across floors, since nothing that is published stands on it. */
export function isTest(path: string): boolean {
  return /\.(?:test|fuzz|bench|compliance|fixture|test-d)\.tsx?$/.test(path)
}

/** Code that is published or started: no test, no page, no settings file. */
export function isLive(path: string): boolean {
  return isSource(path) && !isTest(path) && !/\.config\.[jt]s$/.test(path)
}

/** `packages/chain/src/x.ts` belongs to `chain`, `sim/x.ts` to `sim`, a file at the root to the empty name. */
export function workspaceOf(path: string): string {
  const parts = path.split('/')
  return parts[0] === 'packages' ? (parts[1] ?? '') : parts.length > 1 ? parts[0]! : ''
}

/** The name of the module a chain file belongs to, if any. */
export function moduleOf(path: string): string | undefined {
  return /^packages\/chain\/src\/modules\/([^/]+)\//.exec(path)?.[1]
}

/** Whether a file or folder stands at the path. */
export function exists(tree: Tree, path: string): boolean {
  if (tree.files.has(path)) return true
  const folder = path.endsWith('/') ? path : `${path}/`
  for (const file of tree.files.keys()) if (file.startsWith(folder)) return true
  return false
}

type Manifest = { readonly exports?: unknown; readonly [key: string]: unknown }

/** The package.json in a folder (which ends in a slash), parsed; undefined if there is none. */
export function manifestOf(tree: Tree, folder: string): Manifest | undefined {
  const text = tree.files.get(`${folder}package.json`)
  return text === undefined ? undefined : (JSON.parse(text) as Manifest)
}

/** The doors of a package: what follows its name, and the source that lies behind it (both may hold one `*`). */
export function doorsOf(tree: Tree, workspace: string): ReadonlyMap<string, string> {
  const doors = new Map<string, string>()
  const declared = manifestOf(tree, `packages/${workspace}/`)?.exports
  if (typeof declared !== 'object' || declared === null) return doors
  for (const [door, conditions] of Object.entries(declared)) {
    const source =
      typeof conditions === 'string' ? conditions : (conditions as Record<string, unknown>)['@turnpike/source']
    if (typeof source === 'string') doors.set(door, posix.join(`packages/${workspace}`, source))
  }
  return doors
}

function behindDoor(doors: ReadonlyMap<string, string>, door: string): string | undefined {
  const plain = doors.get(door)
  if (plain !== undefined) return plain
  for (const [pattern, source] of doors) {
    const [head, tail] = pattern.split('*')
    if (tail === undefined || !door.startsWith(head!) || !door.endsWith(tail)) continue
    return source.replace('*', door.slice(head!.length, door.length - tail.length))
  }
  return undefined
}

/** Where an import in the file `from` leads. A package whose package.json is absent is taken at its word. */
export function resolve(tree: Tree, from: string, specifier: string): Target {
  if (specifier.startsWith('.')) {
    const path = posix.normalize(posix.join(posix.dirname(from), specifier.split('?')[0]!))
    return { kind: 'file', path }
  }
  const own = /^@turnpike\/([^/]+)(\/.*)?$/.exec(specifier)
  if (own === null) {
    const parts = specifier.split('/')
    return { kind: 'outside', name: specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]! }
  }
  const [, workspace, rest] = own
  const path = behindDoor(doorsOf(tree, workspace!), `.${rest ?? ''}`)
  if (path !== undefined) return { kind: 'file', path }
  return { kind: 'hidden', workspace: workspace! }
}

/** One import that stands in a tree, resolved. */
export type Arrow = { readonly from: string; readonly import: Import; readonly target: Target }

/** All imports of the source files that `wanted` accepts. */
export function arrowsOf(tree: Tree, wanted: (path: string) => boolean): readonly Arrow[] {
  const arrows: Arrow[] = []
  for (const [from, text] of tree.files) {
    if (!isSource(from) || !wanted(from)) continue
    for (const found of importsOf(text)) {
      arrows.push({ from, import: found, target: resolve(tree, from, found.specifier) })
    }
  }
  return arrows
}

/** A finding at the place of an arrow. */
export function at(arrow: Arrow, text: string): Finding {
  return { path: arrow.from, line: arrow.import.line, text: `imports ${arrow.import.specifier}: ${text}` }
}

/** The finding as a person reads it. */
export function say(finding: Finding): string {
  return `${finding.path}${finding.line === undefined ? '' : `:${finding.line}`} ${finding.text}`
}
