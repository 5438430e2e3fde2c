// Finds where a start begins: the newest checkpoint that is whole and whose block lies in the log, or else the genesis;
// and behind it as far as the write sets reach that were kept.
import { createMirror, createState, createStore, imageTables } from '@turnpike/chain'
import type { App, Mirror, Seed, State, Store } from '@turnpike/chain'
import { Malformed } from '@turnpike/chain/wire'
import type { Machine } from '../../machine/Machine.ts'
import { findBlock } from './blockLogReader.ts'
import type { LogEnd } from './blockLogReader.ts'
import type { LogFiles } from './blockLogSegment.ts'
import { CheckpointDamaged, checkpointName, readCheckpoint } from './checkpointFile.ts'
import type { CheckpointReader } from './checkpointFile.ts'
import { listCheckpoints, removeUnfinished } from './checkpoints.ts'
import { findEnd, findLost, findRedo, hashLayout, readRedo, splitWrites } from './redoFile.ts'
import type { RedoFrame, RedoSearch } from './redoFile.ts'

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
  /** The checkpoint it stands on. */
  readonly checkpoint: string | undefined
  /** How much log that checkpoint saves reading. */
  readonly coveredBytes: number
  /** The pieces of the checkpoint's state or the genesis, as often as they are wanted. */
  readonly pieces: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** The write sets from there to this state. */
  readonly redone: () => AsyncIterable<Uint8Array>
  /** The newest block that was durable, as a file beside the log says. */
  readonly durable: { readonly height: number; readonly file: string } | undefined
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
      durable ??= (await findDurable(options, { ...origin, head: reader.head })) ?? { height, file: checkpoint }
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
  durable ??= await findDurable(options, origin)
  return { ...(await loadGenesis(options, origin)), durable, damaged }
}

/** What one checkpoint or the genesis, with the write sets behind it, comes to. */
type Loaded = Omit<Beginning, 'durable' | 'damaged'>

/** The newest block behind a state that was durable, as kept write sets say, and does not lie in the log. */
async function findDurable(options: LoadOptions, of: State): Promise<Beginning['durable']> {
  const lost = await findLost(searchOf(options, of), of.head)
  return lost && { height: lost.head.height, file: lost.path.slice(lost.path.lastIndexOf('/') + 1) }
}

async function loadGenesis(options: LoadOptions, origin: State): Promise<Loaded> {
  const pieces = [...origin.store.image()]
  const begin = { checkpoint: undefined, coveredBytes: 0, pieces: () => pieces, redone: nothing, done: 0 }
  const frames = await findRedo(searchOf(options, origin), origin.head)
  if (frames.length === 0) return { ...begin, state: origin, from: undefined }
  const mirror = createMirror(imageTables(options.app))
  const image = mirror.load()
  for (const piece of pieces) image.take(piece)
  image.finish()
  return { ...begin, ...(await redo(options, { frames, mirror, base: origin, from: undefined })) }
}

function logFiles({ machine, home }: LoadOptions, genesisHash: State['genesis']): LogFiles {
  return { machine, directory: `${home}/log`, genesisHash }
}

function searchOf(options: LoadOptions, { genesis }: State): RedoSearch {
  const { machine, home, app, notAbove = Infinity } = options
  const layout = hashLayout(imageTables(app), machine.hashes)
  return { machine, home, genesis, layout, notAbove, files: logFiles(options, genesis) }
}

type Redo = {
  readonly frames: readonly RedoFrame[]
  readonly mirror: Mirror
  /** What the mirror holds; its store is not looked at. */
  readonly base: State
  readonly from: LogEnd | undefined
}

/** Carries a state further by write sets: a mirror follows them, and the store takes its image. */
async function redo(
  options: LoadOptions,
  { frames, mirror, base, from }: Redo,
): Promise<Pick<Loaded, 'state' | 'from' | 'redone'>> {
  const { machine, app, seed } = options
  const done: RedoFrame[] = []
  for (const frame of frames) {
    const writes = await readRedo(machine, frame)
    if (writes === undefined) break
    for (const of of splitWrites(writes)) mirror.apply(of)
    done.push(frame)
    await machine.clock.turn()
  }
  const store = createStore(app, seed)
  await takeImage(options, store, mirror)
  const last = done.at(-1)
  const redone = (): AsyncIterable<Uint8Array> => readFrames(options, done)
  if (last === undefined) return { state: { ...base, store }, from, redone }
  const { height } = last.head
  machine.logger.info('The write sets that were kept carry the start on.', { from: base.head.height, height })
  const end = await findEnd(logFiles(options, base.genesis), last)
  if (end === undefined) throw new CheckpointDamaged(`block ${height} behind it does not lie in the log`)
  return { state: { ...base, store, head: last.head }, from: end, redone }
}

async function takeImage({ machine }: LoadOptions, store: Store, mirror: Mirror): Promise<void> {
  const image = store.load()
  for (const piece of mirror.image()) {
    image.take(piece)
    await machine.clock.turn()
  }
  image.finish()
}

async function* readFrames(
  { machine }: LoadOptions,
  frames: readonly RedoFrame[],
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const frame of frames) {
    const writes = await readRedo(machine, frame)
    if (writes === undefined) throw new CheckpointDamaged(`${frame.path} has changed since it was read`)
    yield writes
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

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
): Promise<Loaded> {
  const { machine, app, seed, onProgress } = options
  const { head, bytes } = reader
  const store = createStore(app, seed)
  const base = { ...origin, store, head }
  const frames = await findRedo(searchOf(options, base), head)
  const mirror = frames.length > 0 ? createMirror(imageTables(app)) : undefined
  const image = (mirror ?? store).load()
  const files = logFiles(options, origin.genesis)
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
    const begin = { checkpoint: checkpointName(head.height), coveredBytes: from.bytes, pieces: again, done: loadShare }
    if (mirror === undefined) return { ...begin, state: base, from, redone: nothing }
    return { ...begin, ...(await redo(options, { frames, mirror, base, from })) }
  }
}

async function* readPieces(
  options: Opening,
  of: { readonly origin: State; readonly height: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* (await openCheckpoint(options, of)).pieces()
}
