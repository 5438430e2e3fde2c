// The thread that keeps a mirror of the state: it follows write sets, and gives the frames of a checkpoint when it is
// asked for them. It touches no disk.
import { createMirror } from '@turnpike/chain'
import type { ImageReader, ImageTable } from '@turnpike/chain'
import type { RunThread } from '../../machine/Machine.ts'
import { encodeFrame } from './checkpointFile.ts'

/** To the thread, in this order: the tables, the pieces of the image it begins with, their end; then write sets and requests. */
export type ToMirror =
  | { readonly tables: readonly ImageTable[] }
  | { readonly piece: Uint8Array | undefined }
  /** Write sets of blocks, each `length u32 ‖ bytes`. */
  | { readonly writes: Uint8Array }
  /** The frames of a checkpoint are wanted, under a number; then one `more` for each that was taken, or no more of them. */
  | { readonly frames: number }
  | { readonly more: number }
  | { readonly stop: number }

/** From the thread. */
export type FromMirror =
  /** A piece was taken in. */
  | { readonly loaded: true }
  /** Write sets were followed, so many bytes. */
  | { readonly applied: number }
  /** The next frame; undefined when there was the last one. */
  | { readonly frame: Uint8Array | undefined; readonly of: number }

/** So many frames are on their way at most. */
const framesAhead = 2

/** Runs in a thread of its own. */
export const run: RunThread = ({ port, machine }) => {
  let mirror = createMirror([])
  let loading: ImageReader | undefined
  let giving: { readonly pieces: Generator<Uint8Array, void, undefined>; readonly of: number } | undefined
  /** Write sets that came while frames are given: the mirror stands still meanwhile. */
  const held: Uint8Array[] = []
  const tell = (message: FromMirror, transfer: readonly ArrayBufferLike[] = []): void =>
    port.postMessage(message, transfer)
  const follow = (writes: Uint8Array): void => {
    const view = new DataView(writes.buffer, writes.byteOffset, writes.byteLength)
    for (let at = 0; at < writes.length;) {
      const length = view.getUint32(at)
      mirror.apply(writes.subarray(at + 4, at + 4 + length))
      at += 4 + length
    }
    tell({ applied: writes.length })
  }
  const stop = (): void => {
    giving = undefined
    for (const writes of held.splice(0)) follow(writes)
  }
  const give = (): void => {
    if (giving === undefined) return
    const { pieces, of } = giving
    const { value, done } = pieces.next()
    if (done !== true) {
      const frame = encodeFrame(value, machine.hashes)
      return tell({ frame, of }, [frame.buffer])
    }
    tell({ frame: undefined, of })
    stop()
  }
  const load = (piece: Uint8Array | undefined): void => {
    loading ??= mirror.load()
    if (piece !== undefined) loading.take(piece)
    else loading.finish()
    tell({ loaded: true })
  }
  port.on('message', (message) => {
    const to = message as ToMirror
    if ('tables' in to) mirror = createMirror(to.tables)
    else if ('piece' in to) load(to.piece)
    else if ('writes' in to) {
      if (giving === undefined) follow(to.writes)
      else held.push(to.writes)
    } else if ('frames' in to) {
      giving = { pieces: mirror.image(), of: to.frames }
      for (let i = 0; i < framesAhead; i++) give()
    } else if ('more' in to) give()
    else stop()
  })
}
