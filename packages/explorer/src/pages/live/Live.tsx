// The live page: what happens on this ledger, now.
import type { ReactNode } from 'react'
import type { LiveView } from '../../feed.ts'
import { useDenomination, useLive, useNow } from '../../live.ts'
import { formatClock } from '../../moment.ts'
import { fineDollars, formatAmount, rescale } from '../../money.ts'
import { AgentList } from '../../parts/AgentList.tsx'
import { useMedia } from '../../media.ts'
import { Amount } from '../../parts/Amount.tsx'
import { FlowColumns } from '../../parts/FlowColumns.tsx'
import { Headline } from '../../parts/Headline.tsx'
import { Loading } from '../../parts/Notice.tsx'
import { Stream } from '../../parts/Stream.tsx'
import type { AssetSum } from '../../tally.ts'
import { FirstVisit } from './FirstVisit.tsx'
import { LiveCharts } from './LiveCharts.tsx'
import { formatRate, perSecondDollars, ratesAt } from './rates.ts'

const MINUTE_MS = 60_000

function sentenceOf(view: LiveView, nowMs: number): string {
  const { tally, connection, followedSinceMs } = view
  const last = tally.entries.findLast((entry) => entry.kind === 'payment')
  if (connection.state === 'gone' || connection.state === 'starting') {
    return last === undefined
      ? 'The node is away, and no payment has been seen.'
      : `The node is away; the last payment seen was at ${formatClock(last.timeMs)}.`
  }
  const { paymentsInTen, worth, refusedInMinute } = ratesAt(tally.seconds, nowMs)
  const span = nowMs - followedSinceMs < MINUTE_MS ? 'since this page connected' : 'in the last minute'
  const refused = `${refusedInMinute} refused ${span}`
  if (paymentsInTen > 0) {
    const rate = `${formatRate(paymentsInTen)} payment${paymentsInTen === 10 ? '' : 's'} a second`
    return `${rate}, ${formatAmount(worth, perSecondDollars)} a second, ${refused}.`
  }
  if (last === undefined) {
    const none = 'No payment has been made on this ledger yet'
    return refusedInMinute === 0 ? `${none}.` : `${none}; ${refused}.`
  }
  return `Quiet now: the last payment was at ${formatClock(last.timeMs)}, ${refused}.`
}

/** The page. */
export function Live(props: { readonly isHeld: boolean; readonly onHold: (isHeld: boolean) => void }): ReactNode {
  const view = useLive((view) => view)
  const { tally, chain } = view
  const nowMs = useNow()
  const isEmpty = tally.entries.length === 0 && tally.payments === 0
  return (
    <>
      <Headline
        title="Live"
        heading="Live"
        sentence={chain === undefined ? 'Looking for the node\u2026' : sentenceOf(view, nowMs)}
        number={chain === undefined ? undefined : <DollarSum sums={tally.sums} part="amount" />}
        numberLabel={`paid in ${tally.payments.toLocaleString('en-US')} payment${tally.payments === 1 ? '' : 's'}`}
      />
      {chain === undefined ? <Loading what="the ledger" /> : null}
      {chain !== undefined && isEmpty ? <FirstVisit /> : null}
      {chain === undefined || isEmpty ? null : (
        <>
          <Facts />
          <LiveCharts />
          <div className="live-columns">
            <Side />
            <Stream isHeld={props.isHeld} onHold={props.onHold} />
          </div>
        </>
      )}
    </>
  )
}

/** All dollar assets as one sum; any other asset beside it. */
function DollarSum(props: { readonly sums: readonly AssetSum[]; readonly part: 'amount' | 'toll' }): ReactNode {
  const denominationOf = useDenomination()
  let dollars = 0n
  for (const sum of props.sums) {
    const { decimals, isDollar } = denominationOf(sum.asset)
    if (isDollar) dollars += rescale(sum[props.part], { from: decimals, to: fineDollars.decimals })
  }
  return <Amount units={dollars} denomination={fineDollars} />
}

function Facts(): ReactNode {
  const tally = useLive((view) => view.tally)
  return (
    <dl className="facts">
      <div>
        <dt>Toll taken</dt>
        <dd>
          <DollarSum sums={tally.sums} part="toll" />
        </dd>
      </div>
      {tally.sums.length < 2 ? null : tally.sums.map((sum) => <AssetFact key={sum.asset} sum={sum} />)}
      <div>
        <dt>Height</dt>
        <dd>{tally.height.toLocaleString('en-US')}</dd>
      </div>
    </dl>
  )
}

function AssetFact(props: { readonly sum: AssetSum }): ReactNode {
  const denominationOf = useDenomination()
  return (
    <div>
      <dt>in {denominationOf(props.sum.asset).symbol}</dt>
      <dd>
        <Amount units={props.sum.amount} asset={props.sum.asset} />
      </dd>
    </div>
  )
}

/** Beside the stream; where there is no room beside it, folded above, because the stream has no end to stand below. */
function Side(): ReactNode {
  const isWide = useMedia('(min-width: 1280px)')
  const parts = (
    <>
      <FlowColumns />
      <AgentList heading="Newest agents" id="agents" />
    </>
  )
  if (isWide) return <div className="live-side">{parts}</div>
  return (
    <details className="live-side">
      <summary>Who pays whom, and the newest agents</summary>
      {parts}
    </details>
  )
}
