// Brings the state to where the log ends: replay of what lies behind the checkpoint, with the signers that were verified when it was written.
import type { WriteSet } from '@turnpike/chain'
import { decodeRecordedOp } from '@turnpike/chain/wire'
import type { BlockLog } from './blockLog.ts'
import type { CommittedBlock } from '../Engine.ts'
import { replayBlock } from '../replay.ts'
import type { Replay } from '../replay.ts'
import type { Clock, Ms } from '../../machine/Machine.ts'

/** How long replay keeps the thread before whoever asks for health has a turn. */
const TURN_MS = 20

export type Recovery = Omit<Replay, 'readOp'> & {
  readonly log: BlockLog
  readonly clock: Clock
  /** Gets the write set of every block. */
  readonly mirror: { feed(writes: WriteSet): void; room(): Promise<void> | undefined }
  /** Gets every block of the log; the next one follows when it is done with this one. */
  readonly onBlock?: ((block: CommittedBlock) => Promise<void> | undefined) | undefined
}

/**
 * Replays the log, which is writable afterwards.
 *
 * @throws LogDamaged, or Failure `engine/replay_diverged`.
 */
export async function recover({ log, clock, mirror, onBlock, ...replay }: Recovery): Promise<void> {
  let turn: Ms = clock.elapsed()
  for await (const record of log.records()) {
    const { block, writeSet } = replayBlock({ ...replay, readOp: decodeRecordedOp }, record)
    mirror.feed(writeSet)
    await onBlock?.(block)
    if (clock.elapsed() - turn < TURN_MS) continue
    await clock.turn()
    await mirror.room()
    turn = clock.elapsed()
  }
}
