// Unpredictable bytes.
import { randomBytes } from 'node:crypto'

/** Bytes from the operating system's generator, in memory of their own. */
export function random(length: number): Uint8Array {
  return Uint8Array.from(randomBytes(length))
}
