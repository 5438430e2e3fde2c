// Refusals in the database of history: a ring of the last ones for each account and for each signed payee, and a bound
// on how many rings there are, so that nobody can fill the disk by being refused (shapes 11).
import type { codec } from '@turnpike/chain/wire'
import type { Database } from '../machine/Machine.ts'
import type { KeptRefusal } from './refusals.ts'

/** Refusals kept per account and per payee. */
export const ringSize = 100
/** Accounts, and payees, with refusals. */
export const ringsMax = 10_000

/** Whose ring: that of the account that was refused, or of the payee that would have been paid. */
export type RingRole = 'account' | 'payee'

/** Writes refusals inside a transaction of the caller. */
export function createRefusalWriter(database: Database): (refusals: readonly KeptRefusal[]) => void {
  const add = createRingWriter(database)
  const newest = database.prepare('SELECT MAX(last) AS last FROM refusalRings')
  let number: number | undefined
  return (refusals) => {
    number ??= Number(newest.find()?.['last'] ?? 0)
    for (const refusal of refusals) {
      number += 1
      const body = JSON.stringify(refusal)
      add({ role: 'account', address: refusal.account, number, body })
      if (refusal.payee !== undefined) add({ role: 'payee', address: refusal.payee, number, body })
    }
  }
}

type Entry = { readonly role: RingRole; readonly address: string; readonly number: number; readonly body: string }

function createRingWriter(database: Database): (entry: Entry) => void {
  const insert = database.prepare('INSERT INTO refusals VALUES (?, ?, ?, ?)')
  const find = database.prepare('SELECT count FROM refusalRings WHERE role = ? AND address = ?')
  const put = database.prepare('INSERT OR REPLACE INTO refusalRings VALUES (?, ?, ?, ?)')
  const dropOldest = database.prepare(
    'DELETE FROM refusals WHERE role = ?1 AND address = ?2 AND number = (SELECT MIN(number) FROM refusals WHERE role = ?1 AND address = ?2)',
  )
  const rings = database.prepare('SELECT COUNT(*) AS count FROM refusalRings WHERE role = ?')
  const stalest = database.prepare('SELECT address FROM refusalRings WHERE role = ? ORDER BY last LIMIT 1')
  const dropRing = database.prepare('DELETE FROM refusals WHERE role = ? AND address = ?')
  const forgetRing = database.prepare('DELETE FROM refusalRings WHERE role = ? AND address = ?')
  const counts = new Map<RingRole, number>()
  return ({ role, address, number, body }) => {
    const row = find.find(role, address)
    const count = Number(row?.['count'] ?? 0) + 1
    insert.run(role, address, number, body)
    if (count > ringSize) dropOldest.run(role, address)
    put.run(role, address, number, Math.min(count, ringSize))
    if (row !== undefined) return
    const known = counts.get(role)
    const total = known === undefined ? Number(rings.find(role)?.['count']) : known + 1
    counts.set(role, Math.min(total, ringsMax))
    if (total <= ringsMax) return
    const oldest = stalest.find(role)?.['address'] as string
    dropRing.run(role, oldest)
    forgetRing.run(role, oldest)
  }
}

/** Reads a ring, newest first. */
export function createRingReader(
  database: Database,
): (ring: { readonly role: RingRole; readonly address: string; readonly limit: number }) => readonly KeptRefusal[] {
  const read = database.prepare('SELECT body FROM refusals WHERE role = ? AND address = ? ORDER BY number DESC LIMIT ?')
  return ({ role, address, limit }) =>
    read.all(role, address, limit).map((row) => JSON.parse(row['body'] as string) as KeptRefusal)
}

/** How many refusals of each class stand in a payee's ring: all that a payee may know of them. */
export function countClasses(refusals: readonly KeptRefusal[]): codec.Json {
  const counts = new Map<string, number>()
  for (const { class: kind } of refusals) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts].map(([kind, count]) => ({ class: kind, count }))
}
