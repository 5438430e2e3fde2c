// Sums of history: what sellers earned, by hour and day. Gathered over a batch, so that a row that changes is written once
// for it, however many payments changed it. Sums are kept when the receipts behind them are dropped.
import { codec, leafBytes } from '@turnpike/chain/wire'
import type { Database, SqlRow } from '../machine/Machine.ts'
import type { BatchBlock } from './historyBatch.ts'
import { isPaid, leafAt, leafFlags } from './leafAt.ts'
import { fromSum } from './schema.ts'

/** Lengths of the periods that sums are kept for. */
export const hourMs = 3_600_000
export const dayMs = 86_400_000
/** The sum of leaves that are grouped together, and one of them. */
export type LeafSum = {
  readonly view: DataView
  /** Where the leaf begins in the view. */
  readonly at: number
  readonly hour: number
  readonly isPayment: boolean
  amount: bigint
  toll: bigint
  payments: number
}

/** Which addresses of a leaf say where it is summed up; refunds may be left out. */
export type Grouping = { readonly payment: readonly number[]; readonly refund?: readonly number[] }

/** A refund is the seller's: it is paid from the address that earned. */
const bySeller: Grouping = { payment: [leafAt.payee, leafAt.asset], refund: [leafAt.payer, leafAt.asset] }

/** Sums over leaves, grouped by some of their addresses, and by the hour. */
export class LeafSums {
  readonly #grouping: Grouping
  /** By text, which is hashed with a seed: payees choose their addresses, and not which of them fall together. */
  readonly #sums = new Map<string, LeafSum>()

  constructor(grouping: Grouping) {
    this.#grouping = grouping
  }

  add({ view, leavesAt, count, time }: Pick<BatchBlock, 'view' | 'leavesAt' | 'count' | 'time'>): void {
    const hour = Math.floor(time / hourMs)
    const { payment, refund } = this.#grouping
    for (let i = 0; i < count; i++) {
      const at = leavesAt + i * leafBytes
      if (!isPaid(view, at)) continue
      const isPayment = (view.getUint8(at + leafAt.flags) & leafFlags.payment) !== 0
      const fields = isPayment ? payment : refund
      if (fields === undefined) continue
      let key = `${isPayment} ${hour} `
      for (const field of fields) key += addressText(view, at + field)
      let sum = this.#sums.get(key)
      if (sum === undefined)
        this.#sums.set(key, (sum = { view, at, hour, isPayment, amount: 0n, toll: 0n, payments: 0 }))
      sum.amount += codec.readUnits(view, at + leafAt.amount)
      sum.toll += codec.readUnits(view, at + leafAt.toll)
      sum.payments += 1
    }
  }

  all(): readonly LeafSum[] {
    return [...this.#sums.values()]
  }
}

/** An address as ten characters of two bytes each: the cheapest text to make. */
function addressText(view: DataView, at: number): string {
  return String.fromCharCode(
    view.getUint16(at),
    view.getUint16(at + 2),
    view.getUint16(at + 4),
    view.getUint16(at + 6),
    view.getUint16(at + 8),
    view.getUint16(at + 10),
    view.getUint16(at + 12),
    view.getUint16(at + 14),
    view.getUint16(at + 16),
    view.getUint16(at + 18),
  )
}

const addressBytes = 20

/** An address of the leaves that are summed up. */
export function addressAt({ view, at }: Pick<LeafSum, 'view' | 'at'>, offset: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at + offset, addressBytes)
}

/** Adds the sums of a batch to those of history, inside a transaction of the caller. */
export function createSumWriter(database: Database): (blocks: readonly BatchBlock[]) => void {
  const numberOf = createAssetNumbers(database)
  const totals = createAdder(database, { table: 'totals', key: ['asset'], fixed: ['number'], sums: ['amount', 'toll'] })
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
  const add = (sum: LeafSum): void => {
    const { amount, toll, payments } = sum
    const asset = addressAt(sum, leafAt.asset)
    if (!sum.isPayment) {
      sellers.add({ key: [addressAt(sum, leafAt.payer), asset], sums: [0n, 0n, amount], payments: 0 })
      return
    }
    const payee = addressAt(sum, leafAt.payee)
    const start = sum.hour * hourMs
    totals.add({ key: [asset], fixed: () => [numberOf(asset)], sums: [amount, toll], payments })
    sellers.add({ key: [payee, asset], sums: [amount, toll, 0n], payments })
    periods.add({ key: [payee, hourMs, start, asset], sums: [amount, toll], payments })
    periods.add({ key: [payee, dayMs, start - (start % dayMs), asset], sums: [amount, toll], payments })
  }
  return (blocks) => {
    const sums = new LeafSums(bySeller)
    for (const block of blocks) sums.add(block)
    for (const sum of sums.all()) add(sum)
    for (const adder of [totals, sellers, periods]) adder.write()
  }
}

/** Small numbers in place of assets, given in the order in which they first appear. */
export function createAssetNumbers(database: Database): (asset: Uint8Array) => number {
  const find = database.prepare('SELECT number FROM totals WHERE asset = ?')
  const count = database.prepare('SELECT COUNT(*) AS count FROM totals')
  const known = new Map<string, number>()
  return (asset) => {
    const name = textOf(asset)
    let number = known.get(name)
    if (number === undefined) {
      number = Number(find.find(asset)?.['number'] ?? Math.max(known.size, Number(count.find()?.['count'])))
      known.set(name, number)
    }
    return number
  }
}

type Adding = {
  readonly key: readonly (Uint8Array | number)[]
  /** Columns that are set when the row is new. */
  readonly fixed?: () => readonly number[]
  readonly sums: readonly bigint[]
  readonly payments: number
}
type Adder = { add(adding: Adding): void; write(): void }
type AddedTable = {
  readonly table: string
  readonly key: readonly string[]
  readonly fixed?: readonly string[]
  readonly sums: readonly string[]
}

function createAdder(database: Database, { table, key, fixed = [], sums }: AddedTable): Adder {
  const where = key.map((column) => `${column} = ?`).join(' AND ')
  const columns = [...key, ...fixed, ...sums, 'payments']
  const find = database.prepare(`SELECT ${sums.join(', ')}, payments FROM ${table} WHERE ${where}`)
  const insert = database.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  )
  const update = database.prepare(
    `UPDATE ${table} SET ${[...sums, 'payments'].map((column) => `${column} = ?`).join(', ')} WHERE ${where}`,
  )
  let pending = new Map<string, { readonly adding: Adding; readonly sums: bigint[]; payments: number }>()
  const write = (
    row: SqlRow | undefined,
    { adding, ...added }: { adding: Adding; sums: bigint[]; payments: number },
  ) => {
    const all = added.sums.map((sum, i) => (sum + (row === undefined ? 0n : fromSum(row[sums[i]!]))).toString())
    const payments = added.payments + Number(row?.['payments'] ?? 0)
    if (row === undefined) insert.run(...adding.key, ...(adding.fixed?.() ?? []), ...all, payments)
    else update.run(...all, payments, ...adding.key)
  }
  return {
    add(adding) {
      const name = adding.key.map((part) => (typeof part === 'number' ? part : textOf(part))).join()
      const before = pending.get(name)
      if (before === undefined) {
        pending.set(name, { adding, sums: adding.sums.slice(), payments: adding.payments })
        return
      }
      for (const [i, sum] of adding.sums.entries()) before.sums[i]! += sum
      before.payments += adding.payments
    },
    write() {
      for (const added of pending.values()) write(find.find(...added.adding.key), added)
      pending = new Map()
    },
  }
}

/** Bytes as text with one character for each; a key of a map, many times faster than hexadecimal. */
export function textOf(bytes: Uint8Array): string {
  return Reflect.apply(String.fromCharCode, undefined, bytes)
}
