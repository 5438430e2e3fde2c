// What every buyer paid every seller, and the largest buyers of each. There is a row for every two who ever traded, and a
// payment may change any of them, so they follow the leaves from behind: many thousands at a time, or when somebody asks.
// How far they are stands in the same transaction, and a crash loses nothing.
import { leafBytes } from '@turnpike/chain/wire'
import type { Database } from '../machine/Machine.ts'
import { readLeafBytes } from './historyLeaves.ts'
import type { Leaves } from './historyLeaves.ts'
import { addressAt, createAssetNumbers, LeafSums, textOf } from './historySums.ts'
import type { Grouping, LeafSum } from './historySums.ts'
import { leafAt } from './leafAt.ts'
import { fromSum, toOrderedSum } from './schema.ts'

/** The largest buyers of a seller in an asset that are kept ready to be shown. */
export const topBuyersMax = 10
/** Sellers whose tenth largest buyer is remembered. */
const floorsMax = 65_536

const byBuyer: Grouping = { payment: [leafAt.payee, leafAt.account, leafAt.asset] }

/** Adds the leaves of a range to the sums, and says in the same transaction that they are part of them. */
export function createBuyers(
  database: Database,
  leaves: Leaves,
): (range: { first: number; end: number }) => Promise<void> {
  const numberOf = createAssetNumbers(database)
  const addBuyer = createBuyerAdder(database)
  const putEnd = database.prepare('UPDATE head SET buyers = ?')
  return async ({ first, end }) => {
    const sums = new LeafSums(byBuyer)
    for (const bytes of await readLeafBytes(leaves, { first, count: end - first })) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      sums.add({ view, leavesAt: 0, count: bytes.length / leafBytes, time: 0 })
    }
    database.transaction(() => {
      for (const sum of sums.all().toSorted(byParties)) addBuyer(sum, numberOf(addressAt(sum, leafAt.asset)))
      putEnd.run(end)
    })
  }
}

/** In the order of the rows, so that a page is changed once. */
function byParties(a: LeafSum, b: LeafSum): number {
  const order = (offset: number): number => a.view.getUint32(a.at + offset) - b.view.getUint32(b.at + offset)
  return order(leafAt.payee) || order(leafAt.account)
}

/** Sums only grow, so whoever is not among the largest buyers of a seller comes in by his own payment alone. */
function createBuyerAdder(database: Database): (sum: LeafSum, assetNumber: number) => void {
  const key = 'WHERE payee = ? AND asset = ? AND account = ?'
  const find = database.prepare(`SELECT amount, payments FROM buyers ${key}`)
  const insert = database.prepare('INSERT INTO buyers VALUES (?, ?, ?, ?, ?)')
  const update = database.prepare(`UPDATE buyers SET amount = ?, payments = ? ${key}`)
  const putTop = database.prepare('INSERT OR REPLACE INTO topBuyers VALUES (?, ?, ?, ?, ?)')
  const tops = database.prepare('SELECT account, amount FROM topBuyers WHERE payee = ? AND asset = ? ORDER BY amount')
  const dropTop = database.prepare(`DELETE FROM topBuyers ${key}`)
  /** The amount that has to be reached to be among the largest of a seller; of late. */
  const floors = new Map<string, string>()
  return (added, assetNumber) => {
    const [payee, asset, account] = [leafAt.payee, leafAt.asset, leafAt.account].map((offset) =>
      addressAt(added, offset),
    ) as [Uint8Array, Uint8Array, Uint8Array]
    const row = find.find(payee, assetNumber, account)
    const sum = added.amount + (row === undefined ? 0n : fromSum(row['amount']))
    const payments = added.payments + Number(row?.['payments'] ?? 0)
    if (row === undefined) insert.run(payee, assetNumber, account, sum.toString(), payments)
    else update.run(sum.toString(), payments, payee, assetNumber, account)
    const seller = textOf(payee) + assetNumber
    const amount = toOrderedSum(sum)
    if (amount <= (floors.get(seller) ?? '')) return
    putTop.run(payee, asset, account, amount, payments)
    const largest = tops.all(payee, asset)
    if (largest.length > topBuyersMax) dropTop.run(payee, asset, largest[0]!['account'] as Uint8Array)
    const floor = largest.at(-topBuyersMax)?.['amount']
    if (floors.size > floorsMax) floors.clear()
    if (floor !== undefined) floors.set(seller, floor as string)
  }
}
