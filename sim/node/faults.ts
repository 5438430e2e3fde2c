// What goes wrong with the machine of a run: every seed has its own kinds of faults, and how often they strike.
import { newRoom } from '../machine/machine.ts'
import type { Random } from '../random.ts'
import { home, plentyBytes, type Life } from './life.ts'

/** The faults there are; coverage tells which a run has had. */
export const faultNames = [
  'the power fails',
  'the power fails under a block',
  'the power fails, and the node is stopped as soon as it is back',
  'the process is killed',
  'the node is stopped in order',
  'a disk call fails',
  'the disk is full',
  'there is room again',
  'a database write fails',
  'a checkpoint or a redo file rots, and the power fails',
  'history is deleted',
  'the clock jumps ahead',
  'the clock jumps back',
] as const

export type Faults = {
  /** Perhaps something breaks now. Answers whether it did. */
  strike(life: Life, note: (name: string) => void): boolean
  /** What is broken is whole again. */
  mend(life: Life): void
}

const jumpsMs = [1, 500, 5_000, 59_000, 61_000, 600_000, 3_600_000]

export type Fault = (typeof faultNames)[number]

/** Whether a node that runs has a record of the log on its way to the disk. */
const isWriting = ({ machine, state }: Life): boolean =>
  state === 'running' && machine.disk.underWay().some((call) => call.startsWith('disk: write log/'))

/** Faults that wait for such a moment. */
const underBlock = new Set<Fault>([
  'the power fails under a block',
  'the power fails, and the node is stopped as soon as it is back',
])

/** How a fault breaks things; false where there is nothing to break just now. */
const deeds: { readonly [name in Fault]: (life: Life, random: Random) => boolean } = {
  'the power fails': (life) => {
    life.crash('machine')
    return true
  },
  'the power fails under a block': (life) => {
    if (!isWriting(life)) return false
    life.crash('machine')
    return true
  },
  'the power fails, and the node is stopped as soon as it is back': (life) => {
    if (!isWriting(life)) return false
    life.crash('machine')
    life.isBrief = true
    return true
  },
  'the process is killed': (life) => {
    life.crash('process')
    return true
  },
  'the node is stopped in order': (life) => {
    if (life.state !== 'running') return false
    life.close()
    return true
  },
  'a disk call fails': (life, random) => {
    life.hurt.add('disk')
    life.machine.disk.failNext('EIO', 1 + random.int(2))
    return true
  },
  'the disk is full': (life, random) => {
    life.hurt.add('room')
    life.machine.disk.room = random.pick([0, 1_000, 200_000, 2 ** 28])
    return true
  },
  'there is room again': (life) => {
    if (life.machine.disk.room >= plentyBytes) return false
    life.machine.disk.room = newRoom
    return true
  },
  'a database write fails': (life) => {
    life.hurt.add('database')
    life.machine.databases.failNext(1)
    return true
  },
  'a checkpoint or a redo file rots, and the power fails': (life, random) => {
    const { disk } = life.machine
    const names = disk.peekNames(home).filter((name) => /^(?:checkpoint|redo)-/.test(name))
    if (names.length === 0) return false
    const bytes = disk.peek(`${home}/${random.pick(names)}`)!
    if (bytes.length > 0) bytes[random.int(bytes.length)]! ^= 1 << random.int(8)
    life.crash('machine')
    return true
  },
  'history is deleted': (life, random) => {
    life.crash('process')
    const parts = ['history', 'receipts', 'mmr'].filter((name) => name === 'history' || random.percent(50))
    for (const name of parts) life.machine.disk.wipe(`${home}/${name}`)
    return true
  },
  'the clock jumps ahead': (life, random) => {
    life.machine.schedule.jump(random.pick(jumpsMs))
    return true
  },
  'the clock jumps back': (life, random) => {
    life.machine.schedule.jump(-random.pick(jumpsMs))
    return true
  },
}

/** So many steps of the machine lie between two faults of one kind, at least; and less where they wait for a write of the log. */
const everySteps = 400
const writingShare = 30

/** The faults of a seed: half of all kinds, so that rare ones come to act alone. */
export function chooseFaults(random: Random): readonly Fault[] {
  return faultNames.filter((name) => name === 'there is room again' || random.percent(50))
}

/** Faults of some kinds, each as often as the seed likes it. */
export function createFaults(kinds: readonly Fault[], random: Random): Faults {
  const rarity = new Map(
    kinds.map((name) => {
      const steps = everySteps * (1 + random.int(6))
      return [name, underBlock.has(name) ? steps / writingShare : steps]
    }),
  )
  return {
    strike(life, note) {
      for (const [name, steps] of rarity) {
        if (random.int(steps) > 0 || !deeds[name](life, random)) continue
        note(`fault: ${name}`)
        return true
      }
      return false
    },
    mend(life) {
      life.machine.disk.room = newRoom
      life.machine.disk.failNext('EIO', 0)
      life.machine.databases.failNext(0)
    },
  }
}
