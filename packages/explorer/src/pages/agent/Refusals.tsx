// What the ledger refused to this agent, and what each refusal teaches.
import { useState } from 'react'
import type { ReactNode } from 'react'
import { useNow, useQuery } from '../../live.ts'
import { formatDuration, formatMoment } from '../../moment.ts'
import { AccountLink } from '../../parts/AccountLink.tsx'
import { Amount } from '../../parts/Amount.tsx'
import { Moment } from '../../parts/Moment.tsx'
import { Empty, Failure, Section } from '../../parts/Notice.tsx'
import { pastRefusals } from '../../questions.ts'
import type { PastRefusal } from '../../questions.ts'

const LIMIT = 100
const SHOWN_FIRST = 5

/** The section of refusals; the node keeps the last hundred of an account. */
export function Refusals(props: { readonly account: string }): ReactNode {
  const { account } = props
  const nowMs = useNow()
  const [showsAll, setShowsAll] = useState(false)
  const answer = useQuery(pastRefusals, { account, limit: LIMIT }, (entry) => {
    return entry.kind === 'refusal' && entry.account === account
  })
  const refusals = answer.value ?? []
  const shown = showsAll ? refusals : refusals.slice(0, SHOWN_FIRST)
  const count = refusals.length >= LIMIT ? `the last ${LIMIT}` : String(refusals.length)
  return (
    <Section heading="Refusals" id="refusals" aside={<span className="quiet">{count}</span>}>
      {answer.error !== undefined && answer.value === undefined ? <Failure error={answer.error} /> : null}
      {answer.value !== undefined && refusals.length === 0 ? <Empty>Nothing was refused.</Empty> : null}
      <ol className="refusals">
        {shown.map((refusal, index) => (
          <RefusalItem key={`${refusal.timeMs} ${refusals.length - index}`} refusal={refusal} nowMs={nowMs} />
        ))}
      </ol>
      {refusals.length > SHOWN_FIRST ? (
        <button type="button" className="more" aria-expanded={showsAll} onClick={() => setShowsAll(!showsAll)}>
          {showsAll ? 'Show fewer' : `Show all ${refusals.length}`}
        </button>
      ) : null}
    </Section>
  )
}

function RefusalItem(props: { readonly refusal: PastRefusal; readonly nowMs: number }): ReactNode {
  const { refusal } = props
  return (
    <li>
      <div className="refusal-head">
        <Moment timeMs={refusal.timeMs} />
        <code>{refusal.code}</code>
        {refusal.amount === undefined || refusal.asset === undefined ? null : (
          <Amount units={refusal.amount} asset={refusal.asset} />
        )}
        {refusal.payee === undefined ? null : <AccountLink address={refusal.payee} page="seller" />}
      </div>
      <p>
        <bdi>{refusal.message}</bdi>
      </p>
      <p className="quiet">
        {refusal.hint === '' ? null : (
          <>
            <bdi>{refusal.hint}</bdi>{' '}
          </>
        )}
        {whenAgain(refusal, props.nowMs)}
      </p>
    </li>
  )
}

function whenAgain(refusal: PastRefusal, nowMs: number): string {
  const { fitsAtMs, retry } = refusal
  if (fitsAtMs !== undefined) {
    if (fitsAtMs <= nowMs) return 'It fits again now, if nothing else was spent.'
    return `It fits again at ${formatMoment(fitsAtMs, nowMs)}, in ${formatDuration(fitsAtMs - nowMs)}.`
  }
  if (retry === 'owner') return 'Waiting does not help: only the owner can change this.'
  if (retry === 'approval') return 'It needs an approval.'
  return retry === 'later' ? 'It can be tried again later.' : 'The same payment will never pass.'
}
