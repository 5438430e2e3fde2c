// One cap of a policy as a bar: used, held, what remains, and when room comes back.
import type { ReactNode } from 'react'
import type { Cap } from '../agentState.ts'
import { useCapDenomination } from '../live.ts'
import { formatDuration, formatMoment } from '../moment.ts'
import { formatAmount, thousandths } from '../money.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

function nameOf(cap: Cap): string {
  if (cap.kind === 'payment') return 'Each payment'
  if (cap.kind === 'lifetime') return 'In its life'
  if (cap.windowMs === MINUTE_MS) return 'Any minute'
  if (cap.windowMs === HOUR_MS) return 'Any hour'
  if (cap.windowMs === DAY_MS) return 'Any 24 hours'
  return cap.windowMs === undefined ? 'Limit' : `Any ${formatDuration(cap.windowMs)}`
}

function roomOf(cap: Cap, nowMs: number): string {
  if (cap.kind === 'payment') return 'at most, one by one'
  if (cap.kind === 'lifetime') return 'never resets'
  const say = (timeMs: number): string =>
    timeMs <= nowMs ? 'now' : `at ${formatMoment(timeMs, nowMs)}, in ${formatDuration(timeMs - nowMs)}`
  if (cap.resetsAtMs !== undefined) return `room again ${say(cap.resetsAtMs)}`
  return cap.emptyAtMs === undefined ? 'nothing to reset' : `resets ${say(cap.emptyAtMs)}`
}

/** One cap. Colour follows what is left: calm, then amber from four fifths on, then the refusal colour when used up. */
export function LimitBar(props: { readonly cap: Cap; readonly nowMs: number }): ReactNode {
  const { cap, nowMs } = props
  const denomination = useCapDenomination(cap.denom)
  const say = (value: bigint): string =>
    cap.counts === 'payments' ? `${value} payment${value === 1n ? '' : 's'}` : formatAmount(value, denomination)
  const used = thousandths(cap.used, cap.max)
  const held = Math.min(1000 - used, thousandths(cap.held, cap.max))
  const isPerPayment = cap.kind === 'payment'
  const state = isPerPayment ? 'plain' : cap.remaining <= 0n ? 'spent' : used + held >= 800 ? 'near' : 'calm'
  const heldWords = cap.held > 0n ? ` + ${say(cap.held)} held` : ''
  const usedWords = isPerPayment ? `up to ${say(cap.max)}` : `${say(cap.used)}${heldWords} of ${say(cap.max)}`
  return (
    <li className={`limit limit-${state}`}>
      <div className="limit-words">
        <span className="limit-name">
          {nameOf(cap)} <code className="quiet">{cap.id}</code>
        </span>
        <span className="limit-left">{isPerPayment ? say(cap.max) : `${say(cap.remaining)} left`}</span>
      </div>
      {isPerPayment ? null : (
        <div
          className="bar"
          role="meter"
          aria-label={`Limit ${cap.id}`}
          aria-valuemin={0}
          aria-valuemax={1000}
          aria-valuenow={used + held}
          aria-valuetext={`${usedWords}, ${say(cap.remaining)} left`}
        >
          <span className="bar-used" style={{ width: `${used / 10}%` }} />
          {held === 0 ? null : <span className="bar-held" style={{ width: `${held / 10}%` }} />}
        </div>
      )}
      <div className="limit-words quiet">
        <span>{usedWords}</span>
        <span>{roomOf(cap, nowMs)}</span>
      </div>
    </li>
  )
}
