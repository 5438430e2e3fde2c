// The packages as they are published: built by the real script in a copy of the tree, where nobody's running test loses a
// file under its feet, and packed by the real npm.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The packages that are published; the pages lie inside the command's. */
export const published = ['chain', 'sdk', 'node', 'cli'] as const
export type Name = (typeof published)[number]

/** A packed package, as npm reports it. */
export type Packed = {
  readonly name: string
  readonly version: string
  /** Bytes of the tarball. */
  readonly size: number
  readonly files: readonly { readonly path: string; readonly size: number; readonly mode: number }[]
  /** The tarball. */
  readonly path: string
}

/** How a program ended. */
export type Ended = { readonly code: number; readonly out: string; readonly errors: string }

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

const runFile = promisify(execFile)
const outputMax = 64 * 1024 * 1024

/** A world without this checkout: its programs, its npm's settings and its export condition. */
export function foreignEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|TURNPIKE_|VITEST|INIT_CWD)/i.test(name))
  return { ...Object.fromEntries(kept), PATH: foreignPath().join(delimiter) }
}

/** Where a machine's own programs lie. */
export function foreignPath(): readonly string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '' && !isOfAnInstall(folder))
}

function isOfAnInstall(folder: string): boolean {
  return folder.includes('node_modules') || folder.includes('node-gyp-bin')
}

/** Runs a program to its end, whatever its end is. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<Ended> {
  try {
    const { stdout, stderr } = await runFile(command, [...args], { ...options, maxBuffer: outputMax })
    return { code: 0, out: stdout, errors: stderr }
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string }
    return { code: typeof code === 'number' ? code : -1, out: stdout, errors: stderr === '' ? String(error) : stderr }
  }
}

/** @throws Error with what the program wrote, if it failed */
export async function runWell(...call: Parameters<typeof run>): Promise<string> {
  const { code, out, errors } = await run(...call)
  if (code !== 0) throw new Error(`${call[0]} ${call[1].join(' ')} ended with ${code}:\n${out}\n${errors}`)
  return out
}

/** Fills a `node_modules` with links to what is installed here, but for our own packages. */
export async function linkInstalled(modules: string): Promise<void> {
  await mkdir(modules, { recursive: true })
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (name !== '@turnpike' && name !== '.package-lock.json')
      await symlink(join(root, 'node_modules', name), join(modules, name))
  }
}

/** Links what one package has in another version than the others. */
export async function linkOwn(name: string, place: string): Promise<void> {
  const own = join(root, 'packages', name, 'node_modules')
  if (existsSync(own)) await symlink(own, join(place, 'node_modules'))
}

const notCopied = new Set(['node_modules', 'dist', '.turnpike'])

/** A copy of what a build reads, with the pages that the launcher has built. */
async function copyTree(to: string): Promise<void> {
  for (const name of ['packages', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.base.json'])
    await cp(join(root, name), join(to, name), {
      recursive: true,
      preserveTimestamps: true,
      filter: (path) => !notCopied.has(basename(path)) || path.endsWith('explorer/dist'),
    })
  await linkInstalled(join(to, 'node_modules'))
  await mkdir(join(to, 'node_modules/@turnpike'))
  for (const name of [...published, 'explorer']) {
    await symlink(join(to, 'packages', name), join(to, 'node_modules/@turnpike', name))
    await linkOwn(name, join(to, 'packages', name))
  }
}

/** Builds and packs every package in a new folder. */
export async function packAll(): Promise<{
  readonly folder: string
  readonly packages: Readonly<Record<Name, Packed>>
}> {
  const folder = await mkdtemp(join(tmpdir(), 'turnpike-packages-'))
  await copyTree(folder)
  await runWell(process.execPath, [join(folder, 'scripts/build.mjs')], { cwd: folder })
  const tarballs = join(folder, 'tarballs')
  await mkdir(tarballs)
  const places = published.flatMap((name) => ['-w', `packages/${name}`])
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', tarballs, ...places]
  const out = await runWell('npm', args, { cwd: folder, env: foreignEnvironment() })
  const told = JSON.parse(out) as readonly (Omit<Packed, 'path'> & { readonly filename: string })[]
  const packed = told.map((each) => [
    each.name.replace('@turnpike/', ''),
    { ...each, path: join(tarballs, each.filename) },
  ])
  return { folder, packages: Object.fromEntries(packed) as Record<Name, Packed> }
}
