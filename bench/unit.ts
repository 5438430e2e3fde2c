// The units in which every figure is given: R, one native secp256k1 recovery, and one bare durable write.
// Both are measured in the same run as what is compared with them, because machines and their neighbours differ.
import { closeSync, constants, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { keccak256, secp256k1 } from './primitives.ts'

const batches = 33
const batchSize = 64
const recordBytes = 1_024
const writes = 256

/** The middle value of some figures; the mean of the two middle ones when their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  const lower = sorted[middle - (sorted.length % 2 === 0 ? 1 : 0)]
  if (upper === undefined || lower === undefined) throw new RangeError('a median needs at least one value')
  return (lower + upper) / 2
}

/** The value below which a share of some figures lies; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}

const sleeper = new Int32Array(new SharedArrayBuffer(4))

const signed = Array.from({ length: batchSize }, (_, index) => {
  const digest = keccak256(Buffer.from(`bench unit digest ${index}`))
  return { digest, ...secp256k1.ecdsaSign(digest, keccak256(Buffer.from(`bench unit key ${index}`))) }
})

function recoverBatch(): number {
  const start = performance.now()
  for (const { signature, recid, digest } of signed) secp256k1.ecdsaRecover(signature, recid, digest, false)
  return ((performance.now() - start) * 1_000) / batchSize
}

/**
 * R in microseconds: the median of 33 batches of 64 recoveries in this thread, 0.1 s. Batches are shorter than a turn of the scheduler
 * and timed by the clock, which is CPU time then: the system counts CPU in ticks of 4 ms, and they would make R coarse.
 */
export function measureRecoverUs(): number {
  recoverBatch()
  return median(Array.from({ length: batches }, recoverBatch))
}

/**
 * One bare durable write in milliseconds: 1 KB into a zero-filled file opened with O_DSYNC, the median of 256. After each the machine
 * may idle for a while, as between the calls of one client: a disk that has just been used answers faster.
 * The directory should lie on the disk that the measured server uses.
 */
export function measureDurableWriteMs(directory: string, idleMs = 0): number {
  const path = join(directory, 'durable-write')
  const prepared = openSync(path, 'w')
  // Filled before, so that no write changes the file's size: the case of a pre-allocated log.
  writeSync(prepared, Buffer.alloc(recordBytes * writes))
  closeSync(prepared)
  const file = openSync(path, constants.O_WRONLY | constants.O_DSYNC)
  const record = Buffer.alloc(recordBytes, 7)
  const tookMs = Array.from({ length: writes }, (_, index) => {
    if (idleMs > 0) Atomics.wait(sleeper, 0, 0, idleMs)
    const start = performance.now()
    writeSync(file, record, 0, recordBytes, index * recordBytes)
    return performance.now() - start
  })
  closeSync(file)
  rmSync(path)
  return median(tookMs)
}
