#!/usr/bin/env node
// The `turnpike` command. Plain JavaScript that any Node from 18 on can read: it makes sure of a Node that is new
// enough (the pinned one, which is installed beside the package; in a checkout it runs the sources), then hands over to
// the package's `main`.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import nodeModule, { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const REQUIRED_NODE_MAJOR = 24
const PARENT_POLL_MS = 500
const SOURCE_CONDITION = '--conditions=@turnpike/source'
const STARTER = 'TURNPIKE_STARTER_PID'

const file = fileURLToPath(import.meta.url)
const packageFolder = dirname(dirname(file))
const isCheckout = existsSync(join(packageFolder, 'tsconfig.json'))
const isNodeNewEnough = Number(process.versions.node.split('.')[0]) >= REQUIRED_NODE_MAJOR

const runsFromSource = () =>
  process.execArgv.includes(SOURCE_CONDITION) || (process.env['NODE_OPTIONS'] ?? '').includes(SOURCE_CONDITION)

/** @returns {string | undefined} the Node that is pinned for this platform, where it is installed, else this one if it is new enough */
const findNode = () => {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  try {
    const manifest = createRequire(file).resolve(`node-${platform}-${process.arch}/package.json`)
    return join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.node)
  } catch {
    // None is pinned for this platform, or optional packages were left out.
    return isNodeNewEnough ? process.execPath : undefined
  }
}

// The process that stands between a caller and the command passes signals on, and ends when it ends.
const startAgain = (/** @type {string} */ node) => {
  const given = process.env['NODE_OPTIONS'] ?? ''
  const condition = isCheckout ? [SOURCE_CONDITION] : []
  const env = { ...process.env, NODE_OPTIONS: [given, ...condition].join(' ').trim(), [STARTER]: String(process.pid) }
  const child = spawn(node, [...condition, file, ...process.argv.slice(2)], { env, stdio: 'inherit' })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`turnpike: could not start ${node}: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal ?? 'SIGTERM']
  })
}

// When whoever started us again is killed without a chance to pass it on, this process stops in good order.
const stopWithStarter = () => {
  const starter = process.env[STARTER]
  delete process.env[STARTER]
  if (starter !== String(process.ppid)) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, PARENT_POLL_MS)
  timer.unref()
}

// What was compiled once starts in half the time. Whoever can write beside the installed packages can write them, too; in a
// folder that everybody shares somebody else could have put it there. Where it can't be written there is none.
const keepCompiled = () => {
  const modules = isCheckout ? join(packageFolder, '../../node_modules') : join(packageFolder, '../..')
  nodeModule.enableCompileCache(join(modules, '.cache/turnpike'))
}

if (isNodeNewEnough && (!isCheckout || runsFromSource())) {
  stopWithStarter()
  keepCompiled()
  const { main } = await import('@turnpike/cli')
  process.exitCode = await main(process.argv.slice(2))
} else {
  const node = findNode()
  if (node === undefined) {
    const what = isCheckout
      ? 'Run `npm ci` in the checkout, or install that Node.'
      : 'Install the package again without --omit=optional, which brings that Node where it can, or install it yourself.'
    console.error(`turnpike needs Node ${REQUIRED_NODE_MAJOR} or newer, and this is ${process.version}. ${what}`)
    process.exitCode = 1
  } else {
    startAgain(node)
  }
}
