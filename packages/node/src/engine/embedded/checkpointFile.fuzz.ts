// Any bytes as a checkpoint: read whole, or damaged with a reason. Checksums are made to fit here, so that what lies behind them is
// tried, too.
import { createStore } from '@turnpike/chain'
import { fuzzParser, genesisDocument } from '@turnpike/chain/testing'
import { Malformed } from '@turnpike/chain/wire'
import { expect, it } from 'vitest'
import { signingFor, app } from '../../../testing/givenNode.ts'
import { createMemoryDisk } from '../../../testing/memoryDisk.ts'
import { createMachine } from '../../machine/createMachine.ts'
import {
  CheckpointDamaged,
  digestOf,
  encodeCheckpointEnd,
  encodeCheckpointHead,
  encodeFrame,
  readCheckpoint,
} from './checkpointFile.ts'

const { hashes } = await createMachine({ level: 'error' })
const { origin } = signingFor(genesisDocument())
const path = 'checkpoint'
const prefixBytes = 36

/** A whole checkpoint of these pieces. */
function encode(pieces: Iterable<Uint8Array>): Uint8Array {
  const head = encodeCheckpointHead({ genesis: origin.genesis, head: origin.head })
  const frames = [head, ...pieces].map((body) => encodeFrame(body, hashes))
  const position = { segment: 1, offset: 40, bytes: 40 }
  const end = encodeCheckpointEnd(position, { digests: frames.map(digestOf), hashes })
  return Buffer.concat([...frames, encodeFrame(end, hashes)])
}

/** The bytes with digests that fit their frames, as far as their lengths make frames. */
function seal(input: Uint8Array): Uint8Array {
  const bytes = input.slice()
  const view = new DataView(bytes.buffer)
  for (let at = 0; at + prefixBytes <= bytes.length;) {
    const end = at + prefixBytes + view.getUint32(at)
    if (end > bytes.length) break
    bytes.set(hashes.sha256(bytes.subarray(at + prefixBytes, end)), at + 4)
    at = end
  }
  return bytes
}

async function read(bytes: Uint8Array): Promise<string> {
  const disk = createMemoryDisk(new Map([[path, bytes]]))
  const pieces = (await readCheckpoint({ disk, hashes, path })).pieces()
  const image = createStore(app, [1, 2]).load()
  for (let count = 0; ; count++) {
    const piece = await pieces.next()
    if (piece.done === true) {
      image.finish()
      return `whole, ${count} pieces`
    }
    image.take(piece.value)
  }
}

it('T32 T148 any bytes as a checkpoint', async () => {
  const pieces = [...origin.store.image()]
  const seeds = [encode(pieces), encode([]), ...pieces.map((piece) => encode([piece]))]
  const outcomes = await fuzzParser({
    name: 'checkpoint',
    seeds,
    cost: 50,
    errors: [CheckpointDamaged, Malformed],
    judge: (input) => read(input.length % 2 === 0 ? input : seal(input)),
  })
  expect(outcomes).toContain(`whole, ${pieces.length} pieces`)
})
