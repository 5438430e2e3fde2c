// The launcher behind every npm script: installs what the lockfile names and is missing, builds the pages if they are
// older than their sources, then starts the target with the pinned Node. Plain JavaScript with built-in modules only,
// because a fresh clone has nothing else; no syntax newer than Node 18.
import { spawn } from 'node:child_process'
import { existsSync, linkSync, mkdirSync, symlinkSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installMissing } from './launcher/install.mjs'
import { isStale, readPinnedNode } from './launcher/lockfile.mjs'
import { withLock } from './launcher/lock.mjs'
import { arePagesStale, buildPages } from './launcher/pages.mjs'
import { resolveProgram } from './launcher/program.mjs'

const REQUIRED_NODE_MAJOR = 24
const PARENT_POLL_MS = 500
const INSTALL_STOP_MS = 5_000
const SOURCE_CONDITION = '--conditions=@turnpike/source'
const FORWARDED_SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/**
 * What a script name starts: a file, or the program of an installed package, before the arguments given by the caller.
 *
 * @typedef {{ file?: string, program?: string, args?: readonly string[], pages?: boolean }} Target
 * @type {Readonly<Record<string, Target>>}
 */
const TARGETS = {
  start: { file: 'packages/cli/bin/turnpike.js', args: ['demo'], pages: true },
  test: { program: 'vitest', args: ['run'], pages: true },
  check: { file: 'scripts/check.mjs' },
  fix: { file: 'scripts/fix.mjs' },
  sim: { file: 'sim/main.ts' },
  fuzz: { file: 'scripts/fuzz.mjs' },
  bench: { file: 'bench/run.ts' },
  vectors: { file: 'scripts/vectors.ts' },
  reference: { file: 'scripts/reference.ts' },
  build: { file: 'scripts/build.mjs' },
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** @type {import('node:child_process').ChildProcess | undefined} */
let activeChild
let isPreparing = true
/** @type {(typeof FORWARDED_SIGNALS)[number] | undefined} */
let receivedSignal

/**
 * Runs a program to its end, with the launcher's signals forwarded to it.
 *
 * @param {{ command: string, args: readonly string[], env?: NodeJS.ProcessEnv, cwd?: string, quiet?: boolean }} options
 * @returns {Promise<number>} the exit code, or 128 + the number of the signal that ended it
 */
const run = ({ command, args, env = process.env, cwd = root, quiet = false }) =>
  new Promise((resolve, reject) => {
    if (receivedSignal !== undefined) return resolve(128 + constants.signals[receivedSignal])
    const child = spawn(command, args, { cwd, env, stdio: quiet ? ['ignore', 'ignore', 'inherit'] : 'inherit' })
    activeChild = child
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      activeChild = undefined
      // npm ends with a code of its own when it is told to stop.
      if (isPreparing && receivedSignal !== undefined) return resolve(128 + constants.signals[receivedSignal])
      return resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM'])
    })
  })

// npm passes no signal on beyond its shell: the launcher ends its child when its own parent is gone.
const watchSignalsAndParent = () => {
  const stop = (/** @type {(typeof FORWARDED_SIGNALS)[number]} */ signal) => {
    receivedSignal ??= signal
    // Without a child we wait for another's install; whatever we hold is taken over from the dead.
    if (activeChild === undefined) process.exit(128 + constants.signals[signal])
    activeChild.kill(signal)
    // npm may go on for long; an install that was cut off is done again next time.
    if (isPreparing) setTimeout(() => isPreparing && activeChild?.kill('SIGKILL'), INSTALL_STOP_MS).unref()
  }
  for (const signal of FORWARDED_SIGNALS) process.on(signal, () => stop(signal))
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    stop('SIGTERM')
  }, PARENT_POLL_MS)
  timer.unref()
}

// npm before 11.6.2 does not link `.bin/node` when several packages offer it.
const linkPinnedNode = (/** @type {string} */ pinnedNode) => {
  const bin = join(root, 'node_modules', '.bin')
  const link = join(bin, process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(link)) return
  mkdirSync(bin, { recursive: true })
  try {
    if (process.platform === 'win32') linkSync(pinnedNode, link)
    else symlinkSync(relative(bin, pinnedNode), link)
  } catch (error) {
    // Another launcher may have made it meanwhile.
    if (!existsSync(link)) throw error
  }
}

/** @returns {{ node: string, pinned: boolean } | undefined} the Node that runs the target */
const findNode = () => {
  const pinned = readPinnedNode(root)
  if (pinned !== undefined) return { node: pinned.path, pinned: true }
  if (Number(process.versions.node.split('.')[0]) < REQUIRED_NODE_MAJOR) return undefined
  return { node: process.execPath, pinned: false }
}

/** @returns {Promise<number>} 0 when everything that the target needs is there */
const prepare = async (/** @type {string} */ node, /** @type {boolean} */ needsPages) => {
  const isReady = () => !isStale(root) && !(needsPages && arePagesStale(root))
  if (isReady()) return 0
  return withLock(root, async () => {
    if (isStale(root)) {
      const code = await installMissing({ root, run })
      if (code !== 0) return code
    }
    return needsPages && arePagesStale(root) ? buildPages({ root, run, node }) : 0
  })
}

const withSourceCondition = () => {
  const options = process.env['NODE_OPTIONS'] ?? ''
  return options.includes(SOURCE_CONDITION) ? options : `${options} ${SOURCE_CONDITION}`.trim()
}

/** @returns {Promise<number>} the exit code of the target */
const main = async () => {
  const [name = '', ...args] = process.argv.slice(2)
  const target = Object.hasOwn(TARGETS, name) ? TARGETS[name] : undefined
  if (target === undefined) {
    console.error(`run.mjs: no target ${JSON.stringify(name)}; there are ${Object.keys(TARGETS).join(', ')}.`)
    return 2
  }
  const found = findNode()
  if (found === undefined) {
    console.error(
      `Turnpike pins no Node for ${process.platform}-${process.arch}, and this Node is ${process.version}: ` +
        `install Node ${REQUIRED_NODE_MAJOR} or newer and start again.`,
    )
    return 1
  }
  watchSignalsAndParent()
  const code = await prepare(found.node, target.pages === true)
  isPreparing = false
  if (code !== 0) return code
  if (found.pinned) linkPinnedNode(found.node)
  const env = { ...process.env, NODE_OPTIONS: withSourceCondition(), TURNPIKE_STARTER_PID: String(process.pid) }
  const file = target.program === undefined ? join(root, target.file ?? '') : resolveProgram(root, target.program)
  return run({ command: found.node, args: [SOURCE_CONDITION, file, ...(target.args ?? []), ...args], env })
}

process.exitCode = await main()
