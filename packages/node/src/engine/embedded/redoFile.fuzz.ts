// Any bytes as a file of kept write sets: a frame that goes on where the state stands, and its write sets as they were written, or
// nothing. Checksums are made to fit for half of them, so that what lies behind these is tried, too; write sets themselves are trusted
// behind one.
import { imageTables } from '@turnpike/chain'
import { fuzzParser, genesisDocument } from '@turnpike/chain/testing'
import { expect, it } from 'vitest'
import { app, signingFor } from '../../../testing/givenNode.ts'
import { createMemoryDisk } from '../../../testing/memoryDisk.ts'
import { createMachine } from '../../machine/createMachine.ts'
import { framePrefixBytes } from './checkpointFile.ts'
import { encodeRedo, findFrame, hashLayout, readRedo, splitWrites } from './redoFile.ts'

const { hashes } = await createMachine({ level: 'error' })
const { genesis, head } = signingFor(genesisDocument()).origin
const layout = hashLayout(imageTables(app), hashes)
const path = 'redo'

/** A frame of one block with these write sets. */
function encode(...writes: readonly Uint8Array[]): Uint8Array {
  const parts = writes.map((bytes) => Uint8Array.of(0, 0, 0, bytes.length, ...bytes))
  const position = { segment: 1, offset: 128, bytes: 128 }
  const end = { genesis, start: head.blockHash, head: { ...head, height: 1 }, position }
  return encodeRedo({ ...end, layout }, { parts, hashes })
}

/** The bytes with a digest that fits what lies behind it. */
function seal(input: Uint8Array): Uint8Array {
  const bytes = input.slice()
  if (bytes.length > framePrefixBytes) bytes.set(hashes.sha256(bytes.subarray(framePrefixBytes)), 4)
  return bytes
}

it('T32 T148 any bytes as kept write sets', async () => {
  const outcomes = await fuzzParser({
    name: 'redo',
    seeds: [encode(Uint8Array.of(1, 2, 3), new Uint8Array(40)), encode(Uint8Array.of(9)), encode(Uint8Array.of(9, 9))],
    async judge(input) {
      const isSealed = input.length % 2 === 1
      const bytes = isSealed ? seal(input) : input
      const machine = { disk: createMemoryDisk(new Map([[path, bytes]])), hashes }
      const frame = await findFrame({ machine, genesis, layout }, { path, offset: 0, head })
      if (frame === undefined) return 'no frame'
      expect(frame).toMatchObject({ genesis, layout, start: head.blockHash })
      expect(frame.head.height).toBeGreaterThan(head.height)
      const writes = await readRedo(machine, frame)
      if (writes === undefined) return 'damaged'
      return isSealed ? 'expanded' : `${[...splitWrites(writes)].length} write sets`
    },
  })
  for (const outcome of ['1 write sets', 'no frame', 'damaged', 'expanded']) expect(outcomes).toContain(outcome)
})
