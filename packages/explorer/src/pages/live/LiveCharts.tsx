// Throughput and latency of the last five minutes.
import { useMemo } from 'react'
import type { ReactNode } from 'react'
import { useLive, useOncePerSecond } from '../../live.ts'
import { formatClock } from '../../moment.ts'
import { Chart } from '../../parts/Chart.tsx'
import type { Series } from '../../parts/Chart.tsx'
import { chartPoints, quantile } from './rates.ts'

const PAYMENTS_AXIS_MIN = 5
const LATENCY_AXIS_MIN_MS = 10

const formatCount = (value: number): string => String(value)
const formatMs = (value: number): string => `${Math.round(value)} ms`

/** Both charts, moving on once a second. */
export function LiveCharts(): ReactNode {
  const seconds = useLive((view) => view.tally.seconds)
  const skewMs = useLive((view) => view.clockSkewMs)
  const held = useOncePerSecond(seconds)
  const points = useMemo(() => chartPoints(held.value, held.second * 1000), [held])
  const throughput = useMemo<readonly Series[]>(
    () => [
      { label: 'payments', colour: '--accent', kind: 'bars', values: points.payments },
      { label: 'refused', colour: '--refusal', kind: 'bars', values: points.refused },
    ],
    [points],
  )
  const latency = useMemo<readonly Series[]>(
    () => [
      { label: '95 %', colour: '--quiet', kind: 'line', values: points.slowMs },
      { label: 'half', colour: '--accent', kind: 'line', values: points.middleMs },
    ],
    [points],
  )
  const most = Math.max(...points.payments)
  const middleMs = quantile(
    points.middleMs.filter((value) => value !== null),
    0.5,
  )
  const correction = skewMs === undefined ? '' : ' (the two clocks differ; measured against the fastest)'
  return (
    <div className="charts">
      <Chart
        title="Payments a second"
        summary={`In the last five minutes at most ${most} payments in one second.`}
        times={points.times}
        series={throughput}
        formatValue={formatCount}
        formatTime={formatClock}
        valueMin={PAYMENTS_AXIS_MIN}
      />
      <Chart
        title={`Block to page, within${correction}`}
        summary={
          middleMs === undefined
            ? 'No block has arrived while this page was open.'
            : `Half of the blocks were here within ${formatMs(middleMs)}.`
        }
        times={points.times}
        series={latency}
        formatValue={formatMs}
        formatTime={formatClock}
        valueMin={LATENCY_AXIS_MIN_MS}
      />
    </div>
  )
}
