// The books of history, as pages show them: sums by asset, and of one seller by hour, day and buyer. Amounts are decimal
// strings of base units, times milliseconds.
import { Address, Hex } from '@turnpike/chain/wire'
import type { codec } from '@turnpike/chain/wire'
import type { Database, SqlRow } from '../machine/Machine.ts'
import { topBuyersMax } from './historyBuyers.ts'
import { dayMs, hourMs } from './historySums.ts'
import { countClasses, createRingReader, ringSize } from './refusalRings.ts'
import { fromSum } from './schema.ts'

const hoursMax = 48
const daysMax = 30
/** Assets that a chain can have. */
const assetsMax = 16

/** An address of a row. */
export function addressOf(row: SqlRow, column: string): string {
  return Address.fromBytes(row[column] as Uint8Array)
}

function sumOf(row: SqlRow, column: string): string {
  return fromSum(row[column]).toString()
}

/** The sums of all payments. */
export function createTotals(database: Database): () => codec.Json {
  const statement = database.prepare('SELECT asset, amount, toll, payments FROM totals')
  return () => {
    const rows = statement.all()
    return {
      payments: rows.reduce((sum, row) => sum + Number(row['payments']), 0),
      amounts: rows.map((row) => ({
        asset: addressOf(row, 'asset'),
        amount: sumOf(row, 'amount'),
        toll: sumOf(row, 'toll'),
      })),
    }
  }
}

/** What a seller earned, when and from whom, and what was refused of his buyers. */
export function createSeller(
  database: Database,
): (payee: string, now: number) => { readonly [name: string]: codec.Json } {
  const totals = database.prepare('SELECT asset, revenue, toll, refunded, payments FROM sellers WHERE payee = ?')
  const periods = database.prepare(
    'SELECT start, asset, revenue, toll, payments FROM periods WHERE payee = ? AND length = ? AND start > ? ORDER BY start, asset LIMIT ?',
  )
  const buyers = database.prepare(
    'SELECT asset, account, amount, payments FROM topBuyers WHERE payee = ? AND asset = ? ORDER BY amount DESC LIMIT ?',
  )
  const readRing = createRingReader(database)
  return (payee, now) => {
    const bytes = Hex.toBytes(payee)
    const rows = totals.all(bytes)
    const periodsOf = (length: number, count: number): codec.Json =>
      periods.all(bytes, length, now - length * count, count * assetsMax).map(periodToJson)
    return {
      totals: rows.map((row) => ({
        asset: addressOf(row, 'asset'),
        revenue: sumOf(row, 'revenue'),
        toll: sumOf(row, 'toll'),
        refunded: sumOf(row, 'refunded'),
        payments: Number(row['payments']),
      })),
      hours: periodsOf(hourMs, hoursMax),
      days: periodsOf(dayMs, daysMax),
      buyers: rows.flatMap((row) => buyers.all(bytes, row['asset']!, topBuyersMax).map(buyerToJson)),
      refusals: countClasses(readRing({ role: 'payee', address: payee, limit: ringSize })),
    }
  }
}

function periodToJson(row: SqlRow): codec.Json {
  return {
    start: Number(row['start']),
    asset: addressOf(row, 'asset'),
    revenue: sumOf(row, 'revenue'),
    toll: sumOf(row, 'toll'),
    payments: Number(row['payments']),
  }
}

function buyerToJson(row: SqlRow): codec.Json {
  return {
    account: addressOf(row, 'account'),
    asset: addressOf(row, 'asset'),
    amount: sumOf(row, 'amount'),
    payments: Number(row['payments']),
  }
}
