// The fast hashes against noble, the reference.
import { installHashes, keccak256, sha256 } from '@turnpike/chain/wire'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createHashes } from './hashes.ts'
import { random } from './random.ts'

const hashes = await createHashes()

describe('the fast hashes', () => {
  it('agree with noble on any bytes', () => {
    const memory = random(70_000)
    const ranges = fc.record({ from: fc.nat(69_000), length: fc.oneof(fc.nat(600), fc.nat(70_000)) })
    fc.assert(
      fc.property(ranges, ({ from, length }) => {
        const data = memory.subarray(from, from + length)
        expect(Buffer.compare(hashes.keccak256(data), keccak256(data))).toBe(0)
        expect(Buffer.compare(hashes.sha256(data), sha256(data))).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  it('return plain bytes that no later call changes', () => {
    for (const name of ['keccak256', 'sha256'] as const) {
      const first = hashes[name](Uint8Array.of(1))
      const copy = first.slice()
      hashes[name](Uint8Array.of(2))
      expect(first).toEqual(copy)
      expect(first.constructor).toBe(Uint8Array)
      expect(first.length).toBe(32)
    }
  })

  it('are accepted by the chain', () => {
    installHashes(hashes)
    expect(Buffer.from(sha256(new Uint8Array())).toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    )
    expect(Buffer.from(keccak256(new Uint8Array())).toString('hex')).toBe(
      'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    )
  })

  it('compute the CRC-32 of zlib, at once or in parts', () => {
    const data = Buffer.from('123456789')
    expect(hashes.crc32(data)).toBe(0xcbf43926)
    expect(hashes.crc32(data.subarray(4), hashes.crc32(data.subarray(0, 4)))).toBe(0xcbf43926)
  })
})

describe('random bytes', () => {
  it('are as many as asked for, in memory of their own', () => {
    const bytes = random(32)
    expect(bytes.buffer.byteLength).toBe(32)
    expect(bytes).not.toEqual(random(32))
  })
})
