// What can be set of a node: names, defaults, bounds, and the variables that stand for them.

/** A setting that no node can run with. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'node/config'
  readonly hint: string

  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

/** How a node runs. Paths are whole or relative to where the process was started. */
export type NodeConfig = {
  /** The data directory. */
  readonly home: string
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** A development chain: chain id 402402, a faucet, and on loopback no operator token. */
  readonly dev: boolean
  /** A development chain may be reached from outside this machine. */
  readonly devPublic: boolean
  /** A genesis document; needed at the first start of a chain that is not a development chain. */
  readonly genesisFile: string | undefined
  /** The folder of the built pages; without it there are none. */
  readonly pages: string | undefined
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug'
  /** The most requests in progress. */
  readonly concurrencyMax: number
  /** The most open connections of one source: an IPv4 address, or 64 bits of IPv6. */
  readonly connectionsPerSourceMax: number
  /** The most open event streams. */
  readonly streamsMax: number
  /** The most operations that wait for a block. */
  readonly waitingMax: number
  /** Size of a new segment of the block log. */
  readonly segmentBytes: number
  /** So much log behind the last checkpoint makes the next one due, if it is a quarter of the state as well. */
  readonly checkpointBytes: number
  /** Below so many free bytes on the disk of the data directory no operations are taken. */
  readonly freeBytesMin: number
  /** A node whose clock stands further behind the last block does not start. */
  readonly clockBehindMaxMs: number
  /** How much of history is kept at least: a number of receipts, or a duration such as `30d`. Everything unless it is said. */
  readonly retain: string | undefined
}

const defaults: NodeConfig = {
  home: '.turnpike',
  host: '127.0.0.1',
  port: 4020,
  dev: false,
  devPublic: false,
  genesisFile: undefined,
  pages: undefined,
  logLevel: 'warn',
  concurrencyMax: 2_048,
  connectionsPerSourceMax: 2_500,
  streamsMax: 256,
  waitingMax: 10_000,
  segmentBytes: 67_108_864,
  checkpointBytes: 33_554_432,
  freeBytesMin: 536_870_912,
  clockBehindMaxMs: 60_000,
  retain: undefined,
}

const bounds = {
  port: { min: 0, max: 65_535 },
  concurrencyMax: { min: 1, max: 100_000 },
  connectionsPerSourceMax: { min: 1, max: 100_000 },
  streamsMax: { min: 0, max: 100_000 },
  waitingMax: { min: 1, max: 1_000_000 },
  segmentBytes: { min: 2_097_152, max: 1_073_741_824 },
  checkpointBytes: { min: 4_096, max: 999_999_999_999 },
  freeBytesMin: { min: 0, max: 999_999_999_999 },
  clockBehindMaxMs: { min: 0, max: 86_400_000 },
} as const

const logLevels = ['error', 'warn', 'info', 'debug'] as const

type Environment = { readonly [name: string]: string | undefined }

/** The variable that stands for a setting: `segmentBytes` is `TURNPIKE_SEGMENT_BYTES`, `genesisFile` plainly `TURNPIKE_GENESIS`. */
export function variableOf(name: keyof NodeConfig): string {
  if (name === 'genesisFile') return 'TURNPIKE_GENESIS'
  return `TURNPIKE_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/** A setting as a reference shows it: its variable, its default, and the values it takes where not every one will do. */
export type Setting = {
  readonly name: keyof NodeConfig
  readonly variable: string
  readonly initial: NodeConfig[keyof NodeConfig]
  readonly bounds: { readonly min: number; readonly max: number } | readonly string[] | undefined
}

/** Every setting, in the order of `NodeConfig`. */
export function listSettings(): readonly Setting[] {
  return (Object.keys(defaults) as (keyof NodeConfig)[]).map((name) => ({
    name,
    variable: variableOf(name),
    initial: defaults[name],
    bounds: name === 'logLevel' ? logLevels : (bounds as Partial<Record<string, { min: number; max: number }>>)[name],
  }))
}

/**
 * Completes settings from variables and defaults, in this order.
 *
 * @throws ConfigError out of bounds, or contradictory.
 */
export function createConfig(given: Partial<NodeConfig>, environment: Environment = {}): NodeConfig {
  const settings: { [name: string]: unknown } = {}
  for (const name of Object.keys(defaults) as (keyof NodeConfig)[]) {
    const text = environment[variableOf(name)]
    settings[name] = given[name] ?? (text === undefined || text === '' ? defaults[name] : parseVariable(name, text))
  }
  return check(settings as NodeConfig)
}

function parseVariable(name: keyof NodeConfig, text: string): unknown {
  const example = defaults[name]
  if (typeof example === 'number')
    return /^[0-9]{1,12}$/.test(text) ? Number(text) : wrong(name, `${variableOf(name)} is no whole number.`)
  if (typeof example !== 'boolean') return text
  if (text === '1' || text === 'true') return true
  if (text === '0' || text === 'false') return false
  return wrong(name, `${variableOf(name)} is neither 1 nor 0.`)
}

function wrong(name: keyof NodeConfig, message: string): never {
  throw new ConfigError(message, `Set ${name} to a value within its bounds, or leave it out.`)
}

function check(config: NodeConfig): NodeConfig {
  for (const [name, { min, max }] of Object.entries(bounds)) {
    const value = config[name as keyof typeof bounds]
    if (!Number.isInteger(value) || value < min || value > max)
      wrong(name as keyof NodeConfig, `${name} must be a whole number from ${min} to ${max}.`)
  }
  parseRetention(config.retain)
  if (config.home === '') wrong('home', 'The data directory has no name.')
  if (!logLevels.includes(config.logLevel)) wrong('logLevel', `The log level is one of ${logLevels.join(', ')}.`)
  if (config.dev && config.genesisFile !== undefined) {
    throw new ConfigError('A development chain brings its own genesis.', 'Leave out either --dev or --genesis.')
  }
  if (config.devPublic && !config.dev)
    throw new ConfigError('--dev-public is for development chains.', 'Add --dev, or leave --dev-public out.')
  if (config.dev && !config.devPublic && !isLoopback(config.host)) {
    throw new ConfigError(
      `A development chain gives money to whoever asks, and ${config.host} can be reached from outside this machine.`,
      'Leave --host out, or say --dev-public if that is meant.',
    )
  }
  return config
}

const durationsMs: { readonly [unit: string]: number } = { h: 3_600_000, d: 86_400_000, y: 31_536_000_000 }

/** What `retain` means; undefined: everything is kept. @throws ConfigError */
export function parseRetention(
  text: string | undefined,
): { readonly receipts: number } | { readonly durationMs: number } | undefined {
  if (text === undefined) return undefined
  const [, digits, unit] = /^([1-9][0-9]{0,11})([hdy]?)$/.exec(text) ?? []
  if (digits === undefined || unit === undefined)
    return wrong('retain', `${text} is neither a number of receipts nor a duration such as 36h, 30d or 2y.`)
  return unit === '' ? { receipts: Number(digits) } : { durationMs: Number(digits) * durationsMs[unit]! }
}

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.[0-9]{1,3}){3}$/.test(host)
}

/** The chain id of every development chain. */
export const developmentChainId = 402_402

/** Chains that are known by their id. A signature made for one of them must never mean anything on another (decisions 11). */
export const publicChainIds: ReadonlySet<number> = new Set([
  1,
  5,
  10,
  14,
  25,
  30,
  40,
  50,
  56,
  61,
  97,
  100,
  122,
  130,
  137,
  143,
  146,
  169,
  196,
  204,
  232,
  239,
  250,
  252,
  255,
  288,
  295,
  300,
  314,
  324,
  338,
  369,
  388,
  480,
  500,
  545,
  592,
  690,
  747,
  919,
  999,
  1001,
  1030,
  1088,
  1101,
  1135,
  1284,
  1285,
  1301,
  1328,
  1329,
  1337,
  1514,
  1729,
  1868,
  1890,
  2020,
  2222,
  2345,
  2741,
  2818,
  3338,
  4158,
  4200,
  4202,
  4217,
  4689,
  4801,
  5000,
  5003,
  5042,
  5330,
  6342,
  6900,
  7000,
  7560,
  7700,
  7777777,
  8217,
  8453,
  9745,
  9999,
  10143,
  10200,
  11124,
  13371,
  17000,
  18233,
  25925,
  31337,
  32769,
  33139,
  34443,
  41454,
  42161,
  42170,
  42220,
  42793,
  43113,
  43114,
  44787,
  48900,
  50104,
  57073,
  59141,
  59144,
  60808,
  80002,
  80069,
  80084,
  80094,
  81457,
  84532,
  98866,
  98867,
  167000,
  167009,
  421614,
  534351,
  534352,
  560048,
  763373,
  984122,
  1328000,
  11142220,
  11155111,
  11155420,
  168587773,
  666666666,
  999999999,
  1313161554,
  1380012617,
  1666600000,
  developmentChainId,
])
