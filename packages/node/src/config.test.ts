// Settings: precedence, bounds, and what contradicts itself.
import { describe, expect, it } from 'vitest'
import {
  ConfigError,
  createConfig,
  isLoopback,
  listSettings,
  publicChainIds,
  variableOf,
  parseRetention,
} from './config.ts'

describe('settings', () => {
  it('come from what is given, else from variables, else from defaults', () => {
    const environment = { TURNPIKE_PORT: '5000', TURNPIKE_HOME: '/data', TURNPIKE_DEV: '1' }
    const config = createConfig({ port: 6000 }, environment)
    expect(config).toMatchObject({ port: 6000, home: '/data', dev: true, host: '127.0.0.1', concurrencyMax: 2_048 })
  })

  it('are named after what they set', () => {
    expect([
      variableOf('home'),
      variableOf('devPublic'),
      variableOf('genesisFile'),
      variableOf('segmentBytes'),
    ]).toEqual(['TURNPIKE_HOME', 'TURNPIKE_DEV_PUBLIC', 'TURNPIKE_GENESIS', 'TURNPIKE_SEGMENT_BYTES'])
  })

  it('are listed with the bounds that hold', () => {
    for (const { name, bounds, initial } of listSettings()) {
      expect(createConfig({})[name]).toBe(initial)
      if (bounds === undefined) continue
      const [inside, outside] =
        'min' in bounds
          ? [
              [bounds.min, bounds.max],
              [bounds.min - 1, bounds.max + 1],
            ]
          : [bounds, ['loud']]
      for (const value of inside) expect(createConfig({ [name]: value })[name]).toBe(value)
      for (const value of outside) expect(() => createConfig({ [name]: value })).toThrow(ConfigError)
    }
  })

  it.each([
    ['port', 0, 65_535],
    ['concurrencyMax', 1, 100_000],
    ['streamsMax', 0, 100_000],
    ['waitingMax', 1, 1_000_000],
    ['segmentBytes', 2_097_152, 1_073_741_824],
    ['checkpointBytes', 4_096, 999_999_999_999],
    ['freeBytesMin', 0, 999_999_999_999],
    ['clockBehindMaxMs', 0, 86_400_000],
  ] as const)('%s takes %d to %d and nothing beyond', (name, min, max) => {
    expect(createConfig({ [name]: min })[name]).toBe(min)
    expect(createConfig({ [name]: max })[name]).toBe(max)
    for (const value of [min - 1, max + 1, 1.5, Number.NaN])
      expect(() => createConfig({ [name]: value })).toThrow(ConfigError)
  })

  it.each([
    [{ TURNPIKE_PORT: '40x' }, 'no whole number'],
    [{ TURNPIKE_DEV: 'yes' }, 'neither 1 nor 0'],
    [{ TURNPIKE_LOG_LEVEL: 'loud' }, 'log level'],
  ])('%o is refused', (environment, words) => {
    expect(() => createConfig({}, environment)).toThrow(words)
  })

  it('keep a development chain on loopback unless its publication is spelled out', () => {
    expect(() => createConfig({ dev: true, host: '0.0.0.0' })).toThrow('outside this machine')
    expect(createConfig({ dev: true, host: '0.0.0.0', devPublic: true }).host).toBe('0.0.0.0')
    expect(() => createConfig({ devPublic: true })).toThrow('development chains')
    expect(() => createConfig({ dev: true, genesisFile: 'genesis.json' })).toThrow('own genesis')
  })
})

it('reads how much of history is kept', () => {
  const kept = ['1000', '36h', '30d', '2y'].map(parseRetention)
  expect(kept).toEqual([
    { receipts: 1_000 },
    { durationMs: 129_600_000 },
    { durationMs: 2_592_000_000 },
    { durationMs: 63_072_000_000 },
  ])
  expect(createConfig({}, { TURNPIKE_RETAIN: '30d' }).retain).toBe('30d')
  expect(parseRetention(undefined)).toBeUndefined()
  for (const text of ['0', '-1', '30 d', '5m', 'd', '1e3', '9999999999999'])
    expect(() => createConfig({ retain: text })).toThrow('neither a number of receipts')
})

it.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.1.2', false],
  ['127.0.0.1.example', false],
])('%s is loopback: %s', (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback)
})

it('knows the chains that nobody may imitate', () => {
  for (const id of [1, 8453, 84_532, 11_155_111, 402_402]) expect(publicChainIds.has(id)).toBe(true)
  expect(publicChainIds.has(990_001)).toBe(false)
})
