// Any text as a variable of the environment: a configuration within its bounds, or a ConfigError.
import { fuzzParser } from '@turnpike/chain/testing'
import { Text } from '@turnpike/chain/wire'
import { expect, it } from 'vitest'
import { ConfigError, createConfig, listSettings, parseRetention } from './config.ts'

const settings = listSettings()

it('T32 T191 any text as a setting', async () => {
  const examples = settings.map(({ variable, initial }) => `${variable}=${String(initial ?? '30d')}`)
  const outcomes = await fuzzParser({
    name: 'setting',
    seeds: [...examples, 'TURNPIKE_RETAIN=1000', 'TURNPIKE_HOST=::1'].map(Text.toBytes),
    pieces: ['-', '1e3', '0x1', '.', '30d', '2y', ' ', '0', '999999999999', 'true', '\0'].map(Text.toBytes),
    errors: [ConfigError],
    judge(input) {
      const [, variable = '', text = ''] = /^([^=]*)=([^]*)$/.exec(new TextDecoder().decode(input)) ?? []
      const config = createConfig({}, { [variable]: text })
      for (const { name, bounds } of settings) {
        if (bounds === undefined || !('min' in bounds)) continue
        expect(config[name]).toBeGreaterThanOrEqual(bounds.min)
        expect(config[name]).toBeLessThanOrEqual(bounds.max)
      }
      return `${settings.find((setting) => setting.variable === variable)?.name ?? 'unknown'}: taken`
    },
  })
  for (const { name } of settings) expect(outcomes).toContain(`${name}: taken`)
})

it('T32 any text as a retention', async () => {
  const outcomes = await fuzzParser({
    name: 'retention',
    seeds: ['1', '36h', '30d', '2y', '999999999999y'].map(Text.toBytes),
    pieces: ['0', 'm', '-', '.', 'H'].map(Text.toBytes),
    errors: [ConfigError],
    judge(input) {
      const retention = parseRetention(new TextDecoder().decode(input))!
      const [[kind, amount]] = Object.entries(retention) as [[string, number]]
      expect(amount).toBeGreaterThan(0)
      expect(Number.isFinite(amount)).toBe(true)
      return kind
    },
  })
  expect([outcomes.has('receipts'), outcomes.has('durationMs')]).toEqual([true, true])
})
