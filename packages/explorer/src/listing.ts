// A list of history in parts, newest first: how the newest part and what follows it become one list without a gap.
import { fieldsOf, list, number, optionalText } from './reader.ts'
import type { Fields } from './reader.ts'

/** From where on the node keeps history. */
export type Begin = { readonly height: number; readonly timeMs: number }

/** Entries, the cursor of what comes after them if anything does, and where history begins if some of it was dropped. */
export type Listing<T> = {
  readonly entries: readonly T[]
  readonly next: string | undefined
  readonly begin: Begin | undefined
}

/** What stands in such a list: each by the operation that made it. */
export type Listed = { readonly operation: string }

function readBegin(value: unknown): Begin | undefined {
  if (value === undefined) return undefined
  const fields = fieldsOf(value, 'begin')
  return { height: number(fields, 'height'), timeMs: number(fields, 'time') }
}

/** Reads an answer that holds a list. @throws LedgerError `page/malformed_answer` */
export function readListing<T>(answer: unknown, name: string, read: (fields: Fields) => T): Listing<T> {
  const fields = fieldsOf(answer, name)
  return {
    entries: list(fields, name, read),
    next: optionalText(fields, 'next'),
    begin: readBegin(fields['begin']),
  }
}

/** How many of the newest stand before what is known; all of them when the two don't meet. */
export function countNewer(known: Listing<Listed>, newest: Listing<Listed>): number {
  const first = known.entries[0]?.operation
  const place = newest.entries.findIndex(({ operation }) => operation === first)
  return place < 0 ? newest.entries.length : place
}

/** The newest before what is known; the newest alone when so much came between that the two don't meet. */
export function refresh<T extends Listed>(known: Listing<T> | undefined, newest: Listing<T>): Listing<T> {
  if (known === undefined) return newest
  const newer = countNewer(known, newest)
  if (newer === newest.entries.length) return newest
  return { ...known, entries: [...newest.entries.slice(0, newer), ...known.entries], begin: newest.begin }
}

/** What is known with the part that follows it. */
export function append<T>(known: Listing<T>, older: Listing<T>): Listing<T> {
  return { ...older, entries: [...known.entries, ...older.entries] }
}
