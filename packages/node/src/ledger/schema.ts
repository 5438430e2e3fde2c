// The database of history: where each block and its operations lie in the flat files, keys that lead to operations, and
// sums. Operations themselves are in no row, so that a payment costs microseconds.
//
// Keys of operations are kept in sorted runs (`historyKeys.ts`). Sums are decimal text, which never loses a unit; where
// they are ordered by, it is of a fixed width.
import type { Database, Databases } from '../machine/Machine.ts'

/** "TPHI": which kind of file this is. */
const APPLICATION_ID = 0x5450_4849
/** The tables below. Another number: the file is dropped and history built again from the log. */
const FORMAT = 5

/** What can be built again from the log. */
const derived = `
CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), height INTEGER NOT NULL, hash BLOB NOT NULL, next INTEGER NOT NULL, buyers INTEGER NOT NULL) STRICT;
CREATE TABLE segments (number INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, height INTEGER NOT NULL, time INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
CREATE TABLE blocks (height INTEGER PRIMARY KEY, time INTEGER NOT NULL, hash BLOB NOT NULL, first INTEGER NOT NULL, operations INTEGER NOT NULL, segment INTEGER NOT NULL, place INTEGER NOT NULL) STRICT;
CREATE TABLE runs (number INTEGER PRIMARY KEY, segment INTEGER NOT NULL, first INTEGER NOT NULL, receipts INTEGER NOT NULL) STRICT;
CREATE TABLE chunks (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, kind INTEGER NOT NULL, key INTEGER NOT NULL, sequence INTEGER NOT NULL, entries BLOB NOT NULL) STRICT;
CREATE INDEX chunksByKey ON chunks (run, kind, key, sequence);
CREATE TABLE agents (sequence INTEGER PRIMARY KEY, account BLOB NOT NULL, owner BLOB NOT NULL, created INTEGER NOT NULL, op BLOB NOT NULL) STRICT;
CREATE INDEX agentsByOwner ON agents (owner, sequence);
CREATE TABLE totals (asset BLOB PRIMARY KEY, number INTEGER NOT NULL, amount TEXT NOT NULL, toll TEXT NOT NULL, payments INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sellers (payee BLOB, asset BLOB, revenue TEXT NOT NULL, toll TEXT NOT NULL, refunded TEXT NOT NULL, payments INTEGER NOT NULL, PRIMARY KEY (payee, asset)) STRICT, WITHOUT ROWID;
CREATE TABLE periods (payee BLOB, length INTEGER, start INTEGER, asset BLOB, revenue TEXT NOT NULL, toll TEXT NOT NULL, payments INTEGER NOT NULL, PRIMARY KEY (payee, length, start, asset)) STRICT, WITHOUT ROWID;
CREATE TABLE buyers (payee BLOB, asset INTEGER, account BLOB, amount TEXT NOT NULL, payments INTEGER NOT NULL, PRIMARY KEY (payee, asset, account)) STRICT, WITHOUT ROWID;
CREATE TABLE topBuyers (payee BLOB, asset BLOB, account BLOB, amount TEXT NOT NULL, payments INTEGER NOT NULL, PRIMARY KEY (payee, asset, account)) STRICT, WITHOUT ROWID;
`
const derivedTables = [
  'head',
  'segments',
  'blocks',
  'runs',
  'chunks',
  'agents',
  'totals',
  'sellers',
  'periods',
  'buyers',
  'topBuyers',
] as const

const tables = `
CREATE TABLE chain (id INTEGER PRIMARY KEY CHECK (id = 1), genesis TEXT NOT NULL) STRICT;
CREATE TABLE refusals (role TEXT, address TEXT, number INTEGER, body TEXT NOT NULL, PRIMARY KEY (role, address, number)) STRICT, WITHOUT ROWID;
CREATE TABLE refusalRings (role TEXT, address TEXT, last INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (role, address)) STRICT, WITHOUT ROWID;
CREATE INDEX refusalRingsByAge ON refusalRings (role, last);
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${FORMAT};
`

/** Digits of a sum that is ordered by: more than 2^128 times any number of payments. */
const SUM_DIGITS = 48

/** A sum of which rows are ordered by, as it lies in the database. */
export function toOrderedSum(value: bigint): string {
  return value.toString().padStart(SUM_DIGITS, '0')
}

/** A sum of the database. */
export function fromSum(text: unknown): bigint {
  return BigInt(text as string)
}

/** Of the writer: rows that change fall anywhere, so their pages stay in memory and reach the file once for many batches. */
const WRITER_SETTINGS = 'PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 16384'

/** Opens or creates the database of a chain; undefined when the file is of another chain, another format or no database. */
export function openHistoryDatabase(
  databases: Databases,
  { path, genesis }: { readonly path: string; readonly genesis: string },
): Database | undefined {
  let database: Database | undefined
  try {
    database = databases.open({ path, durability: 'full' })
    database.exec(WRITER_SETTINGS)
    if (database.prepare('PRAGMA user_version').find()?.['user_version'] === 0) create(database, genesis)
    if (isOurs(database, genesis)) return database
  } catch (error) {
    if (!isSqlite(error)) throw error
  }
  database?.close()
  return undefined
}

/** Forgets all that the log can bring back. Refusals, which it can't, are kept. */
export function clearHistory(database: Database): void {
  database.transaction(() => {
    for (const table of derivedTables) database.exec(`DROP TABLE ${table}`)
    database.exec(derived)
  })
}

function create(database: Database, genesis: string): void {
  database.transaction(() => {
    database.exec(derived)
    database.exec(tables)
    database.prepare('INSERT INTO chain VALUES (1, ?)').run(genesis)
  })
}

function isOurs(database: Database, genesis: string): boolean {
  const kind = database.prepare('PRAGMA application_id').find()?.['application_id']
  const format = database.prepare('PRAGMA user_version').find()?.['user_version']
  return (
    kind === APPLICATION_ID &&
    format === FORMAT &&
    database.prepare('SELECT genesis FROM chain').find()?.['genesis'] === genesis
  )
}

/** What SQLite says about a file; a full disk or a missing right is no reason to drop it. */
function isSqlite(error: unknown): boolean {
  const damaged = [1, 11, 26] // SQLITE_ERROR (no such table), SQLITE_CORRUPT, SQLITE_NOTADB
  return error instanceof Error && 'errcode' in error && damaged.includes(Number(error.errcode) & 0xff)
}
