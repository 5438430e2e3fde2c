// Lists and sums of history, as pages show them. Amounts are decimal strings of base units, times milliseconds.
import { Address, decodeLeaf, Hex, leafBytes } from '@turnpike/chain/wire'
import type { codec } from '@turnpike/chain/wire'
import type { Database, SqlRow } from '../machine/Machine.ts'
import { readBody } from './historyBatch.ts'
import type { HistoryReader } from './historyReader.ts'
import { dayMs, hourMs, leafAt } from './historyWriter.ts'
import { countClasses, createRingReader, ringSize } from './refusalRings.ts'
import { fromSum, hasBytes, keyAt } from './schema.ts'

/** Names of operations by their number on the wire. */
export type TypeNames = { readonly [number: number]: string }

/** The most payments in a list. */
export const listMax = 200
const agentsMax = 100
const hoursMax = 48
const daysMax = 30
const buyersMax = 10
const sellerRefundsMax = 20
/** Assets that a chain can have. */
const assetsMax = 16
const none = Number.MAX_SAFE_INTEGER

export type AccountQuestion = {
  /** The account, as asked for and resolved. */
  readonly addresses: readonly string[]
  readonly role: 'payer' | 'payee' | 'any'
  readonly limit: number
  /** Only what came before this sequence. */
  readonly before: number
}

type Pages = Pick<HistoryReader, 'recent' | 'account' | 'seller' | 'agents'>
type PagesOptions = { readonly bodyAt: (sequence: number) => Uint8Array; readonly names: TypeNames }

/** The pages' part of a reader. */
export function createPages(database: Database, { bodyAt, names }: PagesOptions): Pages {
  const latest = database.prepare(
    'SELECT sequence FROM receipts INDEXED BY payments WHERE payer IS NOT NULL ORDER BY sequence DESC LIMIT ?',
  )
  const agents = database.prepare(
    'SELECT sequence FROM receipts INDEXED BY agents WHERE agent IS NOT NULL ORDER BY sequence DESC LIMIT ?',
  )
  const find = createFinder(database)
  const totals = createTotals(database)
  const seller = createSeller(database)
  const toPayment = (sequence: number): codec.Json => paymentToJson(bodyAt(sequence), names)
  return {
    recent: ({ limit }) => ({
      payments: latest.all(Math.min(limit, listMax)).map(({ sequence }) => toPayment(Number(sequence))),
      totals: totals(),
    }),
    account({ addresses, role, limit: asked, before }) {
      const limit = Math.min(asked, listMax)
      const paid =
        role === 'payee'
          ? []
          : addresses.flatMap((address) => find.payer({ address, offset: leafAt.account, limit, before }))
      const earned =
        role === 'payer'
          ? []
          : addresses.flatMap((address) => find.payee({ address, offset: leafAt.payee, limit, before }))
      const sequences = [...new Set([...paid, ...earned])].toSorted((a, b) => b - a)
      return { payments: sequences.slice(0, limit).map(toPayment) }
    },
    seller({ payee, now }) {
      const refunds = find.refunder({ address: payee, offset: leafAt.payer, limit: sellerRefundsMax, before: none })
      return { ...seller(payee, now), refunds: refunds.map(toPayment) }
    },
    agents: () => ({ agents: agents.all(agentsMax).map(({ sequence }) => agentToJson(bodyAt(Number(sequence)))) }),
  }
}

type Find = { readonly address: string; readonly offset: number; readonly limit: number; readonly before: number }
type Finder = { readonly [column in 'payer' | 'payee' | 'refunder']: (find: Find) => readonly number[] }

/** Finds sequences by an address, newest first; the address itself is compared, since only its first bytes are the key. */
function createFinder(database: Database): Finder {
  const over = (column: keyof Finder): ((find: Find) => readonly number[]) => {
    const statement = database.prepare(
      `SELECT sequence, body FROM receipts WHERE ${column} = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?`,
    )
    return ({ address, offset, limit, before }) => {
      const bytes = Hex.toBytes(address)
      const rows = statement.all(keyAt(bytes), before, limit)
      return rows
        .filter(({ body }) => hasBytes(body as Uint8Array, offset, bytes))
        .map(({ sequence }) => Number(sequence))
    }
  }
  return { payer: over('payer'), payee: over('payee'), refunder: over('refunder') }
}

function paymentToJson(body: Uint8Array, names: TypeNames): codec.Json {
  const { sequence, height, time, op, type, kind, payment, policyVersion, reference } = decodeLeaf(
    body.subarray(0, leafBytes),
  )
  return {
    sequence,
    height,
    time,
    operation: op,
    type: names[type] ?? String(type),
    kind,
    ...payment,
    amount: String(payment?.amount ?? 0n),
    toll: String(payment?.toll ?? 0n),
    policyVersion,
    reference,
    flags: body[leafAt.flags]!,
  }
}

/** Every native message begins with the account in whose right it is: here the owner. The receipt refers to the agent. */
function agentToJson(body: Uint8Array): codec.Json {
  const owner = Address.fromBytes(readBody(body).op, opAccountAt)
  const { time, op } = decodeLeaf(body.subarray(0, leafBytes))
  return { account: Address.fromBytes(body, leafAt.reference), owner, created: time, operation: op }
}

/** After version, family and type (shapes 1). */
const opAccountAt = 4

function addressOf(row: SqlRow, column: string): string {
  return Address.fromBytes(row[column] as Uint8Array)
}

function sumOf(row: SqlRow, column: string): string {
  return fromSum(row[column]).toString()
}

function createTotals(database: Database): () => codec.Json {
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

function createSeller(database: Database): (payee: string, now: number) => { readonly [name: string]: codec.Json } {
  const totals = database.prepare('SELECT asset, revenue, toll, refunded, payments FROM sellers WHERE payee = ?')
  const periods = database.prepare(
    'SELECT start, asset, revenue, toll, payments FROM periods WHERE payee = ? AND length = ? AND start > ? ORDER BY start, asset LIMIT ?',
  )
  const buyers = database.prepare(
    'SELECT asset, account, amount, payments FROM buyers WHERE payee = ? AND asset = ? ORDER BY amount DESC LIMIT ?',
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
      buyers: rows.flatMap((row) => buyers.all(bytes, row['asset']!, buyersMax).map(buyerToJson)),
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
