// Writes history: every operation under its keys, and the sums of a batch once per batch. Runs in a thread of its own.
import { codec, Hex } from '@turnpike/chain/wire'
import type { Database, Hashes, Statement } from '../machine/Machine.ts'
import { readBatch } from './historyBatch.ts'
import type { BatchBlock, BatchEntry } from './historyBatch.ts'
import type { KeptRefusal } from './refusals.ts'
import { createRefusalWriter } from './refusalRings.ts'
import { fromSum, keyAt, toSum } from './schema.ts'

/** Lengths of the periods that sums are kept for. */
export const hourMs = 3_600_000
export const dayMs = 86_400_000

/** Where the fields lie in a leaf (shapes 4). */
export const leafAt = {
  flags: 1,
  sequence: 10,
  time: 26,
  op: 34,
  type: 66,
  payer: 70,
  payee: 90,
  account: 110,
  asset: 130,
  amount: 150,
  toll: 166,
  reference: 186,
} as const
const flag = { payment: 2, refund: 4, hold: 8 } as const

/** What history knows how to tell apart: the operation that makes an agent. */
export type HistoryTypes = { readonly createAgent: number | undefined }

export type WriterOptions = { readonly hashes: Pick<Hashes, 'keccak256'>; readonly types: HistoryTypes }

export type HistoryWriter = {
  /** Writes a batch and refusals in one transaction. */
  write(batch: Uint8Array | undefined, refusals: readonly KeptRefusal[]): void
  /** The last block written; undefined when there is none yet. */
  last(): { readonly height: number; readonly hash: Hex.Hex } | undefined
}

/** A writer on an open database. */
export function createHistoryWriter(database: Database, options: WriterOptions): HistoryWriter {
  const insert = createInserts(database)
  const sums = createSums(database)
  const writeRefusals = createRefusalWriter(database)
  const lastBlock = database.prepare('SELECT height, hash FROM blocks ORDER BY height DESC LIMIT 1')
  return {
    write(batch, refusals) {
      database.transaction(() => {
        const gathered: Gathered = new Map()
        for (const block of batch === undefined ? [] : readBatch(batch)) {
          insertBlock(insert, block)
          for (const entry of block.entries) {
            insertEntry(insert, entry, options)
            gather(gathered, entry)
          }
        }
        sums(gathered.values())
        writeRefusals(refusals)
      })
    },
    last() {
      const row = lastBlock.find()
      return row && { height: Number(row['height']), hash: Hex.fromBytes(row['hash'] as Uint8Array) }
    },
  }
}

type Inserts = { readonly block: Statement; readonly receipt: Statement }

function createInserts(database: Database): Inserts {
  return {
    block: database.prepare('INSERT INTO blocks VALUES (?, ?, ?, ?, ?)'),
    receipt: database.prepare('INSERT INTO receipts VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
  }
}

function insertBlock(insert: Inserts, { height, time, blockHash, entries }: BatchBlock): void {
  const [first] = entries
  insert.block.run(
    height,
    time,
    blockHash,
    first === undefined ? 0 : Number(first.view.getBigUint64(first.at + leafAt.sequence)),
    entries.length,
  )
}

function insertEntry(
  insert: Inserts,
  { nonceKey, body, view, at }: BatchEntry,
  { hashes, types }: WriterOptions,
): void {
  const flags = body[leafAt.flags]!
  const isPaid = (flags & (flag.payment | flag.refund)) !== 0
  insert.receipt.run(
    Number(view.getBigUint64(at + leafAt.sequence)),
    view.getBigInt64(at + leafAt.op),
    (flags & flag.hold) === 0 ? keyAt(hashes.keccak256(nonceKey)) : null,
    isPaid ? view.getBigInt64(at + leafAt.account) : null,
    isPaid ? view.getBigInt64(at + leafAt.payee) : null,
    (flags & flag.refund) === 0 ? null : view.getBigInt64(at + leafAt.payer),
    view.getUint16(at + leafAt.type) === types.createAgent ? 1 : null,
    body,
  )
}

/** What one buyer paid one seller in one asset and hour of a batch, or got back. */
type Sum = {
  readonly body: Uint8Array
  readonly hour: number
  amount: bigint
  toll: bigint
  refunded: bigint
  payments: number
}
type Gathered = Map<string, Sum>

function gather(gathered: Gathered, { body, view, at }: BatchEntry): void {
  const flags = body[leafAt.flags]!
  const isPayment = (flags & flag.payment) !== 0
  if (!isPayment && (flags & flag.refund) === 0) return
  const hour = Math.floor(Number(view.getBigUint64(at + leafAt.time)) / hourMs)
  // Payer, payee, account and asset lie next to each other.
  const parties = Reflect.apply(String.fromCharCode, undefined, body.subarray(leafAt.payer, leafAt.amount))
  const key = `${isPayment ? 'p' : 'r'}${hour}${parties}`
  let sum = gathered.get(key)
  if (sum === undefined) gathered.set(key, (sum = { body, hour, amount: 0n, toll: 0n, refunded: 0n, payments: 0 }))
  const amount = codec.readUnits(view, at + leafAt.amount)
  if (isPayment) {
    sum.amount += amount
    sum.toll += codec.readUnits(view, at + leafAt.toll)
    sum.payments += 1
  } else sum.refunded += amount
}

/** Adds the sums of a batch to those of history: once for each row that changes, however many operations changed it. */
function createSums(database: Database): (gathered: Iterable<Sum>) => void {
  const totals = createAdder(database, { table: 'totals', key: ['asset'], sums: ['amount', 'toll'] })
  const sellers = createAdder(database, {
    table: 'sellers',
    key: ['payee', 'asset'],
    sums: ['revenue', 'toll', 'refunded'],
  })
  const periods = createAdder(database, {
    table: 'periods',
    key: ['payee', 'length', 'start', 'asset'],
    sums: ['revenue', 'toll'],
  })
  const buyers = createAdder(database, { table: 'buyers', key: ['payee', 'asset', 'account'], sums: ['amount'] })
  const add = ({ body, hour, amount, toll, refunded, payments }: Sum): void => {
    const at = (offset: number): Uint8Array => body.subarray(offset, offset + 20)
    const asset = at(leafAt.asset)
    if (payments === 0) {
      // A refund is the seller's: it is paid from the address that earned.
      sellers.add({ key: [at(leafAt.payer), asset], sums: [0n, 0n, refunded], payments })
      return
    }
    const payee = at(leafAt.payee)
    const start = hour * hourMs
    totals.add({ key: [asset], sums: [amount, toll], payments })
    sellers.add({ key: [payee, asset], sums: [amount, toll, 0n], payments })
    periods.add({ key: [payee, hourMs, start, asset], sums: [amount, toll], payments })
    periods.add({ key: [payee, dayMs, start - (start % dayMs), asset], sums: [amount, toll], payments })
    buyers.add({ key: [payee, asset, at(leafAt.account)], sums: [amount], payments })
  }
  return (gathered) => {
    for (const sum of gathered) add(sum)
    for (const adder of [totals, sellers, periods, buyers]) adder.write()
  }
}

type Adding = {
  readonly key: readonly (Uint8Array | number)[]
  readonly sums: readonly bigint[]
  readonly payments: number
}
type Adder = { add(adding: Adding): void; write(): void }

function createAdder(
  database: Database,
  { table, key, sums }: { readonly table: string; readonly key: readonly string[]; readonly sums: readonly string[] },
): Adder {
  const where = key.map((column) => `${column} = ?`).join(' AND ')
  const columns = [...key, ...sums, 'payments']
  const find = database.prepare(`SELECT ${sums.join(', ')}, payments FROM ${table} WHERE ${where}`)
  const put = database.prepare(
    `INSERT OR REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  )
  let pending = new Map<string, Adding>()
  return {
    add(adding) {
      const name = adding.key.map((part) => (typeof part === 'number' ? part : Hex.fromBytes(part))).join()
      const before = pending.get(name)
      pending.set(
        name,
        before === undefined
          ? adding
          : {
              ...adding,
              sums: adding.sums.map((sum, i) => sum + before.sums[i]!),
              payments: adding.payments + before.payments,
            },
      )
    },
    write() {
      for (const adding of pending.values()) {
        const row = find.find(...adding.key)
        const added = adding.sums.map((sum, i) => toSum(sum + (row === undefined ? 0n : fromSum(row[sums[i]!]))))
        put.run(...adding.key, ...added, adding.payments + Number(row?.['payments'] ?? 0))
      }
      pending = new Map()
    },
  }
}
