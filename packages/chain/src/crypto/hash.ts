// The two hash functions of the chain. noble computes them unless the process installs faster ones at boot; the
// binding below is the only mutable one at module level in the deterministic core.
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { keccak_256 as nobleKeccak256 } from '@noble/hashes/sha3.js'
import * as Hex from '../codec/Hex.ts'

/**
 * An implementation of both hashes. Each function reads exactly the bytes of the view it is given, leaves them as
 * they are, and returns 32 bytes that no later call changes.
 */
export type HashFunctions = {
  readonly keccak256: (data: Uint8Array) => Uint8Array
  readonly sha256: (data: Uint8Array) => Uint8Array
}

/** What is used until something faster is installed, and what the faster one has to agree with. */
const noble: HashFunctions = { keccak256: nobleKeccak256, sha256: nobleSha256 }

/** Lengths around the ends of a Keccak (136) and a SHA-256 (64, padding from 56) block, and those the chain hashes. */
const vectorLengths = [0, 1, 31, 32, 55, 56, 64, 65, 66, 113, 135, 136, 137, 224, 251, 271, 272, 273, 1_000, 70_000]

let installed: HashFunctions = noble

/** Keccak-256 with the original padding, as Ethereum uses it: 32 bytes. */
export function keccak256(data: Uint8Array): Uint8Array {
  return installed.keccak256(data)
}

/** SHA-256: 32 bytes. */
export function sha256(data: Uint8Array): Uint8Array {
  return installed.sha256(data)
}

/**
 * Replaces noble once, at boot. What was hashed before stays right, since both agree.
 *
 * @throws when one of the functions disagrees with noble on a vector, returns memory that it uses again or writes to
 * its input, or when other functions were installed before: two implementations in one process could differ.
 */
export function installHashes(functions: HashFunctions): void {
  if (installed.keccak256 === functions.keccak256 && installed.sha256 === functions.sha256) return
  if (installed !== noble) throw new Error('Other hash functions are installed already; install them once, at boot.')
  assertAgrees('keccak256', functions.keccak256)
  assertAgrees('sha256', functions.sha256)
  installed = { keccak256: functions.keccak256, sha256: functions.sha256 }
}

/** Holds a candidate against noble. Every input is a view into larger memory, as scratch buffers are. */
function assertAgrees(name: keyof HashFunctions, candidate: (data: Uint8Array) => Uint8Array): void {
  const memory = vectorBytes()
  const untouched = memory.slice()
  const results = vectorLengths.map((length) => candidate(memory.subarray(7, 7 + length)))
  // Compared only after the last call, so that a result which shares memory with a later one is noticed.
  for (const [i, length] of vectorLengths.entries()) {
    const expected = Hex.fromBytes(noble[name](untouched.subarray(7, 7 + length)))
    const actual = Hex.fromBytes(results[i]!)
    if (actual !== expected) {
      throw new Error(`The ${name} to be installed gives ${actual} for ${length} bytes where noble gives ${expected}.`)
    }
  }
  for (let i = 0; i < memory.length; i++) {
    if (memory[i] !== untouched[i]) throw new Error(`The ${name} to be installed writes to its input.`)
  }
}

/** Bytes without a pattern that a wrong offset or length could leave unnoticed. */
function vectorBytes(): Uint8Array {
  const bytes = new Uint8Array(70_020)
  let state = 1
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}
