// Starts the embedded engine: state from a checkpoint or genesis, replay of the log behind it, and then the sequencer.
import { imageTables, protocolOf } from '@turnpike/chain'
import type { App } from '@turnpike/chain'
import { Failure } from '../../machine/Failure.ts'
import type { Machine, Ms } from '../../machine/Machine.ts'
import type { CommittedBlock, Engine } from '../Engine.ts'
import { openBlockLog } from './blockLog.ts'
import { Checkpoints } from './checkpoints.ts'
import { watchFreeSpace } from './freeSpace.ts'
import type { FreeSpace } from './freeSpace.ts'
import { loadBeginning } from './loadCheckpoint.ts'
import type { Beginning } from './loadCheckpoint.ts'
import { recover } from './recover.ts'
import { Sequencer } from './sequencer.ts'

/** A clock that is further behind the last block is wrong, or the data directory comes from the future (decisions 6). */
const clockBehindMaxMsDefault = 60_000
const SEED_BYTES = 8

export type EmbeddedEngineOptions = {
  readonly app: App
  /** The genesis document; see `openGenesis`. */
  readonly genesis: unknown
  /** The data directory, whose lock is held. */
  readonly home: string
  readonly machine: Pick<Machine, 'disk' | 'hashes' | 'random' | 'clock' | 'logger' | 'threads'>
  readonly segmentBytes?: number | undefined
  readonly waitingMax?: number | undefined
  /** So much log behind the last checkpoint makes the next one due, if it is a quarter of the state as well. */
  readonly checkpointBytes?: number | undefined
  /** So many bytes of write sets are kept together, for a start that need not execute their blocks. */
  readonly redoBytes?: number | undefined
  /** Blocks wait for a mirror of the state that is so many bytes behind. */
  readonly backlogBytesMax?: number | undefined
  /** Below so many free bytes no operations are taken. */
  readonly freeBytesMin?: number | undefined
  /** How far the clock may stand behind the last block at the start. */
  readonly clockBehindMaxMs?: number | undefined
  /** The start begins at no checkpoint above this height: whoever wants the blocks has them up to it. */
  readonly notAbove?: number | undefined
  /** Resolves when everything derived from the blocks up to the height is durable; a checkpoint waits for it. */
  readonly beforeCheckpoint?: ((height: number) => Promise<void>) | undefined
  /** Gets the block behind which the start begins. What it throws ends the start. */
  readonly onBegin?: ((block: Pick<CommittedBlock, 'height' | 'blockHash'>) => void) | undefined
  /** Gets every block of the log behind the checkpoint while it is replayed. */
  readonly onReplay?: ((block: CommittedBlock) => Promise<void> | undefined) | undefined
  /** Told how much is done, loading and replay, from 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined
  /** Called once when the node can't go on: the process must end. */
  readonly onFatal: (error: unknown) => void
}

/**
 * Opens the engine on a data directory, from its newest checkpoint and the log behind it.
 *
 * @throws LogDamaged, or Failure `engine/replay_diverged`, `engine/clock_behind` and those of the block log.
 */
export async function openEmbeddedEngine(options: EmbeddedEngineOptions): Promise<Engine> {
  const { machine, home, freeBytesMin } = options
  const seed = new DataView(machine.random(SEED_BYTES).buffer)
  let engine: Sequencer | undefined
  const onRoom = (): void => engine?.resume()
  const freeSpace = await watchFreeSpace({ machine, home, freeBytesMin, onRoom })
  try {
    const beginning = await loadBeginning({ ...options, seed: [seed.getUint32(0), seed.getUint32(4)] })
    engine = await start(options, { beginning, freeSpace })
    return engine
  } catch (error) {
    freeSpace.stop()
    throw error
  }
}

type Parts = { readonly beginning: Beginning; readonly freeSpace: FreeSpace }

async function start(options: EmbeddedEngineOptions, { beginning, freeSpace }: Parts): Promise<Sequencer> {
  const { app, machine, home, segmentBytes, waitingMax, onProgress, onFatal } = options
  const { state, from, checkpoint, pieces, redone, coveredBytes, durable, damaged, done } = beginning
  options.onBegin?.(state.head)
  const protocol = protocolOf(app, state)
  const log = await openBlockLog({
    machine,
    directory: `${home}/log`,
    genesisHash: state.genesis,
    genesisBlock: state.head.blockHash,
    from,
    checkpoint,
    durable,
    segmentBytes,
    hasRoom: (bytes) => freeSpace.look().then(() => freeSpace.hasRoom(bytes)),
    onProgress: onProgress && ((fraction) => onProgress(done + fraction * (1 - done))),
  })
  const checkpoints = new Checkpoints({
    machine,
    home,
    tables: imageTables(app),
    state,
    base: { head: state.head, pieces, redone },
    coveredBytes,
    damaged,
    checkpointBytes: options.checkpointBytes,
    redoBytes: options.redoBytes,
    backlogBytesMax: options.backlogBytesMax,
    hasRoom: freeSpace.hasRoom,
    beforeCheckpoint: options.beforeCheckpoint,
  })
  try {
    await recover({ app, state, protocol, log, clock: machine.clock, mirror: checkpoints, onBlock: options.onReplay })
    holdClock(options, state.head.time)
  } catch (error) {
    await checkpoints.end()
    await log.close()
    throw error
  }
  return new Sequencer({ app, state, protocol, log, machine, waitingMax, checkpoints, freeSpace, onFatal })
}

/** @throws Failure `engine/clock_behind` */
function holdClock({ machine, clockBehindMaxMs = clockBehindMaxMsDefault }: EmbeddedEngineOptions, time: Ms): void {
  const behindMs = time - machine.clock.now()
  if (behindMs > clockBehindMaxMs) throw clockBehind({ behindMs, time, max: clockBehindMaxMs })
}

function clockBehind({ behindMs, time, max }: { readonly behindMs: Ms; readonly time: Ms; readonly max: Ms }): Failure {
  return new Failure({
    code: 'engine/clock_behind',
    message: `The clock of this machine stands ${behindMs} ms behind the last block.`,
    values: { behindMs, lastBlockMs: time, max },
    hint: 'Set the clock (NTP) and start again. If the clock is right, the data directory was written by a machine whose clock was not.',
  })
}
