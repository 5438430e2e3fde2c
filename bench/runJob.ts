// Runs a load job in a process of its own, so that its CPU is not the server's.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LoadJob, LoadResult } from './load.ts'
import type { Server } from './server.ts'

/** What to send; where it goes is the server's. */
export type Work = Omit<LoadJob, 'url' | 'verifyPath' | 'settlePath' | 'pid'>

/** Sends a server some work, to its end. @throws when a warm-up payment failed */
export function runJob({ url, pid, routes }: Server, work: Work): LoadResult {
  const job: LoadJob = { ...work, url, pid, verifyPath: routes.verify, settlePath: routes.settle }
  const load = fileURLToPath(new URL('./load.ts', import.meta.url))
  const child = spawnSync(process.execPath, [load, JSON.stringify(job)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (child.status !== 0) throw new Error(`the load generator ended with ${child.status ?? child.signal}`)
  return JSON.parse(child.stdout) as LoadResult
}
