// What engines hold and leave behind, for tests that compare one with another.
import type { Op } from '@turnpike/chain/wire'
import { Hash } from '@turnpike/chain/wire'
import type { Engine } from '../src/engine/Engine.ts'
import { createHashes } from '../src/machine/hashes.ts'
import { signersOf } from './givenNode.ts'

const { sha256 } = await createHashes()
const segmentHeaderBytes = 128

/** Everything that an engine's state is. */
export function stateOf({ state }: Engine): unknown {
  return { head: state.head, image: [...state.store.image()].map((piece) => Hash.fromBytes(sha256(piece))) }
}

/** Hands operations in together; what became of each. */
export async function submitAll(engine: Engine, ops: readonly Op[]): Promise<readonly string[]> {
  const settled = await Promise.allSettled(ops.map((op) => engine.submit(op, signersOf(op))))
  return settled.map(({ status }) => status)
}

/** Where the records of a segment of the block log begin. */
export function recordsOf(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const found: number[] = []
  for (let at = segmentHeaderBytes; view.getUint32(at) > 0; at += view.getUint32(at)) found.push(at)
  return found
}
