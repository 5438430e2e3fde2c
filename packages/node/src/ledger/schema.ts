// The database of history: one row and a few integer keys for each operation, so that a payment costs microseconds, and
// small sums beside them.
//
// A key is the first 8 bytes of what is looked up (operation id, hash of the nonce's key, address) as a signed integer;
// whoever reads compares the whole value afterwards, so equal keys of different values do no harm. Sums are decimal text
// of a fixed width, which orders as numbers do and never loses a unit.
import type { Database, Databases } from '../machine/Machine.ts'

/** "TPHI": which kind of file this is. */
const APPLICATION_ID = 0x5450_4849
/** The tables below. Another number: the file is dropped and history built again from the log. */
const FORMAT = 1

const tables = `
CREATE TABLE chain (id INTEGER PRIMARY KEY CHECK (id = 1), genesis TEXT NOT NULL) STRICT;
CREATE TABLE blocks (height INTEGER PRIMARY KEY, time INTEGER NOT NULL, hash BLOB NOT NULL, first INTEGER NOT NULL, operations INTEGER NOT NULL) STRICT;
CREATE TABLE receipts (sequence INTEGER PRIMARY KEY, id INTEGER NOT NULL, nonce INTEGER, payer INTEGER, payee INTEGER, refunder INTEGER, agent INTEGER, body BLOB NOT NULL) STRICT;
CREATE INDEX receiptsById ON receipts (id);
CREATE INDEX receiptsByNonce ON receipts (nonce) WHERE nonce IS NOT NULL;
CREATE INDEX receiptsByPayer ON receipts (payer) WHERE payer IS NOT NULL;
CREATE INDEX receiptsByPayee ON receipts (payee) WHERE payee IS NOT NULL;
CREATE INDEX receiptsByRefunder ON receipts (refunder) WHERE refunder IS NOT NULL;
CREATE INDEX payments ON receipts (sequence) WHERE payer IS NOT NULL;
CREATE INDEX agents ON receipts (sequence) WHERE agent IS NOT NULL;
CREATE TABLE totals (asset BLOB PRIMARY KEY, amount TEXT NOT NULL, toll TEXT NOT NULL, payments INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sellers (payee BLOB, asset BLOB, revenue TEXT NOT NULL, toll TEXT NOT NULL, refunded TEXT NOT NULL, payments INTEGER NOT NULL, PRIMARY KEY (payee, asset)) STRICT, WITHOUT ROWID;
CREATE TABLE periods (payee BLOB, length INTEGER, start INTEGER, asset BLOB, revenue TEXT NOT NULL, toll TEXT NOT NULL, payments INTEGER NOT NULL, PRIMARY KEY (payee, length, start, asset)) STRICT, WITHOUT ROWID;
CREATE TABLE buyers (payee BLOB, asset BLOB, account BLOB, amount TEXT NOT NULL, payments INTEGER NOT NULL, PRIMARY KEY (payee, asset, account)) STRICT, WITHOUT ROWID;
CREATE INDEX buyersByAmount ON buyers (payee, asset, amount);
CREATE TABLE refusals (role TEXT, address TEXT, number INTEGER, body TEXT NOT NULL, PRIMARY KEY (role, address, number)) STRICT, WITHOUT ROWID;
CREATE TABLE refusalRings (role TEXT, address TEXT, last INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (role, address)) STRICT, WITHOUT ROWID;
CREATE INDEX refusalRingsByAge ON refusalRings (role, last);
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${FORMAT};
`

/** Digits of a sum: more than 2^128 times any number of payments. */
const SUM_DIGITS = 48

/** A sum as it lies in the database. */
export function toSum(value: bigint): string {
  return value.toString().padStart(SUM_DIGITS, '0')
}

/** A sum of the database. */
export function fromSum(text: unknown): bigint {
  return BigInt(text as string)
}

/** The key of the bytes at an offset. */
export function keyAt(bytes: Uint8Array, offset = 0): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigInt64(offset)
}

/** Whether the bytes stand at the offset: what follows a look-up by key. */
export function hasBytes(body: Uint8Array, offset: number, bytes: Uint8Array): boolean {
  return bytes.every((byte, i) => body[offset + i] === byte)
}

/**
 * Of the writer: new keys fall anywhere in their indexes, so the pages of these stay in memory and reach the file once
 * for many batches. With SQLite's defaults (2 MB, 4 MB) a payment costs twice as much.
 */
const WRITER_SETTINGS = 'PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16384'

/** Opens or creates the database of a chain; undefined when the file is of another chain, another format or no database. */
export function openHistoryDatabase(
  databases: Databases,
  { path, genesis }: { readonly path: string; readonly genesis: string },
): Database | undefined {
  let database: Database | undefined
  try {
    database = databases.open({ path, durability: 'normal' })
    database.exec(WRITER_SETTINGS)
    if (database.prepare('PRAGMA user_version').find()?.['user_version'] === 0) create(database, genesis)
    if (isOurs(database, genesis)) return database
  } catch (error) {
    if (!isSqlite(error)) throw error
  }
  database?.close()
  return undefined
}

function create(database: Database, genesis: string): void {
  database.transaction(() => {
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
