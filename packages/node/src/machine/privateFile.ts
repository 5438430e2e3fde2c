// A file that its owner alone can read, made before a library makes it with the rights of the process.
import { chmodSync, closeSync, openSync } from 'node:fs'

const ownerOnly = 0o600

/**
 * Makes an empty file for its owner alone, or takes the rights of others from one that is there. It never opens one that is there:
 * closing it would drop every lock that this process has on it.
 */
export function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', ownerOnly))
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error
    chmodSync(path, ownerOnly)
  }
}
