// What went back to buyers, and for which payment.
import { useMemo, useRef } from 'react'
import type { ReactNode } from 'react'
import type { Listing } from '../../listing.ts'
import { queryListing } from '../../live.ts'
import { AccountLink } from '../../parts/AccountLink.tsx'
import { Amount } from '../../parts/Amount.tsx'
import { ListEnd, useLanding } from '../../parts/ListEnd.tsx'
import { Moment } from '../../parts/Moment.tsx'
import { Empty, Section } from '../../parts/Notice.tsx'
import { OperationLink } from '../../parts/OperationLink.tsx'
import { accountPayments, isRefund } from '../../questions.ts'
import type { Payment } from '../../questions.ts'
import { useFolded, useListing } from '../../useListing.ts'

const SHOWN_FIRST = 8
/** So many refunds come with the books. */
const NEWEST_LENGTH = 20
const PAGE_LENGTH = 200
/** So many pages of what a seller paid are looked through at once for a refund. */
const PAGES_MAX = 10
/** In place of a cursor: what comes before the last refund of the books. */
const BEHIND_LAST = 'behind the last'

/** The refunds before those that are known: among all that the seller paid. */
async function loadOlder(payee: string, known: Listing<Payment>): Promise<Listing<Payment>> {
  const asked = { account: payee, role: 'payer', limit: PAGE_LENGTH } as const
  const from = known.next === BEHIND_LAST ? { before: known.entries.at(-1)?.sequence } : { cursor: known.next }
  let page = await queryListing(accountPayments, { ...asked, ...from })
  for (let pages = 1; pages < PAGES_MAX && page.next !== undefined && !page.entries.some(isRefund); pages++)
    page = await queryListing(accountPayments, { ...asked, cursor: page.next })
  return { ...page, entries: page.entries.filter(isRefund) }
}

/** The section of refunds. */
export function Refunds(props: { readonly newest: readonly Payment[]; readonly payee: string }): ReactNode {
  const { newest, payee } = props
  const list = useRef<HTMLUListElement>(null)
  const head = useMemo(() => {
    const next = newest.length < NEWEST_LENGTH ? undefined : BEHIND_LAST
    return { entries: newest, next, begin: undefined }
  }, [newest])
  const all = useListing(head, { load: (known) => loadOlder(payee, known) })
  const { entries, end, more, landing } = useFolded(all, SHOWN_FIRST)
  useLanding(list, landing)
  return (
    <Section heading="Refunds" id="refunds">
      {entries.length === 0 ? <Empty>Nothing was refunded.</Empty> : null}
      <ul className="plain-list" ref={list}>
        {entries.map((refund) => (
          <Refund key={refund.operation} refund={refund} />
        ))}
      </ul>
      <ListEnd listing={end} more={more} label="Show older refunds" />
    </Section>
  )
}

function Refund(props: { readonly refund: Payment }): ReactNode {
  const { refund } = props
  return (
    <li>
      <span>
        <OperationLink operation={refund.operation}>
          <Moment timeMs={refund.timeMs} />
        </OperationLink>{' '}
        to <AccountLink address={refund.payee} page="agent" />
        {refund.reference === undefined ? null : (
          <>
            {' '}
            for <OperationLink operation={refund.reference} />
          </>
        )}
      </span>
      <Amount units={refund.amount} asset={refund.asset} />
    </li>
  )
}
