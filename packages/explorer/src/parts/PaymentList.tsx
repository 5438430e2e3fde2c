// Payments and refunds of one account from history, newest first, the next page on demand.
import { useRef } from 'react'
import type { ReactNode } from 'react'
import { queryListing, useListingQuery } from '../live.ts'
import { sayPause, usePause } from '../pause.ts'
import { accountPayments, isRefund } from '../questions.ts'
import type { PaymentsOf } from '../questions.ts'
import { useListing } from '../useListing.ts'
import { ListEnd } from './ListEnd.tsx'
import { Empty, Failure, Loading, Section } from './Notice.tsx'
import { PaymentCells, paymentColumns } from './paymentCells.tsx'
import { Rows } from './Rows.tsx'

const PAGE_LENGTH = 200

/** The section of payments of one account in one role. */
export function PaymentList(props: {
  readonly heading: string
  readonly account: string
  readonly role: PaymentsOf['role']
  readonly label: string
  readonly empty: ReactNode
}): ReactNode {
  const { account, role } = props
  const place = useRef<HTMLDivElement>(null)
  const reason = usePause(place)
  const asked = { account, role, limit: PAGE_LENGTH } as const
  const newest = useListingQuery(accountPayments, asked, (entry) => {
    return entry.kind === 'payment' && (entry.account === account || entry.payer === account || entry.payee === account)
  })
  const { listing, waiting, more } = useListing(newest.value, {
    isPaused: reason !== undefined,
    load: ({ next }) => queryListing(accountPayments, { ...asked, cursor: next }),
  })
  const { entries, next } = listing
  const pause = waiting === 0 ? undefined : <span className="pause-state">{sayPause(reason, waiting)}</span>
  return (
    <Section heading={props.heading} id="payments" aside={pause}>
      <div ref={place}>
        {newest.error !== undefined && newest.value === undefined ? <Failure error={newest.error} /> : null}
        {newest.value === undefined && newest.error === undefined ? <Loading what="payments" /> : null}
        {newest.value !== undefined && entries.length === 0 && next === undefined ? <Empty>{props.empty}</Empty> : null}
        {entries.length === 0 ? null : (
          <Rows
            label={props.label}
            className="payments"
            columns={paymentColumns}
            count={entries.length}
            isOpenEnded={next !== undefined}
            landing={more.landing}
            keyOf={(index) => entries[index]?.operation ?? String(index)}
            render={({ index, tabIndex }) => {
              const payment = entries[index]
              if (payment === undefined) return null
              return <PaymentCells payment={payment} tabIndex={tabIndex} isRefund={isRefund(payment)} />
            }}
          />
        )}
        <ListEnd listing={listing} more={more} label="Show older payments" />
      </div>
    </Section>
  )
}
