// Brings the state to where the log ends: replay from genesis, with the signers that were verified when it was written.
import type { BlockLog } from './blockLog.ts'
import type { CommittedBlock } from '../Engine.ts'
import { replayBlock } from '../replay.ts'
import type { Replay } from '../replay.ts'
import type { Clock, Ms } from '../../machine/Machine.ts'

/** How long replay keeps the thread before whoever asks for health has a turn. */
const TURN_MS = 20

export type Recovery = Replay & {
  readonly log: BlockLog
  readonly clock: Clock
  /** Gets every block of the log; the next one follows when it is done with this one. */
  readonly onBlock?: ((block: CommittedBlock) => Promise<void> | undefined) | undefined
}

/**
 * Replays the whole log, which is writable afterwards.
 *
 * @throws LogDamaged, or Failure `engine/replay_diverged`.
 */
export async function recover({ log, clock, onBlock, ...replay }: Recovery): Promise<void> {
  let turn: Ms = clock.elapsed()
  for await (const record of log.records()) {
    const block = replayBlock(replay, record)
    await onBlock?.(block)
    if (clock.elapsed() - turn < TURN_MS) continue
    await clock.turn()
    turn = clock.elapsed()
  }
}
