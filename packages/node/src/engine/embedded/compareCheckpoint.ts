// Holds a checkpoint against the state that it is said to be.
import type { State } from '@turnpike/chain'
import type { Machine } from '../../machine/Machine.ts'
import { findBlock } from './blockLogReader.ts'
import { equal } from './blockLogRecord.ts'
import { CheckpointDamaged, checkpointName, readCheckpoint } from './checkpointFile.ts'
import type { CheckpointHead, CheckpointReader } from './checkpointFile.ts'

export type Comparison = {
  readonly machine: Pick<Machine, 'disk' | 'hashes'>
  /** The data directory. */
  readonly home: string
  /** At the height of the checkpoint. */
  readonly state: State
}

/** What is wrong with the checkpoint of the state's height; undefined when nothing is. */
export async function compareCheckpoint({ machine, home, state }: Comparison): Promise<string | undefined> {
  const name = checkpointName(state.head.height)
  try {
    const reader = await readCheckpoint({ ...machine, path: `${home}/${name}` })
    const difference = findHeadDifference(reader, state) ?? (await findDifference(reader, { machine, home, state }))
    return difference && `${name}: ${difference}`
  } catch (error) {
    if (!(error instanceof CheckpointDamaged)) throw error
    return `${name} is damaged: ${error.message}`
  }
}

/** What of a head is not that of the state; undefined when nothing is. */
export function findHeadDifference({ genesis, head }: CheckpointHead, state: State): string | undefined {
  const { receipts, ...fields } = head
  if (genesis !== state.genesis) return `it is of the chain ${genesis}`
  for (const [name, value] of Object.entries(fields)) {
    const computed = state.head[name as keyof typeof fields]
    if (value !== computed) return `its ${name} is ${value}, and ${computed} comes of the log`
  }
  const { size, peaks } = state.head.receipts
  const isSame = receipts.size === size && receipts.peaks.every((peak, i) => equal(peak, peaks[i] ?? new Uint8Array(0)))
  return isSame && receipts.peaks.length === peaks.length ? undefined : 'its receipts are others'
}

/** Piece by piece, and then whether the block lies where it says. @throws CheckpointDamaged */
async function findDifference(
  reader: CheckpointReader,
  { machine, home, state }: Comparison,
): Promise<string | undefined> {
  const expected = state.store.image()
  const pieces = reader.pieces()
  for (let piece = await pieces.next(); ; piece = await pieces.next()) {
    const computed = expected.next()
    if (piece.done !== true) {
      if (computed.done === true || !equal(piece.value, computed.value))
        return 'its state is another than comes of the log'
      continue
    }
    if (computed.done !== true) return 'its state is not whole'
    const { height, blockHash: block } = state.head
    const files = { machine, directory: `${home}/log`, genesisHash: state.genesis }
    const isThere = (await findBlock(files, { position: piece.value, height, block })) !== undefined
    return isThere ? undefined : 'its block lies elsewhere in the log'
  }
}
