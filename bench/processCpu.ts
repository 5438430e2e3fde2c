// CPU time of another process, all of its threads, user and system: what a payment really costs a server.
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

// Linux counts in ticks of 1/100 s in this file whatever the kernel's own timer is (man 5 proc_pid_stat, USER_HZ).
const ticksPerSecond = 100

/**
 * CPU seconds that a process has used so far, from `/proc/<pid>/stat`.
 *
 * @throws where there is no /proc, or no such process.
 */
export function readCpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the name in parentheses and may contain anything; user and system are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

const leastMs = 1_200
const mostMs = 6_000
const stepMs = 300

/**
 * Waits until a process has done the work it left for later (history, checkpoints), so that it is counted too.
 * At least 1.2 s, because work may be put off by a second; at most 6 s.
 */
export async function waitUntilIdle(pid: number): Promise<void> {
  const start = performance.now()
  let before = readCpuSeconds(pid)
  for (;;) {
    await pause(stepMs)
    const now = readCpuSeconds(pid)
    const elapsedMs = performance.now() - start
    if (elapsedMs >= mostMs || (elapsedMs >= leastMs && now - before <= 1 / ticksPerSecond)) return
    before = now
  }
}
