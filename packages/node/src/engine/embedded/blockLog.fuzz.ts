// Any change to the bytes of a block log is noticed: all blocks come back, or all but the last, or the log is refused.
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hash } from '@turnpike/chain/wire'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createMachine } from '../../machine/createMachine.ts'
import { openBlockLog } from './blockLog.ts'
import type { BlockRecord } from './blockLog.ts'
import { readBlockLog } from './blockLogReader.ts'
import { decodeRecord, encodeRecord, isRecord } from './blockLogRecord.ts'
import type { Segment } from './blockLogSegment.ts'
import { LogDamaged } from './LogDamaged.ts'

const SEGMENT_BYTES = 1_500
const BLOCKS = 6
const machine = await createMachine({ level: 'error' })
const chain = { genesisHash: Hash.zero, genesisBlock: Hash.zero }

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Hash.fromBytes(bytes))
const op = fc.record({ bytes: fc.uint8Array({ maxLength: 200 }), id: hash, signers: fc.constant([]) })
const content = fc.record({
  ops: fc.array(op, { maxLength: 3 }),
  writes: hash,
  receiptsRoot: hash,
  appHash: hash,
  receiptsSize: fc.maxSafeNat(),
})

/** Foreign bytes or zeros, put over a place in the log. */
const edit = fc.record({
  file: fc.nat(20),
  at: fc.nat(SEGMENT_BYTES - 1),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.integer({ min: 1, max: 600 }).map((length) => new Uint8Array(length)),
  ),
})
type Edit = { readonly path: string; readonly at: number; readonly bytes: Uint8Array }

let home = ''
let directory = ''
let segments: readonly Segment[] = []
const blocks: BlockRecord[] = []
/** Where each record lies. */
const places: { readonly path: string; readonly at: number; readonly length: number }[] = []

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'block-log-fuzz-'))
  directory = join(home, 'log')
  const log = await openBlockLog({ machine, directory, ...chain, segmentBytes: SEGMENT_BYTES })
  for await (const record of log.records()) expect(record).toBeUndefined()
  for (const rest of fc.sample(content, { numRuns: BLOCKS, seed: 7 })) {
    const { height, block } = log.status()
    const record = { height: height + 1, time: height, previous: block, ...rest }
    await log.append(record)
    blocks.push(record)
  }
  await log.close()
  await rm(join(directory, 'closed'))
  const reader = await readBlockLog({ machine, directory, ...chain })
  segments = reader.segments
  for await (const record of reader.records()) places.push(await findPlace(record))
  for (const { path } of segments) await copyFile(path, `${path}.saved`)
})
afterAll(() => rm(home, { recursive: true }))

async function findPlace(record: BlockRecord): Promise<(typeof places)[number]> {
  for (const { path, tag } of segments) {
    const bytes = encodeRecord(record, { tag, hashes: machine.hashes })
    const at = (await readFile(path)).indexOf(bytes)
    if (at >= 0) return { path, at, length: bytes.length }
  }
  throw new Error(`Block ${record.height} is in no segment.`)
}

/** What the log gives after the edits: blocks, and whether it refuses to go on. Nothing else may happen. */
async function readEdited(
  edits: readonly Edit[],
): Promise<{ readonly found: readonly BlockRecord[]; readonly damaged: boolean; readonly changed: boolean }> {
  for (const { path } of segments) await copyFile(`${path}.saved`, path)
  let changed = false
  for (const { path, at, bytes } of edits) {
    const all = await readFile(path)
    const part = bytes.subarray(0, all.length - at)
    changed ||= !all.subarray(at, at + part.length).equals(part)
    all.set(part, at)
    await writeFile(path, all)
  }
  const found: BlockRecord[] = []
  try {
    const reader = await readBlockLog({ machine, directory, ...chain })
    for await (const record of reader.records()) found.push(record)
  } catch (error) {
    if (!(error instanceof LogDamaged)) throw error
    return { found, damaged: true, changed }
  }
  return { found, damaged: false, changed }
}

it('A record is read back as it was written, and anything else is not a record', () => {
  const options = { tag: machine.random(16), hashes: machine.hashes }
  fc.assert(
    fc.property(content, fc.maxSafeNat(), fc.maxSafeNat(), hash, fc.nat(), (rest, height, time, previous, flip) => {
      const record = { height, time, previous, ...rest }
      const bytes = encodeRecord(record, options)
      expect(isRecord(bytes, machine.hashes)).toBe(true)
      expect(decodeRecord(bytes)).toEqual(record)
      const at = flip % bytes.length
      bytes[at] = (bytes[at] ?? 0) ^ (1 + (flip % 255))
      expect(isRecord(bytes, machine.hashes)).toBe(false)
      expect(isRecord(bytes.subarray(0, at), machine.hashes)).toBe(false)
    }),
  )
})

it('T161 however the files were changed, only blocks that were written come back, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      const paths = segments.map(({ path }) => path)
      const { found } = await readEdited(
        edits.map((each) => ({ ...each, path: paths[each.file % paths.length] ?? directory })),
      )
      expect(found).toEqual(blocks.slice(0, found.length))
    }),
  )
})

it('T148 T161 whatever happens to one record, the log is refused, unless it is the last', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(BLOCKS - 1), fc.nat(), edit, async (index, from, { bytes }) => {
      const { path, at, length } = places[index] ?? { path: '', at: 0, length: 1 }
      const within = from % length
      const part = bytes.subarray(0, length - within)
      const { found, damaged, changed } = await readEdited([{ path, at: at + within, bytes: part }])
      expect(damaged).toBe(changed && index < BLOCKS - 1)
      expect(found).toEqual(blocks.slice(0, changed ? index : BLOCKS))
    }),
  )
})
