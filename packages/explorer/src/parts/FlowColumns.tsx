// Who pays whom: two columns of accounts with bars, and lines between them as thick as the money.
import { useMemo, useState } from 'react'
import type { ReactNode } from 'react'
import { sumFlows } from '../flows.ts'
import type { Flows, FlowSide } from '../flows.ts'
import { useLive, useOncePerSecond } from '../live.ts'
import { fineDollars, thousandths } from '../money.ts'
import type { Entry } from '../tally.ts'
import { AccountLink } from './AccountLink.tsx'
import { Amount } from './Amount.tsx'
import { Section } from './Notice.tsx'

const ROWS_MAX = 6
const ROW_HEIGHT_PX = 48
const LINKS_WIDTH = 100
const STROKE_MAX_PX = 14

/** Recounts once a second, not with every picture. */
function useFlows(entries: readonly Entry[]): Flows {
  const assets = useLive((view) => view.chain?.assets)
  const held = useOncePerSecond(entries).value
  return useMemo(() => sumFlows(held, { assets: assets ?? [], rows: ROWS_MAX }), [held, assets])
}

/** Both columns. */
export function FlowColumns(): ReactNode {
  const { entries } = useLive((view) => view.tally)
  const flows = useFlows(entries)
  const [lit, setLit] = useState<string | undefined>()
  if (flows.payments === 0) return null
  const aside = <span className="quiet">last {flows.payments.toLocaleString('en-US')} payments</span>
  return (
    <Section heading="Who pays whom" id="flows" aside={aside}>
      <div className="flows" onPointerLeave={() => setLit(undefined)}>
        <Side label="Payers" sides={flows.payers} page="agent" onLight={setLit} />
        <Links flows={flows} lit={lit} />
        <Side label="Payees" sides={flows.payees} page="seller" onLight={setLit} />
      </div>
    </Section>
  )
}

function Side(props: {
  readonly label: string
  readonly sides: readonly FlowSide[]
  readonly page: 'agent' | 'seller'
  readonly onLight: (address: string | undefined) => void
}): ReactNode {
  const largest = props.sides[0]?.worth ?? 0n
  return (
    <ul className={`flow-side flow-${props.page}`} aria-label={props.label}>
      {props.sides.map((side) => (
        <li
          key={side.address}
          onPointerEnter={() => props.onLight(side.address)}
          onFocus={() => props.onLight(side.address)}
          onBlur={() => props.onLight(undefined)}
        >
          <AccountLink address={side.address} page={props.page} />
          <span className="flow-worth">
            <Amount units={side.worth} denomination={fineDollars} />
          </span>
          <span className="bar" aria-hidden="true">
            <span className="bar-used" style={{ width: `${thousandths(side.worth, largest) / 10}%` }} />
          </span>
        </li>
      ))}
    </ul>
  )
}

function Links(props: { readonly flows: Flows; readonly lit: string | undefined }): ReactNode {
  const { payers, payees, flows } = props.flows
  const largest = flows.reduce((most, flow) => (flow.worth > most ? flow.worth : most), 0n)
  const height = Math.max(payers.length, payees.length) * ROW_HEIGHT_PX
  const middle = (sides: readonly FlowSide[], address: string): number =>
    (sides.findIndex((side) => side.address === address) + 0.5) * ROW_HEIGHT_PX
  return (
    <svg
      className="flow-links"
      viewBox={`0 0 ${LINKS_WIDTH} ${height}`}
      style={{ height }}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {flows.map((flow) => {
        const from = middle(payers, flow.payer)
        const to = middle(payees, flow.payee)
        const isLit = props.lit === flow.payer || props.lit === flow.payee
        const width = Math.max(1, (thousandths(flow.worth, largest) * STROKE_MAX_PX) / 1000)
        const half = LINKS_WIDTH / 2
        return (
          <path
            key={`${flow.payer} ${flow.payee}`}
            className={isLit ? 'lit' : undefined}
            d={`M0 ${from} C${half} ${from} ${half} ${to} ${LINKS_WIDTH} ${to}`}
            strokeWidth={width}
          />
        )
      })}
    </svg>
  )
}
