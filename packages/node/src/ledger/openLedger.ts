// Starts the ledger on a data directory: history, engine with replay, and what stands on them.
import { createState, protocolOf } from '@turnpike/chain'
import type { App } from '@turnpike/chain'
import type { CommittedBlock, Engine } from '../engine/Engine.ts'
import { Failure } from '../machine/Failure.ts'
import type { Machine } from '../machine/Machine.ts'
import type { Verifier } from '../signatures/pool.ts'
import { openHistory } from './history.ts'
import type { HistoryOptions } from './history.ts'
import type { Retention } from './historySegments.ts'
import { createLedger } from './ledger.ts'
import type { Ledger } from './ledger.ts'

/** What history asks of the engine. */
export type EngineHooks = {
  /** Gets the block behind which the engine begins, which is not replayed. */
  readonly onBegin: (block: Pick<CommittedBlock, 'height' | 'blockHash'>) => void
  /** Gets every block that the engine replays; the next one follows when it is done with this one. */
  readonly onReplay: (block: CommittedBlock) => Promise<void> | undefined
  /** The engine begins at no checkpoint above this height: history has the blocks up to it, and needs all that follow. */
  readonly notAbove: number
  /** Resolves when history has everything up to the height durably. A checkpoint of that height counts only afterwards. */
  readonly beforeCheckpoint: (height: number) => Promise<void>
}

export type OpenLedgerOptions = {
  readonly app: App
  /** The genesis document of the data directory; see `openGenesis`. */
  readonly genesis: unknown
  /** The data directory, whose lock is held. */
  readonly home: string
  readonly machine: Machine
  readonly verifier: Verifier
  /** How much of history is kept; everything unless it is said. */
  readonly retention?: Retention | undefined
  /** Sizes of the files of history, for tests and small disks. */
  readonly historySizes?: HistoryOptions['sizes']
  /** What one question to history may look at, for tests. */
  readonly historyLimits?: HistoryOptions['limits']
  /** Operations that history may serve from memory, for tests. */
  readonly historyUnwrittenMax?: HistoryOptions['unwrittenMax']
  /** Opens the engine. */
  readonly openEngine: (hooks: EngineHooks) => Promise<Engine>
  /** Called once when the node can't go on: the process must end. */
  readonly onFatal: (error: unknown) => void
}

/**
 * Opens history, then the engine; history catches up from its own height while the engine replays. History of another
 * line of blocks (a log put back from a backup) is dropped and built again.
 *
 * @throws what the engine throws, or Failure `history/failed`.
 */
export async function openLedger(options: OpenLedgerOptions): Promise<Ledger> {
  try {
    return await open(options)
  } catch (error) {
    if (!isStale(error)) throw error
    options.machine.logger.warn('History does not belong to the log; it is built again.', {
      height: error.values['height'],
    })
    return open(options)
  }
}

async function open(options: OpenLedgerOptions): Promise<Ledger> {
  const { app, genesis, home, machine, verifier, retention, openEngine, onFatal } = options
  const origin = createState(app, genesis, [0, 0])
  const history = await openHistory({
    home,
    app,
    machine,
    genesis: origin.genesis,
    protocol: protocolOf(app, origin),
    retention,
    sizes: options.historySizes,
    limits: options.historyLimits,
    unwrittenMax: options.historyUnwrittenMax,
    onFailure: onFatal,
  })
  let engine: Engine | undefined
  try {
    engine = await openEngine({
      onBegin: (block) => history.hold(block),
      onReplay: (block) => history.append(block),
      notAbove: history.height,
      beforeCheckpoint: (height) => history.reach(height),
    })
    const { height } = engine.status()
    if (height < history.height) {
      machine.logger.error(
        'History reaches beyond the log: an older log was put back, or the disk has lost payments that were acknowledged.',
        { history: history.height, log: height },
      )
      throw staleAfter(history.height)
    }
    return createLedger({ engine, history, verifier, machine })
  } catch (error) {
    await engine?.close()
    await (isStale(error) ? history.drop() : history.close())
    throw error
  }
}

function isStale(error: unknown): error is Failure {
  return error instanceof Failure && error.code === 'history/stale'
}

function staleAfter(height: number): Failure {
  return new Failure({
    code: 'history/stale',
    message: `History reaches to height ${height}, beyond the log.`,
    values: { height },
    hint: 'It is built again from the log; nothing has to be done.',
  })
}
