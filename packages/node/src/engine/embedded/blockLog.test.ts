// The block log on real files: what comes back after a clean stop, a crash, and damage.
import { createHash } from 'node:crypto'
import { copyFile, cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Address, Hash } from '@turnpike/chain/wire'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMachine } from '../../machine/createMachine.ts'
import { openBlockLog } from './blockLog.ts'
import type { BlockLog, BlockLogOptions, BlockRecord } from './blockLog.ts'
import { hashRecord, readBlockLog } from './blockLogReader.ts'
import { encodeRecord, getRecordBytes, tagOffset } from './blockLogRecord.ts'
import { loadSegments, segmentHeaderBytes } from './blockLogSegment.ts'
import { LogDamaged } from './LogDamaged.ts'

const SEGMENT_BYTES = 2_048
const machine = await createMachine({ level: 'error' })
const genesisHash = hashOf('genesis')
const genesisBlock = hashOf('block 0')

let home = ''
let directory = ''
let opened: BlockLog[] = []
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'block-log-'))
  directory = join(home, 'log')
})
afterEach(async () => {
  await Promise.allSettled(opened.map((log) => log.close()))
  opened = []
  await rm(home, { recursive: true })
})

async function collect(records: AsyncIterable<BlockRecord>): Promise<readonly BlockRecord[]> {
  const all: BlockRecord[] = []
  for await (const record of records) all.push(record)
  return all
}

function hashOf(text: string): Hash.Hash {
  return Hash.fromBytes(createHash('sha256').update(text).digest())
}

/** Blocks of a chain, with operations of different lengths and signers; every third block is empty. */
function createBlocks(count: number, opBytes = 40): readonly BlockRecord[] {
  const blocks: BlockRecord[] = []
  let previous = genesisBlock
  for (let height = 1; height <= count; height++) {
    const ops = Array.from({ length: (height - 1) % 3 === 2 ? 0 : 1 + (height % 2) }, (_, i) => ({
      bytes: new Uint8Array(opBytes + i).fill(height),
      id: hashOf(`op ${height} ${i}`),
      signers: Array.from({ length: i + 1 }, (_, k) => Address.fromBytes(new Uint8Array(20).fill(k + 1))),
    }))
    const roots = {
      writes: hashOf(`writes ${height}`),
      receiptsRoot: hashOf(`root ${height}`),
      appHash: hashOf(`app ${height}`),
    }
    const block = { height, time: 1_000 + (height >> 1), previous, ops, receiptsSize: height * 2, ...roots }
    blocks.push(block)
    previous = hashRecord(genesisHash, block)
  }
  return blocks
}

function optionsFor(directory: string, changes: Partial<BlockLogOptions> = {}): BlockLogOptions {
  return { machine, directory, genesisHash, genesisBlock, segmentBytes: SEGMENT_BYTES, ...changes }
}

async function open(
  changes: Partial<BlockLogOptions> = {},
): Promise<{ log: BlockLog; records: readonly BlockRecord[] }> {
  const log = await openBlockLog(optionsFor(directory, changes))
  opened.push(log)
  return { log, records: await collect(log.records()) }
}

/** Writes blocks in a first run that then ends, in order or as if by a crash. */
async function writeRun(blocks: readonly BlockRecord[], end: 'close' | 'crash'): Promise<void> {
  const { log } = await open()
  for (const block of blocks) await log.append(block)
  await log.close() // Also for the crash, so that no file stays open; what a clean stop adds is one file.
  if (end === 'crash') await rm(join(directory, 'closed'))
}

const segmentPath = (index: number): string => join(directory, `${String(index).padStart(8, '0')}.log`)

/** Every file of the log, for comparison. */
async function contents(): Promise<{ readonly [name: string]: string }> {
  const names = (await readdir(directory)).toSorted()
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, (await readFile(join(directory, name))).toString('base64')] as const),
    ),
  )
}

async function failureOf(run: Promise<unknown>): Promise<LogDamaged> {
  try {
    await run
  } catch (error) {
    if (error instanceof LogDamaged) return error
    throw error
  }
  throw new Error('It did not fail.')
}

/** Opens the log in its present condition and expects it to refuse, without having changed a byte. */
async function expectDamage(): Promise<LogDamaged> {
  const before = await contents()
  const failure = await failureOf(open())
  expect(await contents()).toEqual(before)
  expect(failure.code).toBe('engine/log_damaged')
  expect(failure.hint).toContain('Nothing was changed.')
  return failure
}

describe('a block log', () => {
  it('gives back what was appended, over many runs', async () => {
    const blocks = createBlocks(40)
    for (let from = 0; from < blocks.length; from += 5) {
      const { log, records } = await open()
      expect(records).toEqual(blocks.slice(0, from))
      for (const block of blocks.slice(from, from + 5)) await log.append(block)
      const { block, ...status } = log.status()
      expect(status).toMatchObject({ height: from + 5, time: blocks[from + 4]?.time, cut: undefined })
      expect(status.bytes).toBe(blocks.slice(0, from + 5).reduce((sum, each) => sum + getRecordBytes(each), 0))
      expect(block).toBe(blocks[from + 5]?.previous ?? block)
      await log.close()
    }
    expect((await open()).records).toEqual(blocks)
  })

  it('never lets a record span two segments, and prepares the next one ahead', async () => {
    await writeRun(createBlocks(30), 'crash')
    const segments = await loadSegments(optionsFor(directory))
    expect(segments.length).toBeGreaterThan(3)
    for (const segment of segments) expect((await readFile(segment.path)).length).toBe(SEGMENT_BYTES)
    const reader = await readBlockLog(optionsFor(directory))
    expect(await collect(reader.records())).toHaveLength(30)
    const end = reader.end()
    if (end.offset > SEGMENT_BYTES / 2) expect(segments.at(-1)?.index).toBe((end.segment?.index ?? 0) + 1)
    expect(new Set(segments.map(({ tag }) => Buffer.from(tag).toString('hex'))).size).toBe(segments.length)
  })

  it('takes a record that just fits into a segment, and none that is a byte longer', async () => {
    const [block] = createBlocks(1)
    if (block === undefined) throw new Error('There is a first block.')
    const sized = (bytes: number): BlockRecord => {
      const [op] = block.ops
      const rest = getRecordBytes(block) - block.ops.reduce((sum, { bytes }) => sum + bytes.length, 0)
      if (op === undefined) throw new Error('The first block has an operation.')
      return {
        ...block,
        ops: block.ops.map(({ id, signers }, i) => ({
          bytes: new Uint8Array(i === 0 ? bytes - rest : 0).fill(1),
          id,
          signers,
        })),
      }
    }
    const fits = sized(SEGMENT_BYTES - segmentHeaderBytes)
    expect(getRecordBytes(fits)).toBe(SEGMENT_BYTES - segmentHeaderBytes)
    const { log } = await open()
    await expect(log.append(sized(SEGMENT_BYTES - segmentHeaderBytes + 1))).rejects.toThrow('do not fit')
    await log.append(fits)
    await log.close()
    expect((await open()).records).toEqual([fits])
  })

  it('keeps the size of segments that exist, and passes over one that has become too small', async () => {
    await writeRun(createBlocks(5), 'close')
    const small = (await loadSegments(optionsFor(directory))).length
    const { log } = await open({ segmentBytes: 10 * SEGMENT_BYTES })
    const next = {
      ...createBlocks(6)[5],
      ops: [{ bytes: new Uint8Array(3 * SEGMENT_BYTES), id: genesisHash, signers: [] }],
    } as BlockRecord
    await log.append(next)
    await log.close()
    expect((await loadSegments(optionsFor(directory))).slice(small).map(({ bytes }) => bytes)).toEqual([
      10 * SEGMENT_BYTES,
    ])
    expect((await open()).records).toEqual([...createBlocks(5), next])
  })

  it('refuses blocks that do not belong at its end, and two at a time', async () => {
    const [first, second] = createBlocks(2)
    if (first === undefined || second === undefined) throw new Error('There are two blocks.')
    const unread = await openBlockLog(optionsFor(directory))
    await expect(unread.append(first)).rejects.toThrow('it is reading')
    const { log } = await open()
    await expect(log.append(second)).rejects.toThrow('last height is 0')
    await expect(log.append({ ...first, previous: genesisHash })).rejects.toThrow('predecessor')
    const both = await Promise.allSettled([log.append(first), log.append(second)])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    await expect(log.append({ ...second, time: 0 })).rejects.toThrow('time')
    await log.append(second)
    await log.close()
    await expect(log.append(second)).rejects.toThrow('it is closed')
    expect((await open()).records).toEqual([first, second])
  })

  it('tells how far it has been read', async () => {
    await writeRun(createBlocks(30), 'crash')
    const seen: number[] = []
    await open({ onProgress: (fraction) => seen.push(fraction) })
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(seen[0]).toBeLessThan(0.1)
    expect(seen.at(-1)).toBe(1)
  })

  it('reads large blocks across the windows it reads by', async () => {
    const blocks = createBlocks(8, 600_000)
    const segmentBytes = 4_000_000
    const { log } = await open({ segmentBytes })
    for (const block of blocks) await log.append(block)
    await log.close()
    await rm(join(directory, 'closed'))
    expect((await open({ segmentBytes })).records).toEqual(blocks)
  })
})

describe('after a crash', () => {
  const blocks = createBlocks(3)
  const [first, second, third] = blocks as [BlockRecord, BlockRecord, BlockRecord]
  const secondAt = segmentHeaderBytes + getRecordBytes(first)
  const secondEnd = secondAt + getRecordBytes(second)

  /** Opens a log whose second record is torn, and goes on with it. */
  async function expectCut(torn: Buffer): Promise<void> {
    const { log, records } = await open()
    opened = []
    expect(records).toEqual([first])
    const { cut, height } = log.status()
    expect(height).toBe(1)
    const used = torn.subarray(secondAt, torn.findLastIndex((byte) => byte !== 0) + 1)
    if (used.length === 0) expect(cut).toBeUndefined()
    else {
      expect(cut).toMatchObject({ height: 2, bytes: used.length })
      expect(Buffer.compare(await readFile(cut?.file ?? ''), used)).toBe(0)
      expect(cut?.file).toMatch(/\/torn-2-\d+\.bytes$/)
    }
    expect((await readFile(segmentPath(1))).subarray(secondAt).every((byte) => byte === 0)).toBe(true)
    expect((await readFile(segmentPath(1))).length).toBe(SEGMENT_BYTES)
    if (used.length % 16 === 0) await goOn(log)
    await log.close()
    await rm(directory, { recursive: true })
  }

  /** The log goes on where it was cut off. */
  async function goOn(log: BlockLog): Promise<void> {
    await log.append(second)
    await log.append(third)
    await log.close()
    const reader = await readBlockLog(optionsFor(directory))
    expect(await collect(reader.records())).toEqual(blocks)
  }

  it('T148 a last record of which only a beginning was written is cut off and kept, at every length', async () => {
    await writeRun([first, second], 'crash')
    const whole = await readFile(segmentPath(1))
    const saved = join(home, 'saved')
    await cp(directory, saved, { recursive: true })
    for (let length = secondAt; length < secondEnd; length++) {
      await cp(saved, directory, { recursive: true })
      // Half of the cases end the file there, half leave the zeros that were there before the write.
      const torn = Buffer.concat([
        whole.subarray(0, length),
        Buffer.alloc(length % 2 === 0 ? 0 : SEGMENT_BYTES - length),
      ])
      await writeFile(segmentPath(1), torn)
      await expectCut(torn)
    }
  })

  it('T148 a last record of which some sectors are missing is cut off, whichever they are', async () => {
    const blocks = createBlocks(2, 500)
    const wide = blocks[1] as BlockRecord
    const segmentBytes = 4 * SEGMENT_BYTES
    const { log } = await open({ segmentBytes })
    for (const block of blocks) await log.append(block)
    await log.close()
    await rm(join(directory, 'closed'))
    const whole = await readFile(segmentPath(1))
    const start = segmentHeaderBytes + getRecordBytes(blocks[0] as BlockRecord)
    const sectors = Math.ceil(getRecordBytes(wide) / 256)
    for (let lost = 1; lost < 2 ** sectors; lost += 1) {
      const torn = Buffer.from(whole)
      for (let i = 0; i < sectors; i++) if (lost & (1 << i)) torn.fill(0, start + i * 256, start + (i + 1) * 256)
      await writeFile(segmentPath(1), torn)
      const reader = await readBlockLog(optionsFor(directory))
      expect(await collect(reader.records())).toHaveLength(1)
      expect(reader.end().torn === undefined).toBe(lost === 2 ** sectors - 1)
    }
  })

  it('T148 a record torn at the beginning of a new segment is cut off, too', async () => {
    const blocks = createBlocks(30)
    await writeRun(blocks, 'crash')
    const reader = await readBlockLog(optionsFor(directory))
    const heights: number[] = []
    for await (const record of reader.records()) if (reader.segments.length > 0) heights.push(record.height)
    // Take away everything after the first record of the third segment, and half of that one.
    for (const { index } of reader.segments.filter(({ index }) => index > 3)) await rm(segmentPath(index))
    const bytes = await readFile(segmentPath(3))
    const length = bytes.readUInt32BE(segmentHeaderBytes)
    await writeFile(
      segmentPath(3),
      Buffer.concat([bytes.subarray(0, segmentHeaderBytes + length / 2), Buffer.alloc(SEGMENT_BYTES)]).subarray(
        0,
        SEGMENT_BYTES,
      ),
    )
    const { log, records } = await open()
    expect(records).toEqual(blocks.slice(0, records.length))
    expect(log.status().cut?.height).toBe(records.length + 1)
    for (const block of blocks.slice(records.length)) await log.append(block)
    await log.close()
    expect((await open()).records).toEqual(blocks)
    expect(heights).toHaveLength(30)
  })

  it('a torn operation that looks like a record of ours is cut off all the same', async () => {
    // Whoever writes the operation knows the format, the chain and even older records, but not the segment's tag.
    const forged = encodeRecord(third, { tag: new Uint8Array(16), hashes: machine.hashes })
    const carrier = {
      ...second,
      ops: [{ bytes: Buffer.concat([forged, Buffer.alloc(64, 1)]), id: genesisHash, signers: [] }],
    }
    await writeRun([first, carrier], 'crash')
    const torn = await readFile(segmentPath(1))
    torn.fill(0, secondAt + getRecordBytes(carrier) - 60, secondAt + getRecordBytes(carrier))
    await writeFile(segmentPath(1), torn)
    await expectCut(torn)
  })

  it('T148 leftovers of a segment that was being prepared are cleared away', async () => {
    await writeRun([first], 'crash')
    await writeFile(`${segmentPath(2)}.tmp`, Buffer.alloc(100))
    const { log, records } = await open()
    expect(records).toEqual([first])
    await log.close()
    expect((await readdir(directory)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

describe('T161 damage', () => {
  const blocks = createBlocks(2)
  const firstBytes = getRecordBytes(blocks[0] as BlockRecord)
  const secondAt = segmentHeaderBytes + firstBytes
  const end = secondAt + getRecordBytes(blocks[1] as BlockRecord)

  async function flip(path: string, at: number): Promise<void> {
    const bytes = await readFile(path)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
    await writeFile(path, bytes)
  }

  it('a flipped bit in any byte but those of the last record is refused, and the last record is cut', async () => {
    await writeRun(blocks, 'crash')
    for (let at = 0; at < end; at++) {
      await flip(segmentPath(1), at)
      if (at < secondAt) {
        const failure = await expectDamage()
        if (at >= segmentHeaderBytes)
          expect(failure).toMatchObject({ height: 1, file: segmentPath(1), offset: segmentHeaderBytes })
      } else {
        const reader = await readBlockLog(optionsFor(directory))
        expect(await collect(reader.records())).toEqual(blocks.slice(0, 1))
        expect(reader.end()).toMatchObject({ height: 1, offset: secondAt, torn: { bytes: expect.any(Number) } })
      }
      await flip(segmentPath(1), at)
    }
    expect((await open()).records).toEqual(blocks)
  })

  it('after a clean stop a flipped bit in any byte is refused', async () => {
    await writeRun(blocks, 'close')
    for (let at = secondAt; at < end + 40; at++) {
      await flip(segmentPath(1), at)
      expect(await expectDamage()).toMatchObject({ file: segmentPath(1) })
      await flip(segmentPath(1), at)
    }
    const closed = join(directory, 'closed')
    for (let at = 0; at < (await readFile(closed)).length; at++) {
      await flip(closed, at)
      expect(await expectDamage()).toMatchObject({ file: closed })
      await flip(closed, at)
    }
    expect((await open()).records).toEqual(blocks)
  })

  it('after a clean stop a log that has lost its end is refused, at every length', async () => {
    await writeRun(blocks, 'close')
    await copyFile(segmentPath(1), join(home, 'whole'))
    for (let length = segmentHeaderBytes; length < end; length++) {
      await copyFile(join(home, 'whole'), segmentPath(1))
      await truncate(segmentPath(1), length)
      await expectDamage()
    }
    await rm(segmentPath(1))
    await expectDamage()
  })

  it('the close record holds until something is written, and no longer', async () => {
    await writeRun(blocks.slice(0, 1), 'close')
    await open() // And then a crash.
    expect(await readdir(directory)).toContain('closed')
    const { log } = await open()
    await log.append(blocks[1] as BlockRecord)
    expect(await readdir(directory)).not.toContain('closed')
    await log.close()
    expect(await readdir(directory)).toContain('closed')
  })

  it('two bad records at the end are more than a crash leaves', async () => {
    await writeRun(createBlocks(3), 'crash')
    await flip(segmentPath(1), secondAt + 60)
    await flip(segmentPath(1), end + 60)
    expect(await expectDamage()).toMatchObject({
      height: 2,
      offset: secondAt,
      message: expect.stringContaining(`follows at byte ${end}`),
    })
  })

  it('a bad record is refused when there are others in a later segment, and so is a segment that is missing', async () => {
    await writeRun(createBlocks(30), 'crash')
    const reader = await readBlockLog(optionsFor(directory))
    let last = segmentHeaderBytes
    for await (const record of reader.records()) {
      if (record.height > 1 && last + getRecordBytes(record) > SEGMENT_BYTES) break
      if (last > segmentHeaderBytes || record.height === 1) last += getRecordBytes(record)
    }
    await flip(segmentPath(1), last - 1)
    expect((await expectDamage()).message).toContain(segmentPath(2))
    await flip(segmentPath(1), last - 1)
    await rm(segmentPath(2))
    expect(await expectDamage()).toMatchObject({ file: segmentPath(2) })
  })

  it('a record that is whole but does not continue the chain is refused', async () => {
    await writeRun(blocks.slice(0, 1), 'crash')
    const [segment] = await loadSegments(optionsFor(directory))
    const next = blocks[1] as BlockRecord
    const before = await readFile(segmentPath(1))
    const wrong: readonly [Partial<BlockRecord>, string][] = [
      [{ height: 3 }, 'height 3 follows one of 1'],
      [{ previous: genesisBlock }, 'predecessor'],
      [{ time: 1 }, 'time'],
    ]
    for (const [change, problem] of wrong) {
      const bytes = Buffer.from(before)
      bytes.set(
        encodeRecord({ ...next, ...change }, { tag: segment?.tag ?? new Uint8Array(16), hashes: machine.hashes }),
        secondAt,
      )
      await writeFile(segmentPath(1), bytes)
      expect((await expectDamage()).message).toContain(problem)
    }
    const foreign = Buffer.from(before)
    foreign.set(encodeRecord(next, { tag: new Uint8Array(16).fill(9), hashes: machine.hashes }), secondAt)
    await writeFile(segmentPath(1), foreign)
    expect((await expectDamage()).message).toContain('another segment')
    expect(foreign[secondAt + tagOffset]).toBe(9)
  })

  it('the log of another chain is refused by its name, and its first block must name block 0', async () => {
    await writeRun(blocks, 'close')
    const other = hashOf('another genesis')
    await expect(open({ genesisHash: other })).rejects.toMatchObject({
      code: 'engine/wrong_genesis',
      values: { found: genesisHash, expected: other },
    })
    await expect(open({ genesisBlock: other })).rejects.toMatchObject({ code: 'engine/log_damaged', height: 1 })
  })

  it('a newer format is left alone', async () => {
    await writeRun(blocks, 'crash')
    const header = await readFile(segmentPath(1))
    header.writeUInt32BE(2, 8)
    header.set(
      createHash('sha256')
        .update(header.subarray(0, segmentHeaderBytes - 32))
        .digest(),
      segmentHeaderBytes - 32,
    )
    await writeFile(segmentPath(1), header)
    await expect(open()).rejects.toMatchObject({ code: 'engine/log_format', values: { format: 2 } })
  })
})
