// What must always hold of holds and aliases.
import type { Address } from '../../codec/Address.ts'
import type { View } from '../../kernel/context.ts'
import { nonceEntries, resolve } from '../accounts/index.ts'
import { openHolds } from '../policy/index.ts'
import { aliasCounts, aliasEnds, aliases, aliasRing, holdEnds } from './state.ts'
import { aliasesMax } from './wire.ts'

/** Every held row has its reservation and its end in the queue, and every reservation of the account has its held row. */
export function heldRowsAreReserved(view: View): string | undefined {
  const ends = new Set<string>()
  for (const { slot, ends: at } of holdEnds.entries(view)) ends.add(`${slot}/${at}`)
  const heldRows = new Map<Address, number>()
  for (const [{ address, asset, nonce }, row, slot] of nonceEntries(view)) {
    const account = resolve(view, address)
    heldRows.set(account, (heldRows.get(account) ?? 0) + (row.state === 'held' ? 1 : 0))
    if (row.state !== 'held') continue
    const hold = openHolds(view, account).find(({ reservation }) => reservation === row.reservation)
    if (hold === undefined || hold.amount !== row.amount || hold.asset !== asset)
      return `held nonce ${nonce} of ${address} has no reservation of ${row.amount}`
    if (!ends.has(`${slot}/${row.holdEnds}`)) return `held nonce ${nonce} of ${address} is not queued to end`
  }
  for (const [account, count] of heldRows)
    if (openHolds(view, account).length !== count)
      return `${account} has ${openHolds(view, account).length} reservations and ${count} held nonces`
  return undefined
}

/** Every alias stands in its place of the ring, every place has its alias, and both are queued to end. */
export function aliasesStandInTheirRing(view: View): string | undefined {
  const ends = new Set<string>()
  for (const { account, number } of aliasEnds.entries(view)) ends.add(`${account}/${number}`)
  for (const [{ account, alias }, { number }] of aliases.entries(view)) {
    const entry = aliasRing.find(view, { account, place: number % aliasesMax })
    if (entry?.alias !== alias || entry.number !== number)
      return `alias ${alias} of ${account} does not stand in place ${number % aliasesMax}`
    if (number >= (aliasCounts.find(view, account) ?? 0))
      return `alias ${alias} of ${account} has number ${number}, not given yet`
    if (!ends.has(`${account}/${number}`)) return `alias ${alias} of ${account} is not queued to end`
  }
  for (const [{ account, place }, { alias }] of aliasRing.entries(view))
    if (aliases.find(view, { account, alias }) === undefined) return `place ${place} of ${account} has no alias`
  return undefined
}
