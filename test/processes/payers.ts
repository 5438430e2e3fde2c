// Payer processes as a test holds them: started together, told when the node is back, and listened to.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answer, Job, Order, Report } from './payer.ts'

/** Some payer processes. */
export type Payers = {
  /** Every answer so far, in the order in which they came. */
  readonly answers: readonly Answer[]
  /** Waits until there are so many answers, or until all have finished. */
  reach(count: number): Promise<void>
  tell(order: Order): void
  /** Waits until all have finished. @throws Error when one failed */
  finished(): Promise<void>
  /** Ends whatever still runs. */
  kill(): void
}

const program = fileURLToPath(new URL('./payer.ts', import.meta.url))

/** Starts one process for each job. */
export function startPayers(jobs: readonly Job[]): Payers {
  const answers: Answer[] = []
  let changed = Promise.withResolvers<void>()
  const finished = new Set<number>()
  const change = (): void => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  const children = jobs.map((job, index) => {
    const child = fork(program, [JSON.stringify(job)])
    child.on('message', (report: Report) => {
      if ('answers' in report) answers.push(...report.answers)
      else finished.add(index)
      change()
    })
    return child
  })
  const exits = children.map((child) => once(child, 'exit') as Promise<[number | null]>)
  const failed = Promise.race(
    exits.map(async (exit) => {
      const [code] = await exit
      if (code !== 0) throw new Error(`a payer ended with ${code}`)
      await Promise.all(exits)
    }),
  )
  failed.catch(() => undefined)
  return {
    answers,
    reach: async (count) => {
      while (answers.length < count && finished.size < jobs.length) await Promise.race([changed.promise, failed])
    },
    tell: (order) => children.forEach((child) => child.connected && child.send(order)),
    finished: async () => {
      const codes = await Promise.all(exits)
      if (codes.some(([code]) => code !== 0)) throw new Error(`payers ended with ${codes.join(', ')}`)
    },
    kill: () => children.forEach((child) => child.kill('SIGKILL')),
  }
}
