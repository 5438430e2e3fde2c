// Builds the pages that the node serves when they are missing, or older than what they are made of.
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

const EXPLORER = 'packages/explorer'
const SOURCES = [`${EXPLORER}/src`, `${EXPLORER}/public`]
const SOURCE_FILES = [`${EXPLORER}/index.html`, `${EXPLORER}/vite.config.ts`, 'package-lock.json']
const NOT_BUILT = /\.(test|fuzz|bench|test-d)\.tsx?$|\.md$/

const readTimeMs = (/** @type {string} */ file) => (existsSync(file) ? statSync(file).mtimeMs : 0)

/** @returns {number} when the newest file under a folder was written */
const findNewestMs = (/** @type {string} */ folder) => {
  if (!existsSync(folder)) return 0
  let newestMs = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) newestMs = Math.max(newestMs, findNewestMs(path))
    else if (!NOT_BUILT.test(entry.name)) newestMs = Math.max(newestMs, readTimeMs(path))
  }
  return newestMs
}

/** @returns {boolean} whether the pages are to be built */
export const arePagesStale = (/** @type {string} */ root) => {
  if (!existsSync(join(root, EXPLORER, 'index.html'))) return false
  const builtMs = readTimeMs(join(root, EXPLORER, 'dist/index.html'))
  const sourceMs = [
    ...SOURCES.map((folder) => findNewestMs(join(root, folder))),
    ...SOURCE_FILES.map((file) => readTimeMs(join(root, file))),
  ]
  return builtMs < Math.max(...sourceMs)
}

/**
 * Builds the pages beside the ones in use, then puts them in their place.
 *
 * @param {{ root: string, run: import('./install.mjs').Run, node: string }} options
 * @returns {Promise<number>} the exit code of the build
 */
export const buildPages = async ({ root, run, node }) => {
  const folder = join(root, EXPLORER)
  const [built, next] = [join(folder, 'dist'), join(folder, 'dist.next')]
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const args = [vite, 'build', '--logLevel', 'warn', '--outDir', 'dist.next', '--emptyOutDir']
  const code = await run({ command: node, args, cwd: folder, quiet: true })
  if (code !== 0) {
    console.error('The pages could not be built: see the message above.')
    return code
  }
  rmSync(built, { recursive: true, force: true })
  renameSync(next, built)
  return 0
}
