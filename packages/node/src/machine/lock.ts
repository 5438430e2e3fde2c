// One process per data directory. The lock is an open SQLite transaction, so the system frees it the moment its
// holder dies, however that happens; a file with a process id would stay behind and lie, above all in containers.
import { DatabaseSync } from 'node:sqlite'
import { Failure } from './Failure.ts'
import { makePrivate } from './privateFile.ts'

/** SQLite's result codes for "another connection holds the lock" and "no room on the disk". */
const SQLITE_BUSY = 5
const SQLITE_FULL = 13

/** The right to a data directory, until it is released or the process ends. */
export type Lock = {
  release(): void
}

/**
 * Takes the lock of a data directory at once or not at all.
 *
 * @param path of the lock's file, `lock.db`; its directory must exist.
 * @throws Failure `node/locked` with the holder's process id.
 */
export function acquireLock(path: string): Lock {
  // Whoever can read the file can hold a read lock on it, and keep us from ours.
  makePrivate(path)
  const connection = new DatabaseSync(path, { timeout: 0 })
  try {
    // A rollback journal: readers may look at the last commit, which names the holder, while the lock is held.
    connection.exec('PRAGMA journal_mode = DELETE')
    nameHolder(connection)
  } catch (error) {
    const holder = isBusy(error) ? findOther(connection) : undefined
    connection.close()
    throw isBusy(error) ? locked({ path, holder, cause: error }) : error
  }
  return { release: () => connection.close() }
}

/** Writes this process's name and takes the lock. On a full disk the lock is taken without a name. */
function nameHolder(connection: DatabaseSync): void {
  try {
    connection.exec('CREATE TABLE IF NOT EXISTS holder (id INTEGER PRIMARY KEY CHECK (id = 1), pid INTEGER NOT NULL)')
    do {
      if (connection.isTransaction) connection.exec('ROLLBACK')
      connection.prepare('INSERT OR REPLACE INTO holder VALUES (1, ?)').run(process.pid)
      connection.exec('BEGIN IMMEDIATE')
      // Between those two lines another process may have written its name, and then failed to get the lock.
    } while (findHolder(connection) !== process.pid)
  } catch (error) {
    if (!isCode(error, SQLITE_FULL)) throw error
    connection.exec('BEGIN IMMEDIATE')
  }
}

function isBusy(error: unknown): boolean {
  return isCode(error, SQLITE_BUSY)
}

/** The low byte is the primary code; extended codes say which kind of it. */
function isCode(error: unknown, code: number): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === code
}

/** The process id that was written last; undefined while it cannot be read. */
function findHolder(connection: DatabaseSync): number | undefined {
  try {
    const pid = connection.prepare('SELECT pid FROM holder').get()?.['pid']
    return typeof pid === 'number' ? pid : undefined
  } catch {
    return undefined // The name is a courtesy; the refusal below stands without it.
  }
}

/** The holder as the loser sees it: its own name, written a moment too late, says nothing. */
function findOther(connection: DatabaseSync): number | undefined {
  const holder = findHolder(connection)
  return holder === process.pid ? undefined : holder
}

function locked({ path, holder, cause }: { path: string; holder: number | undefined; cause: unknown }): Failure {
  const who = holder === undefined ? 'Another process' : `Process ${holder}`
  return new Failure({
    code: 'node/locked',
    message: `${who} is using this data directory: it holds ${path}.`,
    values: holder === undefined ? { path } : { path, pid: holder },
    hint: 'Stop that process, or give this one another directory with --home. A lock never outlives its process.',
    cause,
  })
}
