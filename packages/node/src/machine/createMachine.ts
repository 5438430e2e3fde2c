// Puts the real machine together.
import { createClock } from './clock.ts'
import { createDatabases } from './database.ts'
import { createDisk } from './disk.ts'
import { createHashes } from './hashes.ts'
import { createLogger } from './logger.ts'
import type { LoggerOptions } from './logger.ts'
import type { Machine } from './Machine.ts'
import { createMetrics } from './metrics.ts'
import { random } from './random.ts'
import { createThreads } from './threads.ts'

/** The machine this process runs on. */
export async function createMachine(options: Omit<LoggerOptions, 'clock'>): Promise<Machine> {
  const clock = createClock()
  return {
    disk: createDisk(),
    clock,
    threads: createThreads(),
    databases: createDatabases(),
    hashes: await createHashes(),
    random,
    logger: createLogger({ ...options, clock }),
    metrics: createMetrics(),
  }
}
