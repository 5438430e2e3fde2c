// Any text as dollars: an amount that says the same, or a typed error.
import { fuzzParser } from '@turnpike/chain/testing'
import { Text } from '@turnpike/chain/wire'
import { expect, test } from 'vitest'
import { LedgerError } from './errors.ts'
import { formatUnits, unitsOf, usd } from './money.ts'

const asset = {
  symbol: 'pUSD',
  address: `0x${'74'.repeat(20)}`,
  decimals: 6,
  currency: 'USD',
  eip712: { name: '', version: '' },
} as const

test('T32 T105 any text as dollars', async () => {
  const outcomes = await fuzzParser({
    name: 'dollars',
    seeds: ['1', '0.01', '1,000', '0.0000001'].map(Text.toBytes),
    pieces: ['.', '0', '1e3', '-', '+', ' ', '$', ',', '1', '１'].map(Text.toBytes),
    errors: [LedgerError],
    judge(input) {
      const text = new TextDecoder().decode(input)
      const units = unitsOf(usd(text), asset as never)
      expect(text).toMatch(/^[0-9]+(\.[0-9]+)?$/)
      expect(formatUnits(units, 6, 0)).toBe(text.replace(/(\.[0-9]*?)0+$/, '$1').replace(/\.$/, ''))
      return 'dollars'
    },
  })
  expect(outcomes).toContain('dollars')
})
