// One install at a time in one checkout: a file, created whole or not at all, that names its owner. The lock of an
// owner that died is taken over, also when another process got its id since.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const POLL_MS = 200
const WAIT_MAX_MS = 600_000

const readOrUndefined = (/** @type {string} */ file) => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

// Process ids are used again, within minutes in a container; the time a process started tells two owners apart.
const readStart = (/** @type {number} */ pid) =>
  readOrUndefined(`/proc/${pid}/stat`)?.split(') ')[1]?.split(' ')[19] ?? ''

const isAlive = (/** @type {string} */ owner) => {
  const [pid = '', start = ''] = owner.trim().split(' ')
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EPERM') return false
  }
  return start === readStart(Number(pid))
}

const tryCreate = (/** @type {string} */ file) => {
  const own = `${file}.${process.pid}`
  writeFileSync(own, `${process.pid} ${readStart(process.pid)}\n`)
  try {
    linkSync(own, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(own, { force: true })
  }
}

const takeFromDead = (/** @type {string} */ file, /** @type {string} */ owner) => {
  const taken = `${file}.${process.pid}.taken`
  try {
    renameSync(file, taken)
    // Someone else may have taken it over first; theirs goes back.
    if (readOrUndefined(taken) !== owner) linkSync(taken, file)
  } catch {
    // Already gone, or already another's: the next attempt to create tells.
  }
  rmSync(taken, { force: true })
}

/**
 * Runs a piece of work while no other launcher of this checkout does.
 *
 * @template T
 * @param {string} root
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 * @throws when a living owner keeps the lock for ten minutes
 */
export const withLock = async (root, work) => {
  const file = join(root, '.install.lock')
  const untilMs = Date.now() + WAIT_MAX_MS
  while (!tryCreate(file)) {
    const owner = readOrUndefined(file)
    if (owner !== undefined && !isAlive(owner)) {
      takeFromDead(file, owner)
      continue
    }
    if (Date.now() > untilMs) throw new Error(`Process ${owner} has held ${file} for ten minutes: end it, start again.`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}
