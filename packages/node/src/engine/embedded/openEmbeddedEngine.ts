// Starts the embedded engine: state from genesis, replay of the log, and then the sequencer.
import { createState, protocolOf } from '@turnpike/chain'
import type { App } from '@turnpike/chain'
import { Failure } from '../../machine/Failure.ts'
import type { Machine, Ms } from '../../machine/Machine.ts'
import type { CommittedBlock, Engine } from '../Engine.ts'
import { openBlockLog } from './blockLog.ts'
import { recover } from './recover.ts'
import { Sequencer } from './sequencer.ts'

/** A clock that is further behind the last block is wrong, or the data directory comes from the future (decisions 6). */
const clockBehindMaxMs = 60_000
const SEED_BYTES = 8

export type EmbeddedEngineOptions = {
  readonly app: App
  /** The genesis document; see `openGenesis`. */
  readonly genesis: unknown
  /** The data directory, whose lock is held. */
  readonly home: string
  readonly machine: Pick<Machine, 'disk' | 'hashes' | 'random' | 'clock' | 'logger'>
  readonly segmentBytes?: number | undefined
  readonly waitingMax?: number | undefined
  /** Gets every block of the log while it is replayed. */
  readonly onReplay?: ((block: CommittedBlock) => Promise<void> | undefined) | undefined
  /** Told how much was replayed, from 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined
  /** Called once when the node can't go on: the process must end. */
  readonly onFatal: (error: unknown) => void
}

/**
 * Opens the engine on a data directory, replaying its log.
 *
 * @throws LogDamaged, or Failure `engine/replay_diverged`, `engine/clock_behind` and those of the block log.
 */
export async function openEmbeddedEngine(options: EmbeddedEngineOptions): Promise<Engine> {
  const { app, machine, home, segmentBytes, waitingMax, onReplay, onProgress, onFatal } = options
  const seed = new DataView(machine.random(SEED_BYTES).buffer)
  const state = createState(app, options.genesis, [seed.getUint32(0), seed.getUint32(4)])
  const protocol = protocolOf(app, state)
  const { genesis: genesisHash, head } = state
  const log = await openBlockLog({
    machine,
    directory: `${home}/log`,
    genesisHash,
    genesisBlock: head.blockHash,
    segmentBytes,
    onProgress,
  })
  try {
    await recover({ app, state, protocol, log, clock: machine.clock, onBlock: onReplay })
    const behindMs = state.head.time - machine.clock.now()
    if (behindMs > clockBehindMaxMs) throw clockBehind({ behindMs, time: state.head.time })
  } catch (error) {
    await log.close()
    throw error
  }
  return new Sequencer({ app, state, protocol, log, machine, waitingMax, onFatal })
}

function clockBehind({ behindMs, time }: { readonly behindMs: Ms; readonly time: Ms }): Failure {
  return new Failure({
    code: 'engine/clock_behind',
    message: `The clock of this machine stands ${behindMs} ms behind the last block.`,
    values: { behindMs, lastBlockMs: time, max: clockBehindMaxMs },
    hint: 'Set the clock (NTP) and start again. If the clock is right, the data directory was written by a machine whose clock was not.',
  })
}
