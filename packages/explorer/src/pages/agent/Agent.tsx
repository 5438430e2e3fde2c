// The page of an agent, for its owner: what it may still spend, what it spent, why it was refused, how to stop it.
import type { ReactNode } from 'react'
import { agentState } from '../../agentState.ts'
import type { AgentState } from '../../agentState.ts'
import type { LedgerError } from '../../LedgerError.ts'
import { useCapDenomination, useNow, useQuery } from '../../live.ts'
import { formatDuration } from '../../moment.ts'
import { capDollars, formatAmount, withDollarSigns } from '../../money.ts'
import { AccountLabel, useAccountLabel } from '../../parts/AccountLink.tsx'
import { AgentList } from '../../parts/AgentList.tsx'
import { Amount } from '../../parts/Amount.tsx'
import { FullId } from '../../parts/Copy.tsx'
import { Headline } from '../../parts/Headline.tsx'
import { Link } from '../../parts/Link.tsx'
import { LimitBar } from '../../parts/LimitBar.tsx'
import { Failure, Loading, Section } from '../../parts/Notice.tsx'
import { OperatorOnly } from '../../parts/OperatorOnly.tsx'
import { PaymentList } from '../../parts/PaymentList.tsx'
import { PublicMoney } from '../../parts/PublicMoney.tsx'
import { Balances } from './Balances.tsx'
import { Freeze } from './Freeze.tsx'
import { Holds } from './Holds.tsx'
import { Policy } from './Policy.tsx'
import { Refusals } from './Refusals.tsx'

/** The page. */
export function Agent(props: { readonly address: string }): ReactNode {
  const { address } = props
  const label = useAccountLabel(address)
  const state = useQuery(agentState, { account: address }, (entry) => {
    return entry.account === address || (entry.kind === 'payment' && entry.payee === address)
  })
  const isPrivate = state.error?.code === 'accounts/not_yours'
  const isOwnerAccount = state.error !== undefined && !isPrivate && state.error.code !== 'page/unreachable'
  return (
    <>
      <Headline
        title={label}
        heading={<AccountLabel address={address} withAddress />}
        sentence={sentenceOf(state.value, { isPrivate, isOwnerAccount })}
        number={state.value && <Amount units={state.value.worstToday} denomination={capDollars} />}
        numberLabel="worst loss still possible today"
      />
      <FullId id={address} what="the address">
        <Link to={{ page: 'seller', address }}>What it was paid</Link>
      </FullId>
      {isPrivate || isOwnerAccount ? <PublicMoney account={address} /> : null}
      {state.value === undefined ? null : <Limits state={state.value} />}
      {state.value === undefined && state.error === undefined ? <Loading what="the policy" /> : null}
      {isPrivate ? <OperatorOnly what="Policy, limits and refusals" /> : null}
      {isOwnerAccount && state.error !== undefined ? <NoPolicy address={address} error={state.error} /> : null}
      {state.error?.code === 'page/unreachable' && state.value === undefined ? <Failure error={state.error} /> : null}
      {isPrivate || isOwnerAccount ? null : <Refusals account={address} />}
      {state.value === undefined ? null : <Details state={state.value} />}
      {state.value === undefined ? null : <Freeze state={state.value} />}
      <PaymentList
        heading="Payments and refunds"
        account={address}
        role="any"
        label="Payments and refunds of this account, newest first"
        empty="It has paid nothing yet. Its first payment appears here by itself."
      />
    </>
  )
}

function sentenceOf(
  state: AgentState | undefined,
  why: { readonly isPrivate: boolean; readonly isOwnerAccount: boolean },
): ReactNode {
  if (why.isPrivate) return 'What this account paid is public; what it may still spend is not.'
  if (why.isOwnerAccount) return 'This account has no spending policy: its own keys decide.'
  if (state === undefined) return 'Reading the policy\u2026'
  const { status } = state
  return (
    <>
      {status === 'active' ? null : <span className={`badge badge-${status}`}>{status}</span>}{' '}
      <Spent caps={state.caps} />
      <bdi>{withDollarSigns(state.sentence)}</bdi>
    </>
  )
}

/** What is spent of the cap that ends all: the one over its life, else the widest window. */
function Spent(props: { readonly caps: AgentState['caps'] }): ReactNode {
  const money = props.caps.filter((cap) => cap.counts === 'money' && cap.kind !== 'payment')
  const cap =
    money.find(({ kind }) => kind === 'lifetime') ?? money.toSorted((a, b) => (b.windowMs ?? 0) - (a.windowMs ?? 0))[0]
  const denomination = useCapDenomination(cap?.denom ?? '')
  if (cap === undefined) return null
  const span = cap.kind === 'lifetime' ? '' : ` in the last ${formatDuration(cap.windowMs ?? 0)}`
  return `It has spent ${formatAmount(cap.used, denomination)} of ${formatAmount(cap.max, denomination)}${span}. `
}

function Limits(props: { readonly state: AgentState }): ReactNode {
  const nowMs = useNow()
  const { caps, worstNow, worstToday } = props.state
  return (
    <Section
      heading="Limits"
      id="limits"
      aside={
        <span className="quiet">
          Worst loss right now <Amount units={worstNow} denomination={capDollars} />, today{' '}
          <Amount units={worstToday} denomination={capDollars} />
        </span>
      }
    >
      {caps.length === 0 ? (
        <p className="warning">This policy has no caps: it can spend all it has.</p>
      ) : (
        <ul className="limits">
          {caps.map((cap) => (
            <LimitBar key={`${cap.id} ${cap.counts}`} cap={cap} nowMs={nowMs} />
          ))}
        </ul>
      )}
    </Section>
  )
}

function Details(props: { readonly state: AgentState }): ReactNode {
  return (
    <div className="agent-columns">
      <Policy state={props.state} />
      <div>
        <Balances balances={props.state.balances} />
        <Holds holds={props.state.holds} />
      </div>
    </div>
  )
}

/** That there is no policy stands in the sentence of the page; what else is wrong, or the agents of the owner, stand here. */
function NoPolicy(props: { readonly address: string; readonly error: LedgerError }): ReactNode {
  const { address, error } = props
  const none = error.code === 'policy/no_policy' ? null : <Failure error={error} />
  return <AgentList heading="Its agents" id="owned" owner={address} none={none} />
}
