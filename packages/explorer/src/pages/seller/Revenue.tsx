// Revenue and toll of a seller over time, as pictures and as a table.
import { useMemo, useState } from 'react'
import type { ReactNode } from 'react'
import { useDenomination, useNow } from '../../live.ts'
import { formatClock, formatDay } from '../../moment.ts'
import { capDollars, formatAmount } from '../../money.ts'
import { Amount } from '../../parts/Amount.tsx'
import { Chart } from '../../parts/Chart.tsx'
import type { Series } from '../../parts/Chart.tsx'
import { Section } from '../../parts/Notice.tsx'
import type { SellerBooks } from '../../questions.ts'
import { dollarPeriods } from './periods.ts'
import type { DollarPeriod, Grain } from './periods.ts'

const AXIS_MIN = 100 // a hundredth of a cent

const formatUnits = (value: number): string => formatAmount(BigInt(Math.round(value)), capDollars)

function labelOf(grain: Grain): (timeMs: number) => string {
  return (timeMs) => {
    const day = formatDay(timeMs, Date.now())
    return grain === 'days' ? day : `${day} ${formatClock(timeMs).slice(0, 5)}`
  }
}

/** The section of revenue. */
export function Revenue(props: { readonly books: SellerBooks }): ReactNode {
  const [grain, setGrain] = useState<Grain>('hours')
  const denominationOf = useDenomination()
  const minute = Math.floor(useNow(10_000) / 60_000)
  const periods = useMemo(
    () => dollarPeriods(props.books[grain], { grain, nowMs: minute * 60_000, denominationOf }),
    [props.books, grain, minute, denominationOf],
  )
  const aside = (
    <span className="choice" role="group" aria-label="Period">
      {(['hours', 'days'] as const).map((name) => (
        <button type="button" className="small" key={name} aria-pressed={grain === name} onClick={() => setGrain(name)}>
          {name === 'hours' ? '48 hours' : '30 days'}
        </button>
      ))}
    </span>
  )
  return (
    <Section heading="Revenue and toll" id="revenue" aside={aside}>
      <div className="charts">
        <PeriodChart title="Revenue" part="revenue" periods={periods} grain={grain} />
        <PeriodChart title="Toll" part="toll" periods={periods} grain={grain} />
      </div>
      <PeriodTable periods={periods} grain={grain} />
    </Section>
  )
}

function PeriodChart(props: {
  readonly title: string
  readonly part: 'revenue' | 'toll'
  readonly periods: readonly DollarPeriod[]
  readonly grain: Grain
}): ReactNode {
  const { periods, part, grain, title } = props
  const times = useMemo(() => periods.map(({ startMs }) => startMs / 1000), [periods])
  const series = useMemo<readonly Series[]>(() => {
    const values = periods.map((period) => Number(period[part]))
    return [{ label: part, colour: part === 'toll' ? '--quiet' : '--accent', kind: 'bars', values }]
  }, [periods, part])
  const total = periods.reduce((sum, period) => sum + period[part], 0n)
  const span = grain === 'hours' ? '48 hours' : '30 days'
  return (
    <Chart
      key={grain}
      title={`${title} by ${grain === 'hours' ? 'hour' : 'day'}`}
      summary={`${title} in the last ${span}: ${formatAmount(total, capDollars)}. The table below has every period.`}
      times={times}
      series={series}
      formatValue={formatUnits}
      formatTime={labelOf(grain)}
      valueMin={AXIS_MIN}
    />
  )
}

function PeriodTable(props: { readonly periods: readonly DollarPeriod[]; readonly grain: Grain }): ReactNode {
  const label = labelOf(props.grain)
  const rows = props.periods.filter(({ payments }) => payments > 0).toReversed()
  return (
    <details>
      <summary>As a table</summary>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Payments</th>
            <th scope="col">Revenue</th>
            <th scope="col">Toll</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.startMs}>
              <th scope="row">{label(row.startMs)}</th>
              <td>{row.payments.toLocaleString('en-US')}</td>
              <td>
                <Amount units={row.revenue} denomination={capDollars} fractionDigits={6} />
              </td>
              <td>
                <Amount units={row.toll} denomination={capDollars} fractionDigits={6} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
