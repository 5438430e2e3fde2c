// Databases of a simulated machine. They are real SQLite in real files in memory: what matters is how SQLite itself comes back from
// what a crash leaves, and in WAL mode that is the main file and any beginning of the log that was not synced. So a crash copies the
// files and cuts the log at any byte; nothing else of SQLite is modelled. Checkpoints of the log itself (64 MiB) are out of reach here.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database, Databases } from '@turnpike/node'
import type { Random } from '../random.ts'
import type { ForeignFiles } from './disk.ts'

const memory = '/dev/shm'
const logSuffix = '-wal'

/** A folder on the real machine that holds databases. */
export type Folder = { readonly path: string; remove(): void }

/** An empty folder; in memory where the system has that. */
export function createFolder(): Folder {
  const path = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'turnpike-sim-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export type SimulatedDatabases = Databases & {
  readonly files: ForeignFiles
  /** The next transactions fail as on a full disk, so many of them. */
  failNext(count: number): void
  /** Ends all connections as a crash does, and copies what is left to another folder. `whole`: the process ended, not the machine. */
  crash(to: Folder, how: { readonly whole: boolean }): void
}

export type DatabasesOptions = {
  readonly real: Databases
  readonly folder: Folder
  readonly random: Random
}

/** Opens databases in the folder, under the paths of the simulated disk. */
export function createDatabases(options: DatabasesOptions): SimulatedDatabases {
  return new ModelDatabases(options)
}

/** A path as one name. */
const flat = (path: string): string => path.replaceAll('/', '%')

class ModelDatabases implements SimulatedDatabases {
  readonly #options: DatabasesOptions
  readonly #open = new Set<Database>()
  /** Logs whose commits are synced. */
  readonly #synced = new Set<string>()
  #failing = 0

  constructor(options: DatabasesOptions) {
    this.#options = options
  }

  open(options: Parameters<Databases['open']>[0]): Database {
    const { real, folder } = this.#options
    if (options.path === ':memory:') return real.open(options)
    const database = real.open({ ...options, path: join(folder.path, flat(options.path)) })
    this.#open.add(database)
    if (options.durability === 'full') this.#synced.add(`${flat(options.path)}${logSuffix}`)
    return {
      exec: (sql) => database.exec(sql),
      prepare: (sql, settings) => database.prepare(sql, settings),
      transaction: (work) =>
        database.transaction(() => {
          const result = work()
          this.#breakIfAsked()
          return result
        }),
      close: () => {
        this.#open.delete(database)
        database.close()
      },
    }
  }

  failNext(count: number): void {
    this.#failing = count
  }

  crash(to: Folder, { whole }: { readonly whole: boolean }): void {
    const { folder, random } = this.#options
    mkdirSync(to.path, { recursive: true })
    for (const name of this.#names()) {
      if (name.endsWith('-shm')) continue
      const copy = join(to.path, name)
      copyFileSync(join(folder.path, name), copy)
      if (whole || !name.endsWith(logSuffix) || this.#synced.has(name)) continue
      truncateSync(copy, random.int(statSync(copy).size + 1))
    }
    for (const database of this.#open) database.close()
    this.#open.clear()
  }

  readonly files: ForeignFiles = {
    list: (directory) => {
      const prefix = flat(`${directory}/`)
      return this.#names()
        .filter((name) => name.startsWith(prefix) && !name.slice(prefix.length).includes('%'))
        .map((name) => name.slice(prefix.length))
    },
    findBytes: (path) => {
      const real = join(this.#options.folder.path, flat(path))
      return existsSync(real) ? statSync(real).size : undefined
    },
    remove: (path) => {
      const real = join(this.#options.folder.path, flat(path))
      if (!existsSync(real)) return false
      rmSync(real)
      return true
    },
  }

  #names(): readonly string[] {
    return readdirSync(this.#options.folder.path).toSorted()
  }

  #breakIfAsked(): void {
    if (this.#failing === 0) return
    this.#failing -= 1
    throw Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR', errcode: 13 })
  }
}
