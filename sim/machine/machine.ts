// A simulated machine: disk, clock, threads, databases and randomness all follow from a seed. It can lose its power at any step, and
// what is left of its disk is the disk of the next one.
import { createMachine as createRealMachine } from '@turnpike/node'
import type { Machine } from '@turnpike/node'
import type { Random } from '../random.ts'
import { createDatabases, createFolder } from './databases.ts'
import type { Folder, SimulatedDatabases } from './databases.ts'
import { blank, createDisk } from './disk.ts'
import type { DiskOptions, Flaw, Platter, SimulatedDisk } from './disk.ts'
import { Schedule } from './schedule.ts'
import { createThreads } from './threads.ts'

/** What a machine leaves behind. */
export type Remains = {
  readonly platter: Platter
  readonly folder: Folder
  readonly now: number
  readonly room: number
}

export type SimulatedMachine = Machine & {
  readonly disk: SimulatedDisk
  readonly databases: SimulatedDatabases
  readonly schedule: Schedule
  /** Lines of the log, by level and sentence. */
  readonly lines: readonly Line[]
  /** The power fails (`machine`), or the process alone ends. Nothing happens on this machine any more. */
  crash(what: 'machine' | 'process'): Remains
}

export type Line = {
  readonly level: 'error' | 'warn' | 'info' | 'debug'
  readonly message: string
  readonly fields: unknown
}

export type MachineOptions = {
  readonly random: Random
  readonly from: Remains
  readonly outside: DiskOptions['outside']
  readonly flaw?: Flaw | undefined
}

/** Bytes on a new disk. */
export const newRoom: number = 2 ** 40

/** A machine that nobody has used, at a time in ms. */
export function newRemains(now: number): Remains {
  return { platter: blank, folder: createFolder(), now, room: newRoom }
}

const cores = 3
const real = await createRealMachine({ level: 'error' })

/** The hash functions of this process, fast and the same for every machine in it. */
export const hashes: Machine['hashes'] = real.hashes

/** Starts a machine on what another one has left. */
export function createMachine({ random, from, outside, flaw }: MachineOptions): SimulatedMachine {
  const schedule = new Schedule({ random: random.split('schedule'), now: from.now })
  const databases = createDatabases({ real: real.databases, folder: from.folder, random: random.split('databases') })
  const { platter, room } = from
  const disk = createDisk({
    schedule,
    random: random.split('disk'),
    from: platter,
    room,
    outside,
    foreign: databases.files,
    flaw,
  })
  const lines: Line[] = []
  const line = (level: Line['level']) => (message: string, fields?: unknown) =>
    void lines.push({ level, message, fields })
  const parts = { disk, clock: schedule.clock, databases, hashes }
  const bytes = random.split('bytes')
  return {
    ...parts,
    schedule,
    lines,
    threads: createThreads({ schedule, machine: () => parts, cores }),
    random: (length) => bytes.bytes(length),
    logger: { error: line('error'), warn: line('warn'), info: line('info'), debug: line('debug') },
    metrics: silent,
    crash(what) {
      const now = schedule.now
      schedule.stop()
      const folder = createFolder()
      databases.crash(folder, { whole: what === 'process' })
      from.folder.remove()
      return { platter: what === 'process' ? disk.abandon() : disk.lose(), folder, now, room: disk.room }
    },
  }
}

/** Nobody reads the numbers here. */
const silent: Machine['metrics'] = {
  counter: () => ({ add: () => undefined }),
  gauge: () => ({ set: () => undefined }),
  histogram: () => ({ observe: () => undefined }),
  text: () => Promise.resolve(''),
  contentType: 'text/plain',
}
