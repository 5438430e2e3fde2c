// Any bytes as a record of the block log: what holds together is written again byte for byte, and nothing is thrown. Checksums are
// made to fit here, so that what lies behind them is tried, too.
import { Hash } from '@turnpike/chain/wire'
import { fuzzParser } from '@turnpike/chain/testing'
import { expect, it } from 'vitest'
import { createMachine } from '../../machine/createMachine.ts'
import { decodeRecord, decodeRecordHead, encodeRecord, isRecord } from './blockLogRecord.ts'
import type { BlockRecord } from './blockLogRecord.ts'

const { hashes } = await createMachine({ level: 'error' })
const tag = new Uint8Array(16).fill(7)
const op = { bytes: Uint8Array.of(1, 2, 3), id: Hash.zero, signers: [] }
const empty: BlockRecord = {
  height: 1,
  time: 1_800_000_000_000,
  previous: Hash.zero,
  ops: [],
  writes: Hash.zero,
  receiptsRoot: Hash.zero,
  receiptsSize: 0,
  appHash: Hash.zero,
}
const encode = (record: BlockRecord): Uint8Array => encodeRecord(record, { tag, hashes })

/** The bytes with a length and checksums that fit them. */
function seal(input: Uint8Array): Uint8Array {
  const bytes = input.slice()
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length)
  view.setUint32(bytes.length - 36, hashes.crc32(bytes.subarray(0, -36)))
  bytes.set(hashes.sha256(bytes.subarray(0, -32)), bytes.length - 32)
  return bytes
}

it('T32 T148 any bytes as a record', async () => {
  const outcomes = await fuzzParser({
    name: 'record',
    seeds: [encode(empty), encode({ ...empty, ops: [op, op] })],
    judge(input) {
      if (isRecord(input, hashes)) expect(decodeRecord(input)).toBeDefined()
      if (input.length < encode(empty).length) return 'too short'
      const sealed = seal(input)
      expect(isRecord(sealed, hashes)).toBe(true)
      const { format, tag: found } = decodeRecordHead(sealed)
      const record = decodeRecord(sealed)
      if (record === undefined) return 'no record'
      if (format === 1) expect(encodeRecord(record, { tag: found, hashes })).toEqual(sealed)
      return `${record.ops.length} operations`
    },
  })
  expect(outcomes).toContain('2 operations')
})
