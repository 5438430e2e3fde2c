// Watches the free space of the disk. Below the threshold the node takes no operations, so that what it already owes
// (the block in flight, history, a clean end) still finds room; above it again, it goes on by itself (decisions 5).
import type { Machine, Ms } from '../../machine/Machine.ts'

/** Below so many free bytes a node is read-only, unless said otherwise. */
const freeBytesMinDefault = 536_870_912
const intervalMs: Ms = 3_000

export type FreeSpaceOptions = {
  readonly machine: Pick<Machine, 'disk' | 'clock' | 'logger'>
  /** The data directory. */
  readonly home: string
  readonly freeBytesMin?: number | undefined
  /** Told when there is room again. */
  readonly onRoom: () => void
}

/** The watch, until it is stopped. */
export type FreeSpace = {
  /** Why the node is read-only; undefined while it is not. */
  readonly reason: string | undefined
  /** Whether there is room for so many bytes above the threshold, as far as was seen last. */
  readonly hasRoom: (bytes: number) => boolean
  /** Looks now. */
  readonly look: () => Promise<void>
  readonly stop: () => void
}

/** Looks at the free space, and again every few seconds. */
export async function watchFreeSpace({
  machine,
  home,
  freeBytesMin = freeBytesMinDefault,
  onRoom,
}: FreeSpaceOptions): Promise<FreeSpace> {
  const { disk, clock, logger } = machine
  let free = Infinity
  let isStopped = false
  let cancel: () => void = () => undefined
  const look = async (): Promise<void> => {
    const wasLow = free < freeBytesMin
    try {
      free = await disk.getFreeBytes(home)
    } catch (error) {
      logger.warn('The free space of the disk cannot be told.', { error })
      return
    }
    const isLow = free < freeBytesMin
    if (isLow && !wasLow)
      logger.error('The disk is nearly full: the node takes no operations until there is room again.', {
        free,
        freeBytesMin,
      })
    if (wasLow && !isLow) {
      logger.warn('The disk has room again: the node goes on.', { free, freeBytesMin })
      if (!isStopped) onRoom()
    }
  }
  const lookLater = (): void => {
    if (isStopped) return
    cancel = clock.after(intervalMs, () => void look().then(lookLater))
  }
  await look()
  lookLater()
  return {
    get reason() {
      if (free >= freeBytesMin) return undefined
      return `${free} bytes are free on the disk of ${home}, and ${freeBytesMin} have to be.`
    },
    hasRoom: (bytes) => free - bytes >= freeBytesMin,
    look,
    stop() {
      isStopped = true
      cancel()
    },
  }
}
