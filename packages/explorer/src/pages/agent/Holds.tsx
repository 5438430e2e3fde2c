// Money set aside for payments that were verified and not settled yet.
import type { ReactNode } from 'react'
import type { AgentState } from '../../agentState.ts'
import { useNow } from '../../live.ts'
import { formatDuration } from '../../moment.ts'
import { AccountLink } from '../../parts/AccountLink.tsx'
import { Amount } from '../../parts/Amount.tsx'
import { Empty, Section } from '../../parts/Notice.tsx'

/** The open holds as a list. */
export function HoldList(props: { readonly holds: AgentState['holds'] }): ReactNode {
  const nowMs = useNow()
  return (
    <ul className="plain-list">
      {props.holds.map((hold) => (
        <li key={hold.operation ?? `${hold.endsMs} ${hold.amount}`}>
          <span>
            <Amount units={hold.amount} asset={hold.asset} />
            {hold.payee === undefined ? null : (
              <>
                {' '}
                for <AccountLink address={hold.payee} page="seller" />
              </>
            )}
          </span>
          <span className="quiet">
            {hold.endsMs > nowMs ? `ends in ${formatDuration(hold.endsMs - nowMs)}` : 'ending'}
          </span>
        </li>
      ))}
    </ul>
  )
}

/** The section of open holds. */
export function Holds(props: { readonly holds: AgentState['holds'] }): ReactNode {
  return (
    <Section heading="Open holds" id="holds" aside={<span className="quiet">{props.holds.length}</span>}>
      {props.holds.length === 0 ? <Empty>Nothing is set aside.</Empty> : <HoldList holds={props.holds} />}
    </Section>
  )
}
