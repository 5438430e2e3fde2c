// The real logger: JSON lines through pino, without secrets, and bounded however often something goes wrong.
import { pino } from 'pino'
import type { DestinationStream } from 'pino'
import type { Clock, LogFields, Logger } from './Machine.ts'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

export type LoggerOptions = {
  readonly level: LogLevel
  readonly clock: Clock
  /** Standard error unless said otherwise: standard output belongs to the ready line and to answers. */
  readonly destination?: DestinationStream
}

/** Values under names that contain one of these are never written (T42, T95). */
const SECRET_NAMES = [
  'secret',
  'password',
  'passphrase',
  'token',
  'privatekey',
  'mnemonic',
  'authorization',
  'cookie',
  'signature',
]
const REDACTED = '[redacted]'
/** How deep fields are looked through; what lies deeper is left out, so that no secret hides there. */
const DEPTH_MAX = 5
/** The most characters of one text, since some of it was written by strangers. */
const TEXT_MAX = 500
/** The most lines of one message in one minute (T165). The next line tells how many were left out. */
const LINES_PER_MINUTE = 60
/** Messages are fixed sentences of ours, far fewer than this; the bound only guards the memory against a mistake. */
const MESSAGES_MAX = 1_000
const MINUTE_MS = 60_000

/** Starts a log. */
export function createLogger(options: LoggerOptions): Logger {
  const destination = options.destination ?? pino.destination({ fd: 2, sync: true })
  const output = pino(
    { level: options.level, base: null, formatters: { level: (label) => ({ level: label }) } },
    destination,
  )
  const admit = createLimit(options.clock)
  const writer = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (!output.isLevelEnabled(level)) return
    const leftOut = admit(`${level} ${message}`)
    if (leftOut === undefined) return
    output[level]({ ...(redact(fields ?? {}, 0) as object), ...(leftOut > 0 ? { leftOut } : {}) }, message)
  }
  return { error: writer('error'), warn: writer('warn'), info: writer('info'), debug: writer('debug') }
}

/** Counts lines per message: undefined when one is too many, else the number left out since the last one written. */
function createLimit(clock: Clock): (message: string) => number | undefined {
  const seen = new Map<string, { since: number; lines: number }>()
  return (message) => {
    const now = clock.elapsed()
    const entry = seen.get(message)
    if (entry !== undefined && now - entry.since < MINUTE_MS) {
      entry.lines += 1
      return entry.lines > LINES_PER_MINUTE ? undefined : 0
    }
    if (entry === undefined && seen.size >= MESSAGES_MAX) seen.clear()
    seen.set(message, { since: now, lines: 1 })
    return Math.max(0, (entry?.lines ?? 0) - LINES_PER_MINUTE)
  }
}

/** The value as it may be written. */
function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string') return value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX)}…` : value
  if (typeof value !== 'object' || value === null) return value
  if (depth >= DEPTH_MAX) return '[deep]'
  if (value instanceof Error) return redactError(value, depth)
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (Array.isArray(value)) return value.slice(0, TEXT_MAX).map((item) => redact(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, isSecret(name) ? REDACTED : redact(item, depth + 1)]),
  )
}

/** An error in full: code, message, stack and causes, and the fields it carries, which are redacted like any other. */
function redactError(error: Error, depth: number): unknown {
  const { name, message, stack, cause } = error
  return redact({ ...Object.fromEntries(Object.entries(error)), name, message, stack, cause }, depth)
}

function isSecret(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[_-]/g, '')
  return SECRET_NAMES.some((secret) => plain.includes(secret))
}
