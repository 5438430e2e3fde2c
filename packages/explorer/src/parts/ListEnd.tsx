// The end of a list: the way to what comes after, or where history begins.
import { useEffect } from 'react'
import type { ReactNode, RefObject } from 'react'
import type { Listing } from '../listing.ts'
import type { More } from '../useListing.ts'
import { Moment } from './Moment.tsx'
import { Failure } from './Notice.tsx'

/** Stands below the last entry. `label` is what the control says: `Show older payments`. */
export function ListEnd(props: {
  readonly listing: Pick<Listing<unknown>, 'next' | 'begin'>
  readonly more: More
  readonly label: string
}): ReactNode {
  const { listing, more, label } = props
  const { next, begin } = listing
  return (
    <>
      {more.error === undefined ? null : <Failure error={more.error} />}
      {/* Not disabled while it loads: that would throw the focus away. */}
      {next === undefined ? null : (
        <button type="button" className="more" aria-disabled={more.isLoading} onClick={more.run}>
          {more.isLoading ? 'Loading\u2026' : label}
        </button>
      )}
      {next !== undefined || begin === undefined ? null : (
        <p className="quiet list-begin">
          This node keeps history from block {begin.height.toLocaleString('en-US')} on, <Moment timeMs={begin.timeMs} />
          . What was before still counts in balances, and is not listed.
        </p>
      )}
    </>
  )
}

/** Moves the focus to the first entry that came, whose place was the control's: nothing scrolls. */
export function useLanding(list: RefObject<HTMLElement | null>, landing: number | undefined): void {
  useEffect(() => {
    if (landing === undefined) return
    list.current?.children[landing]?.querySelector('a')?.focus({ preventScroll: true })
  }, [list, landing])
}
