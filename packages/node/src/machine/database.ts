// Real databases: node:sqlite in WAL mode. What is truth is synced at every commit, and that is asserted, not assumed.
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import type { Database, DatabaseOptions, Databases, Statement } from './Machine.ts'
import { makePrivate } from './privateFile.ts'

const TIMEOUT_MS = 5_000
const inMemory = ':memory:'
/** What `PRAGMA synchronous` reads for each durability. */
const synchronous = { full: 2, normal: 1 } as const

/** The databases of this machine. */
export function createDatabases(): Databases {
  return { open: openDatabase }
}

function openDatabase(options: DatabaseOptions): Database {
  if (options.readOnly !== true && options.path !== inMemory) makePrivate(options.path)
  const connection = new DatabaseSync(options.path, {
    readOnly: options.readOnly ?? false,
    timeout: options.timeoutMs ?? TIMEOUT_MS,
  })
  try {
    if (options.readOnly !== true) configure(connection, options)
  } catch (error) {
    connection.close()
    throw error
  }
  return createDatabase(connection)
}

/** Sets how commits are made durable at every open, whatever the library's defaults. */
function configure(connection: DatabaseSync, options: DatabaseOptions): void {
  connection.exec('PRAGMA journal_mode = WAL')
  connection.exec(`PRAGMA synchronous = ${options.durability.toUpperCase()}`)
  if (process.platform === 'darwin') connection.exec('PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1')
  const mode = connection.prepare('PRAGMA journal_mode').get()?.['journal_mode']
  const level = connection.prepare('PRAGMA synchronous').get()?.['synchronous']
  const wanted = options.path === inMemory ? 'memory' : 'wal'
  if (mode !== wanted || level !== synchronous[options.durability]) {
    throw new Error(`${options.path} opened with journal_mode ${String(mode)} and synchronous ${String(level)}.`)
  }
}

function createDatabase(connection: DatabaseSync): Database {
  return {
    exec: (sql) => connection.exec(sql),
    prepare(sql, settings) {
      const statement = connection.prepare(sql)
      if (settings?.bigints === true) statement.setReadBigInts(true)
      return createStatement(statement)
    },
    transaction(work) {
      connection.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        connection.exec('COMMIT')
        return result
      } catch (error) {
        // SQLite has rolled back by itself after some errors, a full disk for one.
        if (connection.isTransaction) connection.exec('ROLLBACK')
        throw error
      }
    },
    close: () => connection.close(),
  }
}

function createStatement(statement: StatementSync): Statement {
  return {
    run: (...values) => Number(statement.run(...values).changes),
    find: (...values) => statement.get(...values),
    all: (...values) => statement.all(...values),
  }
}
