// What an account has, asset by asset.
import type { ReactNode } from 'react'
import type { AgentState } from '../../agentState.ts'
import { useDenomination } from '../../live.ts'
import { Amount } from '../../parts/Amount.tsx'
import { Empty, Section } from '../../parts/Notice.tsx'

/** Available and held money. */
export function Balances(props: { readonly balances: AgentState['balances'] }): ReactNode {
  const denominationOf = useDenomination()
  return (
    <Section heading="Money" id="money">
      {props.balances.length === 0 ? (
        <Empty>It has no money. Fund it before it pays.</Empty>
      ) : (
        <dl className="money">
          {props.balances.map((balance) => (
            <div key={balance.asset}>
              <dt title={balance.asset}>{denominationOf(balance.asset).symbol}</dt>
              <dd>
                <Amount units={balance.available} asset={balance.asset} />
                {balance.held === 0n ? null : (
                  <span className="quiet">
                    {' '}
                    and <Amount units={balance.held} asset={balance.asset} /> held
                  </span>
                )}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Section>
  )
}
