// What must always hold of holds and aliases.
import type { View } from '../../kernel/context.ts'
import { nonceEntries, resolve } from '../accounts/index.ts'
import { openHolds } from '../policy/index.ts'
import { aliasCounts, aliases, aliasRing, holdEnds } from './state.ts'
import { aliasesMax } from './wire.ts'

/** Every held row has its reservation and its end in the queue. */
export function heldRowsAreReserved(view: View): string | undefined {
  const ends = new Set<string>()
  for (const { slot, ends: at } of holdEnds.entries(view)) ends.add(`${slot}/${at}`)
  for (const [{ address, asset, nonce }, row, slot] of nonceEntries(view)) {
    if (row.state !== 'held') continue
    const hold = openHolds(view, resolve(view, address)).find(({ reservation }) => reservation === row.reservation)
    if (hold === undefined || hold.amount !== row.amount || hold.asset !== asset)
      return `held nonce ${nonce} of ${address} has no reservation of ${row.amount}`
    if (!ends.has(`${slot}/${row.holdEnds}`)) return `held nonce ${nonce} of ${address} is not queued to end`
  }
  return undefined
}

/** Every alias stands in its place of the ring. */
export function aliasesStandInTheirRing(view: View): string | undefined {
  for (const [{ account, alias }, { number }] of aliases.entries(view)) {
    const entry = aliasRing.find(view, { account, place: number % aliasesMax })
    if (entry?.alias !== alias || entry.number !== number)
      return `alias ${alias} of ${account} does not stand in place ${number % aliasesMax}`
    if (number >= (aliasCounts.find(view, account) ?? 0))
      return `alias ${alias} of ${account} has number ${number}, not given yet`
  }
  return undefined
}
