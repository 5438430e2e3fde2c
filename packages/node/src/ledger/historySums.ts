// Sums of history: what sellers earned, by hour and day, and from whom. Gathered over a batch, so that a row that changes
// is written once for it, however many payments changed it. Sums are kept when the receipts behind them are dropped.
import { codec, leafBytes } from '@turnpike/chain/wire'
import type { Database, SqlRow } from '../machine/Machine.ts'
import type { BatchBlock } from './historyBatch.ts'
import { isPaid, leafAt, leafFlags } from './leafAt.ts'
import { fromSum, toOrderedSum } from './schema.ts'

/** Lengths of the periods that sums are kept for. */
export const hourMs = 3_600_000
export const dayMs = 86_400_000
/** The largest buyers of a seller in an asset that are kept ready to be shown. */
export const topBuyersMax = 10

/** What one buyer paid one seller in one asset and hour of a batch, or got back. */
type Pair = {
  readonly view: DataView
  /** Where the leaf of one of these payments begins in the view. */
  readonly at: number
  readonly hour: number
  readonly isPayment: boolean
  amount: bigint
  toll: bigint
  payments: number
  readonly next: Pair | undefined
}

/** The sums of a batch by buyer and seller. */
export class BatchSums {
  readonly #pairs = new Map<number, Pair>()

  add(block: BatchBlock): void {
    const hour = Math.floor(block.time / hourMs)
    for (let i = 0; i < block.count; i++) {
      const at = block.leavesAt + i * leafBytes
      if (isPaid(block.view, at)) this.#add(block.view, at, hour)
    }
  }

  all(): readonly Pair[] {
    const all: Pair[] = []
    for (const first of this.#pairs.values())
      for (let pair: Pair | undefined = first; pair !== undefined; pair = pair.next) all.push(pair)
    return all
  }

  #add(view: DataView, at: number, hour: number): void {
    const isPayment = (view.getUint8(at + leafAt.flags) & leafFlags.payment) !== 0
    // Any number will do: pairs that share one are told apart below.
    const number = view.getUint32(at + leafAt.payee) * 2 ** 20 + (view.getUint32(at + leafAt.account) % 2 ** 20)
    const first = this.#pairs.get(number)
    let pair = first
    while (pair !== undefined && !(pair.hour === hour && pair.isPayment === isPayment && isSamePair(pair, view, at)))
      pair = pair.next
    if (pair === undefined) {
      pair = { view, at, hour, isPayment, amount: 0n, toll: 0n, payments: 0, next: first }
      this.#pairs.set(number, pair)
    }
    pair.amount += codec.readUnits(view, at + leafAt.amount)
    pair.toll += codec.readUnits(view, at + leafAt.toll)
    pair.payments += 1
  }
}

/** Payer, payee, account and asset lie next to each other. */
function isSamePair(pair: Pair, view: DataView, at: number): boolean {
  for (let offset = leafAt.payer; offset < leafAt.amount; offset += 4)
    if (pair.view.getUint32(pair.at + offset) !== view.getUint32(at + offset)) return false
  return true
}

/** Adds the sums of a batch to those of history, inside a transaction of the caller. */
export function createSumWriter(database: Database): (sums: BatchSums) => void {
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
  const addBuyer = createBuyers(database)
  const addSeller = ({ pair, amount, toll, payments }: SellerSum): void => {
    const asset = bytesAt(pair, leafAt.asset)
    if (!pair.isPayment) {
      // A refund is the seller's: it is paid from the address that earned.
      sellers.add({ key: [bytesAt(pair, leafAt.payer), asset], sums: [0n, 0n, amount], payments: 0 })
      return
    }
    const payee = bytesAt(pair, leafAt.payee)
    const start = pair.hour * hourMs
    totals.add({ key: [asset], fixed: () => [numberOf(asset)], sums: [amount, toll], payments })
    sellers.add({ key: [payee, asset], sums: [amount, toll, 0n], payments })
    periods.add({ key: [payee, hourMs, start, asset], sums: [amount, toll], payments })
    periods.add({ key: [payee, dayMs, start - (start % dayMs), asset], sums: [amount, toll], payments })
  }
  return (sums) => {
    const pairs = sums.all().toSorted(byParties)
    for (const sum of sumBySeller(pairs)) addSeller(sum)
    for (const adder of [totals, sellers, periods]) adder.write()
    for (const pair of pairs) if (pair.isPayment) addBuyer(pair, numberOf(bytesAt(pair, leafAt.asset)))
  }
}

/** Pairs that follow each other and differ in the buyer only; `pair` is the first of them. */
type SellerSum = { readonly pair: Pair; amount: bigint; toll: bigint; payments: number }

function sumBySeller(pairs: readonly Pair[]): readonly SellerSum[] {
  const all: SellerSum[] = []
  for (const pair of pairs) {
    const last = all.at(-1)
    if (last === undefined || !isSameSeller(last.pair, pair)) {
      all.push({ pair, amount: pair.amount, toll: pair.toll, payments: pair.payments })
      continue
    }
    last.amount += pair.amount
    last.toll += pair.toll
    last.payments += pair.payments
  }
  return all
}

/** Whether two payments are summed up in the same rows; refunds are few, and each stands for itself. */
function isSameSeller(a: Pair, b: Pair): boolean {
  if (!a.isPayment || !b.isPayment || a.hour !== b.hour) return false
  for (let offset = 0; offset < 20; offset += 4)
    for (const field of [leafAt.payee, leafAt.asset])
      if (a.view.getUint32(a.at + field + offset) !== b.view.getUint32(b.at + field + offset)) return false
  return true
}

function bytesAt({ view, at }: Pair, offset: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at + offset, 20)
}

/** In the order of the rows, so that a page is changed once. */
function byParties(a: Pair, b: Pair): number {
  const order = (offset: number): number => a.view.getUint32(a.at + offset) - b.view.getUint32(b.at + offset)
  return order(leafAt.payee) || order(leafAt.account)
}

/** Small numbers in place of assets, given in the order in which they first appear. */
function createAssetNumbers(database: Database): (asset: Uint8Array) => number {
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
function textOf(bytes: Uint8Array): string {
  return Reflect.apply(String.fromCharCode, undefined, bytes)
}

/** What every buyer paid every seller, and the largest buyers of each: sums only grow, so whoever is not among these comes in by his own payment alone. */
function createBuyers(database: Database): (pair: Pair, assetNumber: number) => void {
  const key = 'WHERE payee = ? AND asset = ? AND account = ?'
  const find = database.prepare(`SELECT amount, payments FROM buyers ${key}`)
  const insert = database.prepare('INSERT INTO buyers VALUES (?, ?, ?, ?, ?)')
  const update = database.prepare(`UPDATE buyers SET amount = ?, payments = ? ${key}`)
  const putTop = database.prepare('INSERT OR REPLACE INTO topBuyers VALUES (?, ?, ?, ?, ?)')
  const tops = database.prepare('SELECT account, amount FROM topBuyers WHERE payee = ? AND asset = ? ORDER BY amount')
  const dropTop = database.prepare(`DELETE FROM topBuyers ${key}`)
  /** The amount that has to be reached to be among the largest of a seller; of late. */
  const floors = new Map<string, string>()
  return (pair, assetNumber) => {
    const [payee, asset, account] = [leafAt.payee, leafAt.asset, leafAt.account].map((offset) =>
      bytesAt(pair, offset),
    ) as [Uint8Array, Uint8Array, Uint8Array]
    const row = find.find(payee, assetNumber, account)
    const sum = pair.amount + (row === undefined ? 0n : fromSum(row['amount']))
    const payments = pair.payments + Number(row?.['payments'] ?? 0)
    if (row === undefined) insert.run(payee, assetNumber, account, sum.toString(), payments)
    else update.run(sum.toString(), payments, payee, assetNumber, account)
    const seller = textOf(payee) + assetNumber
    const amount = toOrderedSum(sum)
    if (amount <= (floors.get(seller) ?? '')) return
    putTop.run(payee, asset, account, amount, payments)
    const largest = tops.all(payee, asset)
    if (largest.length > topBuyersMax) dropTop.run(payee, asset, largest[0]!['account'] as Uint8Array)
    const floor = largest.at(-topBuyersMax)?.['amount']
    if (floors.size > 65_536) floors.clear()
    if (floor !== undefined) floors.set(seller, floor as string)
  }
}
