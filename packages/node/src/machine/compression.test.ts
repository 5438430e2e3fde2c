// Compression: there and back, and nothing out of what it did not make.
import { describe, expect, it } from 'vitest'
import { compress, expand } from './compression.ts'

describe('compression', () => {
  it('gives back what it was given, and takes less room for what repeats itself', () => {
    for (const length of [0, 1, 1_000, 300_000]) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * i) >> 9)
      expect(Buffer.compare(expand(compress(bytes), 300_000)!, bytes)).toBe(0)
    }
    expect(compress(new Uint8Array(1_000_000)).length).toBeLessThan(1_000)
  })

  it('T32 finds nothing in other bytes, or in more than is wanted', () => {
    const compressed = compress(new Uint8Array(100_000))
    expect(expand(compressed, 99_999)).toBe(undefined)
    expect(expand(compressed.subarray(0, -1), 100_000)).toBe(undefined)
    expect(expand(Uint8Array.of(1, 2, 3, 4, 5), 100_000)).toBe(undefined)
  })
})
