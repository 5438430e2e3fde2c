// A point in time: short for reading, exact on hover.
import type { ReactNode } from 'react'
import { formatExactMoment, formatMoment } from '../moment.ts'

/** A time of the ledger. */
export function Moment(props: { readonly timeMs: number }): ReactNode {
  const exact = formatExactMoment(props.timeMs)
  return (
    <time dateTime={exact} title={exact} className="moment">
      {formatMoment(props.timeMs, Date.now())}
    </time>
  )
}
