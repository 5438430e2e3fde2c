// One amount of money: exact, tabular, base units on hover, aligned at the point where columns need it.
import type { ReactNode } from 'react'
import { useDenomination } from '../live.ts'
import { splitAmount } from '../money.ts'
import type { Denomination } from '../money.ts'

/** An amount of an asset, or of `denomination` where it is no asset's. */
export function Amount(props: {
  readonly units: bigint
  readonly asset?: string
  readonly denomination?: Denomination
  /** Keeps room for this many digits behind the point, so that amounts below each other align. */
  readonly fractionDigits?: number
}): ReactNode {
  const denominationOf = useDenomination()
  const denomination = props.denomination ?? denominationOf(props.asset ?? '')
  const { whole, fraction, unit } = splitAmount(props.units, denomination)
  const base = `${props.units} base units${denomination.isDollar ? ` of ${denomination.symbol}` : ''}`
  const width = props.fractionDigits === undefined ? undefined : { minWidth: `${props.fractionDigits + 0.6}ch` }
  return (
    <span className="amount" title={base}>
      {whole}
      <span className="fraction" style={width}>
        {fraction}
      </span>
      {unit}
    </span>
  )
}
