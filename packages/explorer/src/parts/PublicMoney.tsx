// What an account has now. Balances are public, so that anybody may check a payee before paying.
import type { ReactNode } from 'react'
import { useLive, useQuery } from '../live.ts'
import { balance } from '../questions.ts'
import { Amount } from './Amount.tsx'

/** The balances of an account, asset by asset. */
export function PublicMoney(props: { readonly account: string }): ReactNode {
  const assets = useLive((view) => view.chain?.assets) ?? []
  return (
    <dl className="facts">
      {assets.map((asset) => (
        <Balance key={asset.address} account={props.account} asset={asset.address} symbol={asset.symbol} />
      ))}
    </dl>
  )
}

function Balance(props: { readonly account: string; readonly asset: string; readonly symbol: string }): ReactNode {
  const { account, asset } = props
  const answer = useQuery(balance, { account, asset }, (entry) => {
    return entry.kind === 'payment' && (entry.account === account || entry.payer === account || entry.payee === account)
  })
  if (answer.value === undefined) return null
  const { available, locked } = answer.value
  return (
    <div>
      <dt>Has in {props.symbol}</dt>
      <dd>
        <Amount units={available} asset={asset} />
        {locked === 0n ? null : (
          <span className="quiet">
            {' '}
            and <Amount units={locked} asset={asset} /> held
          </span>
        )}
      </dd>
    </div>
  )
}
