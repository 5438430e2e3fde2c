// Finds where a start begins: the newest checkpoint that is whole and whose block lies in the log, or else the genesis.
import { createState, createStore } from '@turnpike/chain'
import type { App, Seed, State } from '@turnpike/chain'
import { Malformed } from '@turnpike/chain/wire'
import type { Machine } from '../../machine/Machine.ts'
import { findBlock } from './blockLogReader.ts'
import type { LogEnd } from './blockLogReader.ts'
import { CheckpointDamaged, checkpointName, readCheckpoint } from './checkpointFile.ts'
import type { CheckpointReader } from './checkpointFile.ts'
import { listCheckpoints, removeUnfinished } from './checkpoints.ts'

/** Reading one byte of a checkpoint takes this share of what replaying one byte of the log takes, about. */
const loadShare = 1 / 16

export type LoadOptions = {
  readonly machine: Pick<Machine, 'disk' | 'hashes' | 'logger' | 'clock'>
  /** The data directory. */
  readonly home: string
  readonly app: App
  readonly genesis: unknown
  readonly seed: Seed
  /** No checkpoint above this height is of use. */
  readonly notAbove?: number | undefined
  /** Told how much of the whole start is done. */
  readonly onProgress?: ((fraction: number) => void) | undefined
}

/** Where a start begins. */
export type Beginning = {
  readonly state: State
  /** Where the log goes on; undefined: at its first record. */
  readonly from: LogEnd | undefined
  /** The pieces of this state, as often as they are wanted. */
  readonly pieces: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** The newest block that a checkpoint says was durable. */
  readonly durable: { readonly height: number; readonly checkpoint: string } | undefined
  /** Heights of checkpoints that are not whole, or not of this log. */
  readonly damaged: readonly number[]
  /** The share of the start that is done. */
  readonly done: number
}

/** Loads the state that a start begins with. */
export async function loadBeginning(options: LoadOptions): Promise<Beginning> {
  const { machine, home, app, genesis, seed, notAbove = Infinity } = options
  await removeUnfinished(machine.disk, home)
  const origin = createState(app, genesis, seed)
  const damaged: number[] = []
  let durable: Beginning['durable']
  for (const height of await listCheckpoints(machine.disk, home)) {
    const checkpoint = checkpointName(height)
    try {
      const reader = await openCheckpoint(options, { origin, height })
      durable ??= { height, checkpoint }
      if (height > notAbove) continue
      const beginning = await load(options, { reader, origin })
      return { ...beginning, durable, damaged }
    } catch (error) {
      if (!(error instanceof CheckpointDamaged || error instanceof Malformed)) throw error
      damaged.push(height)
      machine.logger.warn('A checkpoint cannot be used; the start goes on without it, and takes longer.', {
        checkpoint,
        problem: error.message,
      })
    }
  }
  const pieces = [...origin.store.image()]
  return { state: origin, from: undefined, pieces: () => pieces, durable, damaged, done: 0 }
}

type Opening = Pick<LoadOptions, 'machine' | 'home'>

/** @throws CheckpointDamaged */
async function openCheckpoint(
  { machine, home }: Opening,
  { origin, height }: { readonly origin: State; readonly height: number },
): Promise<CheckpointReader> {
  const reader = await readCheckpoint({ ...machine, path: `${home}/${checkpointName(height)}` })
  if (reader.genesis !== origin.genesis) throw new CheckpointDamaged(`it is of the chain ${reader.genesis}`)
  if (reader.head.height !== height) throw new CheckpointDamaged(`it is of height ${reader.head.height}`)
  return reader
}

/** @throws CheckpointDamaged, Malformed */
async function load(
  options: LoadOptions,
  { reader, origin }: { readonly reader: CheckpointReader; readonly origin: State },
): Promise<Omit<Beginning, 'durable' | 'damaged'>> {
  const { machine, home, app, seed, onProgress } = options
  const { head, bytes } = reader
  const store = createStore(app, seed)
  const image = store.load()
  const files = { machine, directory: `${home}/log`, genesisHash: origin.genesis }
  const pieces = reader.pieces((read) => onProgress?.((read / bytes) * loadShare))
  for (let piece = await pieces.next(); ; piece = await pieces.next()) {
    if (piece.done !== true) {
      image.take(piece.value)
      await machine.clock.turn()
      continue
    }
    image.finish()
    const from = await findBlock(files, { position: piece.value, height: head.height, block: head.blockHash })
    if (from === undefined) throw new CheckpointDamaged(`block ${head.height} of it does not lie in the log`)
    const again = (): AsyncIterable<Uint8Array> => readPieces(options, { origin, height: head.height })
    return { state: { ...origin, store, head }, from, pieces: again, done: loadShare }
  }
}

async function* readPieces(
  options: Opening,
  of: { readonly origin: State; readonly height: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* (await openCheckpoint(options, of)).pieces()
}
