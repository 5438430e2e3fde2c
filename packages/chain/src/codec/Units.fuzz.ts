// Any text as an amount, an address or a hash: its one spelling, or nothing.
import { expect, test } from 'vitest'
import { fuzzParser } from '../../testing/parserFuzz.ts'
import * as Address from './Address.ts'
import * as Hash from './Hash.ts'
import * as Text from './Text.ts'
import * as Units from './Units.ts'

const decoder = new TextDecoder()

test('T32 T112 any text as an amount', async () => {
  const outcomes = await fuzzParser({
    name: 'amount',
    seeds: ['0', '1000000', String(Units.max), String(Units.max + 1n)].map(Text.toBytes),
    pieces: ['0', '9', '-', '+', '.', 'e3', '0x', ' ', '_', '１', '\0'].map(Text.toBytes),
    judge(input) {
      const text = decoder.decode(input)
      const [value, wide] = [Units.parse(text), Units.parseDecimal(text, 78)]
      if (wide !== undefined) expect(String(wide)).toBe(text)
      if (value === undefined) return wide === undefined ? 'none' : 'too large'
      expect(value).toBe(wide)
      expect(value).toBeLessThanOrEqual(Units.max)
      return 'an amount'
    },
  })
  expect(outcomes).toEqual(new Set(['an amount', 'too large', 'none']))
})

test('T32 any text as an address or a hash', async () => {
  const [address, hash] = [`0x${'aB'.repeat(20)}`, `0x${'0C'.repeat(32)}`]
  const outcomes = await fuzzParser({
    name: 'address',
    seeds: [address, hash].map(Text.toBytes),
    pieces: ['0x', '0X', 'g', 'A', '１', ' ', '\n', '\0'].map(Text.toBytes),
    judge(input) {
      const text = decoder.decode(input)
      const found = Address.parse(text) ?? Hash.parse(text)
      if (found === undefined) return 'neither'
      expect(text.toLowerCase()).toBe(found)
      return found.length === 42 ? 'an address' : 'a hash'
    },
  })
  expect(outcomes).toEqual(new Set(['an address', 'a hash', 'neither']))
})
