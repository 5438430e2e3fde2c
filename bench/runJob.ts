// Runs a load job in a process of its own, so that its CPU is not the server's.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LoadJob, LoadResult } from './load.ts'

/** Runs a job to its end. @throws when a warm-up payment failed */
export function runJob(job: LoadJob): LoadResult {
  const load = fileURLToPath(new URL('./load.ts', import.meta.url))
  const child = spawnSync(process.execPath, [load, JSON.stringify(job)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (child.status !== 0) throw new Error(`the load generator ended with ${child.status ?? child.signal}`)
  return JSON.parse(child.stdout) as LoadResult
}
