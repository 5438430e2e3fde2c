// Installs what the lockfile names: first the pinned Node alone, in a folder that goes again, then everything by
// `npm ci` run with it. Under a Node older than 20.19 or 22.12 npm leaves native packages out without a word.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { readEntries, readPinnedNode } from './lockfile.mjs'

const FOLDER_PREFIX = '.node-install-'
const NPM_FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
// Settings of the npm that started us which would make it install less, or elsewhere.
const DROPPED_SETTINGS =
  /^npm_config_(workspaces?|omit|only|production|global|dry_run|prefix|local_prefix|package_lock.*)$/i

/**
 * @typedef {(options: {
 *   command: string, args: readonly string[], env?: NodeJS.ProcessEnv, cwd?: string, quiet?: boolean,
 * }) => Promise<number>} Run
 */

const isRunBy = (/** @type {string} */ version) => process.versions.node === version

/** @returns {{ command: string, args: string[] }} how to start npm: the one that started us, else the one in PATH */
const findNpm = (/** @type {string} */ node) => {
  const path = process.env['npm_execpath']
  if (path !== undefined && basename(path).startsWith('npm') && existsSync(path)) return { command: node, args: [path] }
  return process.platform === 'win32' ? { command: 'cmd', args: ['/c', 'npm'] } : { command: 'npm', args: [] }
}

const createEnvironment = (/** @type {string} */ node) => {
  const kept = Object.entries(process.env).filter(([name]) => !DROPPED_SETTINGS.test(name))
  const env = Object.fromEntries(kept)
  // An npm from PATH asks PATH for its Node.
  return { ...env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` }
}

const removeFolders = (/** @type {string} */ root) => {
  // The lock is ours, so a folder that is there was left by an install that died.
  for (const name of readdirSync(root)) {
    if (!name.startsWith(FOLDER_PREFIX)) continue
    try {
      rmSync(join(root, name), { recursive: true, force: true, maxRetries: 5 })
    } catch {
      // A killed npm may still be writing there; the next install removes the rest.
    }
  }
}

/**
 * @param {{ root: string, run: Run }} options
 * @returns {Promise<{ node: string } | { code: number }>} the Node that is to run npm, or npm's exit code
 */
const installNode = async ({ root, run }) => {
  const pinned = readPinnedNode(root)
  if (pinned === undefined || isRunBy(pinned.version)) return { node: process.execPath }
  const folder = join(root, `${FOLDER_PREFIX}${process.pid}`)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const npm = findNpm(process.execPath)
  const args = [
    ...npm.args,
    'install',
    '--prefix',
    folder,
    '--no-save',
    ...NPM_FLAGS,
    `${pinned.name}@${pinned.version}`,
  ]
  const env = createEnvironment(process.execPath)
  const code = await run({ command: npm.command, args, env, cwd: folder, quiet: true })
  if (code !== 0) return { code }
  const installed = readEntries(join(folder, 'node_modules', '.package-lock.json'))?.[`node_modules/${pinned.name}`]
  if (installed?.integrity !== pinned.integrity) {
    console.error(`The registry's ${pinned.name}@${pinned.version} is not the one that package-lock.json names.`)
    return { code: 1 }
  }
  return { node: join(folder, pinned.path.slice(root.length + 1)) }
}

/**
 * Installs what the lockfile names. To be called with the install lock held.
 *
 * @param {{ root: string, run: Run }} options
 * @returns {Promise<number>} 0, or the exit code of the npm that failed, which has said why
 */
export const installMissing = async ({ root, run }) => {
  const startedMs = Date.now()
  console.error('Installing what package-lock.json names and is missing (once, about half a minute) ...')
  removeFolders(root)
  try {
    const found = await installNode({ root, run })
    let code = 'code' in found ? found.code : 0
    if ('node' in found) {
      const npm = findNpm(found.node)
      const args = [...npm.args, 'ci', '--include=dev', '--include=optional', ...NPM_FLAGS]
      code = await run({ command: npm.command, args, env: createEnvironment(found.node), quiet: true })
    }
    if (code === 0) console.error(`Installed in ${((Date.now() - startedMs) / 1000).toFixed(0)} s.`)
    else if (code < 128)
      console.error('npm could not install: see its message above, check network and proxy, start again.')
    return code
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOENT') throw error
    console.error('There is no npm in PATH: install npm 10 or newer, start again.')
    return 1
  } finally {
    removeFolders(root)
  }
}
