// Everything that is not a function of its input: what the node asks of the machine it runs on. The implementations
// stand beside this file; the simulator has its own, so whatever happens there can be repeated from a seed.

/** Milliseconds, since 1970 where a moment is meant. */
export type Ms = number

/** The machine as one value, handed to what needs several of its parts. */
export type Machine = {
  readonly disk: Disk
  readonly clock: Clock
  readonly threads: Threads
  readonly databases: Databases
  readonly hashes: Hashes
  /** Unpredictable bytes from the operating system. */
  readonly random: (length: number) => Uint8Array
  readonly logger: Logger
  readonly metrics: Metrics
}

/**
 * Files. Paths are whole paths, and parts are joined with `/`. Every call rejects when the operation did not happen
 * in full; after a rejected write nothing may be assumed about the bytes it was to change.
 */
export interface Disk {
  /** Opens a file that exists for writes that are durable when they resolve. */
  open(path: string): Promise<DurableFile>
  /** Creates a file of `bytes` bytes, `head` and then zeros that truly lie on the disk: all of it, durable, or nothing. */
  createFilled(options: { readonly path: string; readonly bytes: number; readonly head: Uint8Array }): Promise<void>
  /** Replaces or creates a file by temporary file, sync, rename and directory sync: the old bytes or the new ones, never a mix. */
  writeFileAtomic(options: { readonly path: string; readonly bytes: Uint8Array; readonly mode: number }): Promise<void>
  /** The bytes of a range, or of the whole file; fewer where the file ends earlier. They are the caller's to keep. */
  read(path: string, range?: { readonly offset: number; readonly bytes: number }): Promise<Uint8Array>
  /** The length in bytes, or undefined when there is no such file. */
  findBytes(path: string): Promise<number | undefined>
  /** The names in a directory, in ascending order; none when there is no such directory. */
  list(directory: string): Promise<readonly string[]>
  /** Durable only after a sync of the directory. */
  rename(options: { readonly from: string; readonly to: string }): Promise<void>
  /** Removes a file, if there is one. Durable only after a sync of the directory. */
  remove(path: string): Promise<void>
  /** Creates a directory (for its owner alone) with its parents, durably, if it is missing. */
  createDirectory(path: string): Promise<void>
  syncDirectory(path: string): Promise<void>
  /** The bytes that are free for this process on the file system that holds the path. */
  getFreeBytes(path: string): Promise<number>
}

/** A file that is open for writing. */
export interface DurableFile {
  /** Writes all bytes at the offset. They survive a power failure once this resolves. */
  write(bytes: Uint8Array, offset: number): Promise<void>
  close(): Promise<void>
}

/** Time. */
export interface Clock {
  /** Wall-clock time; it may jump in both directions. */
  now(): Ms
  /** Time since some fixed moment, with fractions; it never goes back. For measuring only. */
  elapsed(): Ms
  /** Runs once after the delay, however long that is; the returned function calls it off. */
  after(delayMs: Ms, run: () => void): () => void
  /** Resolves after everything else that is ready has had its turn, so that long work lets requests in. */
  turn(): Promise<void>
}

/** Threads that run a module of ours. */
export interface Threads {
  /** How many threads can run at the same time. */
  readonly cores: number
  /**
   * Starts a thread; name the module with `moduleBeside`. It exports `run`, a `RunThread`. What is posted before it listens
   * waits for it.
   */
  spawn(module: URL): Thread
}

/** A running thread, as the one that started it sees it. */
export interface Thread {
  postMessage(message: unknown, transfer?: readonly ArrayBufferLike[]): void
  on<E extends keyof ThreadEvents>(event: E, listener: (value: ThreadEvents[E]) => void): void
  terminate(): Promise<void>
}

export type ThreadEvents = {
  readonly message: unknown
  /** Something was thrown and not caught in the thread; it ends. */
  readonly error: unknown
  /** The exit code. */
  readonly exit: number
}

/** What the module of a thread exports as `run`: listens at the port, and keeps no state outside, so that many may run in one process. */
export type RunThread = (thread: { readonly port: Port; readonly machine: ThreadMachine }) => Promise<void> | void

/** The part of the machine that a thread has for itself. */
export type ThreadMachine = Pick<Machine, 'disk' | 'clock' | 'databases' | 'hashes'>

/** The other end of a thread. */
export interface Port {
  postMessage(message: unknown, transfer?: readonly ArrayBufferLike[]): void
  on(event: 'message', listener: (message: unknown) => Promise<void> | void): void
  /** Hears no more, so that the thread can end by itself. */
  close(): void
}

/** SQLite. */
export interface Databases {
  /** Opens or creates a database. Close it when done. */
  open(options: DatabaseOptions): Database
}

export type DatabaseOptions = {
  /** A path, or `:memory:`. */
  readonly path: string
  /** `full`: a commit survives a power failure. `normal`, for derived data only: the file stays whole, the last commits may be lost. */
  readonly durability: 'full' | 'normal'
  readonly readOnly?: boolean
  /** How long to wait for a lock of another connection; 5,000 unless said otherwise. */
  readonly timeoutMs?: number
}

export type SqlValue = null | number | bigint | string | Uint8Array
export type SqlRow = { readonly [column: string]: SqlValue }

export interface Database {
  /** Runs statements that bind nothing and return nothing. */
  exec(sql: string): void
  /** `bigints`: integers are read as bigint, for columns that use all 64 bits. */
  prepare(sql: string, options?: { readonly bigints: boolean }): Statement
  /** Runs the work in one transaction: all of it is kept, or none if it throws. */
  transaction<T>(work: () => T): T
  close(): void
}

export interface Statement {
  /** Returns the number of rows changed. */
  run(...values: readonly SqlValue[]): number
  find(...values: readonly SqlValue[]): SqlRow | undefined
  all(...values: readonly SqlValue[]): readonly SqlRow[]
}

/** Fast hashes and checksums. They agree with the chain's reference implementations, which a test and the boot check. */
export type Hashes = {
  readonly keccak256: (data: Uint8Array) => Uint8Array
  readonly sha256: (data: Uint8Array) => Uint8Array
  /** CRC-32 as in zlib; a running sum goes on from `from`. */
  readonly crc32: (data: Uint8Array, from?: number) => number
}

/** What a log line carries beside its message. Values under names of secrets are never written. */
export type LogFields = { readonly [name: string]: unknown }

/**
 * Writes lines for operators: error = broken, warn = may break, info = rare milestones, debug = the rest.
 * The message is a fixed sentence and data goes into fields, since lines are limited per message.
 */
export interface Logger {
  error(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
}

export type MetricOptions = {
  /** Ends in its unit: `_seconds`, `_bytes`, `_total`; what is counted now ends in the noun. */
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
}
export type Labels = { readonly [label: string]: string | number }

/** Numbers for operators. Names and labels are ours, never a caller's, so their number is bounded. */
export interface Metrics {
  counter(options: MetricOptions): { add(value?: number, labels?: Labels): void }
  gauge(options: MetricOptions & { readonly read?: () => number }): { set(value: number, labels?: Labels): void }
  histogram(options: MetricOptions & { readonly buckets: readonly number[] }): {
    observe(value: number, labels?: Labels): void
  }
  /** Everything in Prometheus text format. */
  text(): Promise<string>
  readonly contentType: string
}
