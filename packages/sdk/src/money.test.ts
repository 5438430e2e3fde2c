// Amounts: exact at every size, and never a bare number.
import { describe, expect, it } from 'vitest'
import type { Asset } from './chain.ts'
import { capUnitsOf, formatUnits, unitsOf, usd, type Amount } from './money.ts'
import type { Address } from '@turnpike/chain/wire'

const dollar: Asset = {
  symbol: 'pUSD',
  address: '0x7474747474747474747474747474747474747401' as Address.Address,
  decimals: 6,
  currency: 'USD',
  eip712: { name: 'Turnpike USD', version: '1' },
}

describe('amounts', () => {
  it('T105 are base units or dollars that say so; a bare number is no amount', () => {
    const amounts: readonly Amount[] = [1n, usd('1')]
    expect(amounts.map((amount) => unitsOf(amount, dollar))).toEqual([1n, 1_000_000n])
    // @ts-expect-error A number could mean one dollar or one base unit.
    const bare: Amount = 1
    expect(() => unitsOf(bare, dollar)).toThrow('1 is neither base units nor dollars.')
    for (const wrong of ['1.00', '1', null, undefined, {}, { currency: 'USD' }])
      expect(() => unitsOf(wrong as never, dollar)).toThrow('neither base units nor dollars')
  })

  it('T105 come back the same from 1e0 to 1e38 base units', () => {
    for (let exponent = 0; exponent <= 38; exponent++) {
      const units = 10n ** BigInt(exponent)
      for (const decimals of [0, 6, 18]) {
        const text = formatUnits(units, decimals)
        if (text.split('.')[0]!.length > 39) continue
        expect(unitsOf(usd(text), { ...dollar, decimals })).toBe(units)
      }
    }
  })

  it.each(['', '.5', '1.', '01', '-1', '+1', '1e3', '0x1', '1,000', ' 1', '1 ', '1.0000000000000000001', 'NaN', '１'])(
    'refuse "%s" as dollars',
    (text) => {
      expect(() => usd(text)).toThrow(expect.objectContaining({ code: 'sdk/amount_invalid' }))
    },
  )

  it('refuse what does not come out even, is out of range, or is another currency', () => {
    expect(unitsOf(usd('0.000001'), dollar)).toBe(1n)
    expect(() => unitsOf(usd('0.0000001'), dollar)).toThrow('6 decimals')
    expect(unitsOf(2n ** 128n - 1n, dollar)).toBe(2n ** 128n - 1n)
    expect(() => unitsOf(2n ** 128n, dollar)).toThrow(expect.objectContaining({ code: 'sdk/amount_invalid' }))
    expect(() => unitsOf(-1n, dollar)).toThrow(expect.objectContaining({ code: 'sdk/amount_invalid' }))
    expect(() => unitsOf(usd('1'), { ...dollar, symbol: 'pEUR', currency: 'EUR' })).toThrow('pEUR is no asset in USD')
  })

  it('become caps in millionths', () => {
    expect(capUnitsOf(usd('0.05'))).toBe(50_000n)
    expect(() => capUnitsOf(usd('0.0000001'))).toThrow(expect.objectContaining({ code: 'sdk/amount_invalid' }))
  })

  it('are shown with two decimals or as many as they need', () => {
    const shown = [0n, 1n, 10_000n, 250_000n, 1_000_000n, 1_234_567n].map((units) => formatUnits(units, 6))
    expect(shown).toEqual(['0.00', '0.000001', '0.01', '0.25', '1.00', '1.234567'])
    expect(formatUnits(5n, 0)).toBe('5')
  })
})
