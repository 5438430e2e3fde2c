// A list of history on a page: it follows the ledger, stands still while somebody reads, and grows at its end on demand.
import { useEffect, useState } from 'react'
import { announce } from './announce.ts'
import { toLedgerError } from './LedgerError.ts'
import type { LedgerError } from './LedgerError.ts'
import { append, countNewer, refresh } from './listing.ts'
import type { Listed, Listing } from './listing.ts'

/** The way on at the end of a list. */
export type More = {
  readonly isLoading: boolean
  readonly error: LedgerError | undefined
  /** The first entry of what came last: where the reader goes on. */
  readonly landing: number | undefined
  readonly run: () => void
}

const idle = { isLoading: false, error: undefined, landing: undefined }

/** Loads more when the reader asks, says how much came, and remembers where it begins. `load` answers how many came. */
export function useMore(count: number, load: () => Promise<number>): More {
  const [state, setState] = useState<Omit<More, 'run'>>(idle)
  async function more(): Promise<void> {
    setState({ ...idle, isLoading: true })
    try {
      const added = await load()
      announce(added === 0 ? 'Nothing so far; the search can go on.' : `${added} more.`)
      setState({ ...idle, landing: added === 0 ? undefined : count })
    } catch (cause) {
      setState({ ...idle, error: toLedgerError(cause) })
    }
  }
  return { ...state, run: () => void (state.isLoading ? undefined : more()) }
}

/** A list that grows at both ends, once its newest part is there. */
export type GrowingList<T> = {
  readonly listing: Listing<T>
  /** How many have come that are not shown while the list stands still. */
  readonly waiting: number
  readonly more: More
}

type Growth<T> = {
  readonly isPaused?: boolean
  /** The part that follows. */
  readonly load: (known: Listing<T>) => Promise<Listing<T>>
}

const nothing = { entries: [], next: undefined, begin: undefined }

/** Keeps the newest part of a list and what the reader has loaded behind it as one list. */
export function useListing<T extends Listed>(
  newest: Listing<T> | undefined,
  { isPaused = false, load }: Growth<T>,
): GrowingList<T> {
  const [known, setKnown] = useState(newest)
  useEffect(() => {
    if (newest === undefined) return
    setKnown((before) => (isPaused && before !== undefined ? before : refresh(before, newest)))
  }, [isPaused, newest])
  const listing = known ?? newest ?? nothing
  const more = useMore(listing.entries.length, async () => {
    const older = await load(listing)
    // Unless the list has begun anew meanwhile.
    setKnown((now) => (now?.next === listing.next ? append(now ?? listing, older) : now))
    return older.entries.length
  })
  return { listing, waiting: isPaused && newest !== undefined ? countNewer(listing, newest) : 0, more }
}

/** A list as it stands between other things: a few entries first, then all that are known, then more. */
export type FoldedList<T> = {
  readonly entries: readonly T[]
  readonly end: Pick<Listing<T>, 'next' | 'begin'>
  readonly more: More
  readonly landing: number | undefined
}

/** Shows the first entries of a list until the reader asks for more. */
export function useFolded<T>({ listing, more }: GrowingList<T>, shownFirst: number): FoldedList<T> {
  const [isFolded, setFolded] = useState(true)
  const reveal = useMore(shownFirst, () => {
    setFolded(false)
    return Promise.resolve(listing.entries.length - shownFirst)
  })
  const landing = more.landing ?? reveal.landing
  if (!isFolded || listing.entries.length <= shownFirst)
    return { entries: listing.entries, end: listing, more, landing }
  const end = { next: 'what is known', begin: listing.begin }
  return { entries: listing.entries.slice(0, shownFirst), end, more: reveal, landing }
}
