// Unpredictable bytes.
import { randomFillSync } from 'node:crypto'

/** Drawn at once: each call of the generator costs 3 us, whatever its length, and every verify needs 16 bytes. */
const POOL_BYTES = 4_096
const pool = new Uint8Array(POOL_BYTES)
let left = 0

/** Bytes from the operating system's generator, in memory of their own; none is given out twice. */
export function random(length: number): Uint8Array {
  if (length > POOL_BYTES) return randomFillSync(new Uint8Array(length))
  if (length > left) {
    randomFillSync(pool)
    left = POOL_BYTES
  }
  const bytes = pool.slice(left - length, left)
  pool.fill(0, left - length, left)
  left -= length
  return bytes
}
