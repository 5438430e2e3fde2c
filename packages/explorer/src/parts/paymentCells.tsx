// The cells of one payment, the same in the live list and in every list from history.
import type { ReactNode } from 'react'
import { AccountLink } from './AccountLink.tsx'
import { Amount } from './Amount.tsx'
import { Moment } from './Moment.tsx'
import { OperationLink } from './OperationLink.tsx'
import type { Column } from './Rows.tsx'

/** The headings over these cells. */
export const paymentColumns: readonly Column[] = [
  { label: 'Time', className: 'cell-time' },
  { label: 'Payer', className: 'cell-payer' },
  { label: 'Payee', className: 'cell-payee' },
  { label: 'Amount', className: 'cell-amount' },
  { label: 'Toll', className: 'cell-toll' },
  { label: 'Operation', className: 'cell-operation' },
]

const FRACTION_DIGITS = 6

/** A payment or refund as a row. */
export function PaymentCells(props: {
  readonly payment: {
    readonly operation: string
    readonly timeMs: number
    readonly account: string
    readonly payee: string
    readonly asset: string
    readonly amount: bigint
    readonly toll: bigint
  }
  readonly tabIndex: number
  readonly isRefund?: boolean
}): ReactNode {
  const { payment, tabIndex } = props
  const isRefund = props.isRefund === true
  return (
    <>
      <span role="cell" className="cell-time">
        <OperationLink operation={payment.operation} tabIndex={tabIndex} isMain>
          <Moment timeMs={payment.timeMs} />
        </OperationLink>
      </span>
      <span role="cell" className="cell-payer">
        <AccountLink address={payment.account} page={isRefund ? 'seller' : 'agent'} tabIndex={tabIndex} />
      </span>
      <span role="cell" className="cell-payee">
        <AccountLink address={payment.payee} page={isRefund ? 'agent' : 'seller'} tabIndex={tabIndex} />
      </span>
      <span role="cell" className="cell-amount">
        {isRefund ? <span className="badge">refund</span> : null}
        <Amount units={payment.amount} asset={payment.asset} fractionDigits={FRACTION_DIGITS} />
      </span>
      <span role="cell" className="cell-toll quiet">
        <Amount units={payment.toll} asset={payment.asset} fractionDigits={FRACTION_DIGITS} />
      </span>
      <span role="cell" className="cell-operation">
        <OperationLink operation={payment.operation} tabIndex={tabIndex} />
      </span>
    </>
  )
}
