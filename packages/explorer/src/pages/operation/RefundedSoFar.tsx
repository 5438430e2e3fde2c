// How much of a payment went back. The ledger does not sum refunds; history does (design: reservation and delivery).
import { useRef } from 'react'
import type { ReactNode } from 'react'
import { queryListing, useListingQuery } from '../../live.ts'
import type { Moved } from '../../moved.ts'
import { Amount } from '../../parts/Amount.tsx'
import { ListEnd, useLanding } from '../../parts/ListEnd.tsx'
import { OperationLink } from '../../parts/OperationLink.tsx'
import { refundsOf } from '../../questions.ts'
import type { Receipt } from '../../receipt.ts'
import { useFolded, useListing } from '../../useListing.ts'

const SHOWN_FIRST = 8

/** The sum refunded, if anything was: of all refunds that are known, and it is said when there are more. */
export function RefundedSoFar(props: { readonly receipt: Receipt; readonly payment: Moved }): ReactNode {
  const { payment } = props
  const asked = { operation: props.receipt.operation, account: payment.payee }
  const items = useRef<HTMLSpanElement>(null)
  const newest = useListingQuery(refundsOf, asked)
  const all = useListing(newest.value, { load: ({ next }) => queryListing(refundsOf, { ...asked, cursor: next }) })
  const { entries, end, more, landing } = useFolded(all, SHOWN_FIRST)
  useLanding(items, landing)
  if (entries.length === 0) return null
  const known = all.listing.entries.filter(({ asset }) => asset === payment.asset)
  return (
    <div className="refunded">
      <p>
        {all.listing.next === undefined ? null : 'At least '}
        <strong>
          <Amount units={known.reduce((sum, refund) => sum + refund.amount, 0n)} asset={payment.asset} />
        </strong>{' '}
        of <Amount units={payment.amount} asset={payment.asset} /> was refunded:{' '}
        <span ref={items}>
          {entries.map((refund) => (
            <span key={refund.operation} className="refund-item">
              <OperationLink operation={refund.operation} />
            </span>
          ))}
        </span>
      </p>
      <ListEnd listing={end} more={more} label="Show older refunds" />
    </div>
  )
}
