// The page of a seller: what was earned, from whom, what went back, what was refused and why, as classes only.
import type { ReactNode } from 'react'
import { useDenomination, useQuery } from '../../live.ts'
import { fineDollars, formatAmount, rescale, thousandths } from '../../money.ts'
import type { Denomination } from '../../money.ts'
import { AccountLabel, AccountLink, useAccountLabel } from '../../parts/AccountLink.tsx'
import { Amount } from '../../parts/Amount.tsx'
import { FullId } from '../../parts/Copy.tsx'
import { Headline } from '../../parts/Headline.tsx'
import { Link } from '../../parts/Link.tsx'
import { Empty, Failure, Loading, Section } from '../../parts/Notice.tsx'
import { PaymentList } from '../../parts/PaymentList.tsx'
import { PublicMoney } from '../../parts/PublicMoney.tsx'
import { explainClass, labelClass } from '../../refusalClass.ts'
import { sellerBooks } from '../../questions.ts'
import type { SellerBooks } from '../../questions.ts'
import { Refunds } from './Refunds.tsx'
import { Revenue } from './Revenue.tsx'

/** What a seller has earned, over all dollar assets, in `fineDollars`. */
type Earned = {
  readonly revenue: bigint
  readonly toll: bigint
  readonly refunded: bigint
  readonly payments: number
}

function sumEarned(books: SellerBooks, denominationOf: (asset: string) => Denomination): Earned {
  let earned: Earned = { revenue: 0n, toll: 0n, refunded: 0n, payments: 0 }
  for (const total of books.totals) {
    const { decimals, isDollar } = denominationOf(total.asset)
    if (!isDollar) continue
    const fine = (units: bigint): bigint => rescale(units, { from: decimals, to: fineDollars.decimals })
    earned = {
      revenue: earned.revenue + fine(total.revenue),
      toll: earned.toll + fine(total.toll),
      refunded: earned.refunded + fine(total.refunded),
      payments: earned.payments + total.payments,
    }
  }
  return earned
}

function sentenceOf(earned: Earned): string {
  if (earned.payments === 0) return 'Nothing has been paid to this account yet.'
  const say = (units: bigint): string => formatAmount(units, fineDollars)
  const count = `${earned.payments.toLocaleString('en-US')} payment${earned.payments === 1 ? '' : 's'}`
  const refunded = earned.refunded === 0n ? 'nothing was refunded' : `${say(earned.refunded)} was refunded`
  return `Was paid ${say(earned.revenue)} in ${count}; the toll was ${say(earned.toll)}, ${refunded}.`
}

/** The page. */
export function Seller(props: { readonly address: string }): ReactNode {
  const { address } = props
  const label = useAccountLabel(address)
  const denominationOf = useDenomination()
  const answer = useQuery(sellerBooks, { payee: address }, (entry) => {
    return entry.payee === address || entry.account === address
  })
  const books = answer.value
  const earned = books === undefined ? undefined : sumEarned(books, denominationOf)
  return (
    <>
      <Headline
        title={label}
        heading={<AccountLabel address={address} withAddress />}
        sentence={earned === undefined ? 'Reading the books\u2026' : sentenceOf(earned)}
        number={earned && <Amount units={earned.revenue - earned.toll - earned.refunded} denomination={fineDollars} />}
        numberLabel="kept, after toll and refunds"
      />
      <FullId id={address} what="the address">
        <Link to={{ page: 'agent', address }}>What it paid</Link>
      </FullId>
      <PublicMoney account={address} />
      {answer.error !== undefined && books === undefined ? <Failure error={answer.error} /> : null}
      {books === undefined && answer.error === undefined ? <Loading what="the books" /> : null}
      {books === undefined ? null : <Books books={books} payee={address} />}
      <PaymentList
        heading="Payments"
        account={address}
        role="payee"
        label="Payments to this account, newest first"
        empty="No payment yet. To be paid, name this address as payTo in the seller's middleware and this node's /x402 as its facilitator."
      />
    </>
  )
}

function Books(props: { readonly books: SellerBooks; readonly payee: string }): ReactNode {
  const { books } = props
  return (
    <>
      {books.totals.length === 0 ? null : <Revenue books={books} />}
      <div className="seller-columns">
        <Buyers buyers={books.buyers} />
        <Refunds newest={books.refunds} payee={props.payee} />
        <RefusedClasses refusals={books.refusals} />
      </div>
    </>
  )
}

function Buyers(props: { readonly buyers: SellerBooks['buyers'] }): ReactNode {
  const denominationOf = useDenomination()
  const fine = (buyer: SellerBooks['buyers'][number]): bigint =>
    rescale(buyer.amount, { from: denominationOf(buyer.asset).decimals, to: fineDollars.decimals })
  const buyers = props.buyers.toSorted((a, b) => (fine(a) === fine(b) ? 0 : fine(a) > fine(b) ? -1 : 1))
  const largest = buyers[0] === undefined ? 0n : fine(buyers[0])
  return (
    <Section heading="Best buyers" id="buyers">
      {buyers.length === 0 ? <Empty>Nobody has bought yet.</Empty> : null}
      <ul className="bar-list">
        {buyers.map((buyer) => (
          <li key={`${buyer.account} ${buyer.asset}`}>
            <span className="bar-words">
              <AccountLink address={buyer.account} page="agent" />
              <span>
                <span className="quiet">{buyer.payments.toLocaleString('en-US')} for</span>{' '}
                <Amount units={buyer.amount} asset={buyer.asset} />
              </span>
            </span>
            <span className="bar" aria-hidden="true">
              <span className="bar-used" style={{ width: `${thousandths(fine(buyer), largest) / 10}%` }} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function RefusedClasses(props: { readonly refusals: SellerBooks['refusals'] }): ReactNode {
  return (
    <Section heading="Refused" id="refused">
      {props.refusals.length === 0 ? (
        <Empty>No payment to this account was refused.</Empty>
      ) : (
        <ul className="classes">
          {props.refusals.map((refusal) => (
            <li key={refusal.class}>
              <span className="refused-count">{refusal.count.toLocaleString('en-US')}</span>
              <span>
                <strong>{labelClass(refusal.class)}</strong>
                <br />
                <span className="quiet">{explainClass(refusal.class)}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
      <p className="quiet">
        The exact reason is the buyer&rsquo;s own affair: a budget is not for others to search out.
      </p>
    </Section>
  )
}
