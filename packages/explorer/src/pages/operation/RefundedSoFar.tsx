// How much of a payment went back. The ledger does not sum refunds; history does (design: reservation and delivery).
import type { ReactNode } from 'react'
import { useQuery } from '../../live.ts'
import { Amount } from '../../parts/Amount.tsx'
import { OperationLink } from '../../parts/OperationLink.tsx'
import { accountPayments } from '../../questions.ts'
import type { Receipt, ReceiptPayment } from '../../receipt.ts'

const LIMIT = 200

/** The sum refunded, if anything was. */
export function RefundedSoFar(props: { readonly receipt: Receipt; readonly payment: ReceiptPayment }): ReactNode {
  const { payment } = props
  const { operation } = props.receipt
  const answer = useQuery(accountPayments, { account: payment.payee, role: 'payer', limit: LIMIT }, (entry) => {
    return entry.kind === 'payment' && entry.account === payment.payee
  })
  const refunds = (answer.value ?? []).filter(
    (record) => record.type.endsWith('/refund') && record.reference === operation && record.asset === payment.asset,
  )
  if (refunds.length === 0) return null
  const refunded = refunds.reduce((sum, refund) => sum + refund.amount, 0n)
  return (
    <p className="refunded">
      <strong>
        <Amount units={refunded} asset={payment.asset} />
      </strong>{' '}
      of <Amount units={payment.amount} asset={payment.asset} /> was refunded:{' '}
      {refunds.map((refund) => (
        <span key={refund.operation} className="refund-item">
          <OperationLink operation={refund.operation} />
        </span>
      ))}
    </p>
  )
}
