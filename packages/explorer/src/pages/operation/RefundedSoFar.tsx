// How much of a payment went back. The ledger does not sum refunds; history does (design: reservation and delivery).
import { useRef } from 'react'
import type { ReactNode } from 'react'
import { LedgerError } from '../../LedgerError.ts'
import { queryListing, useLoad } from '../../live.ts'
import { Amount } from '../../parts/Amount.tsx'
import { Failure } from '../../parts/Notice.tsx'
import { OperationLink } from '../../parts/OperationLink.tsx'
import { accountPayments, isRefund } from '../../questions.ts'
import type { Payment } from '../../questions.ts'
import type { Receipt, ReceiptPayment } from '../../receipt.ts'

const PAGE_LENGTH = 200
/** So many pages of what a payee paid are looked through for refunds. */
const PAGES_MAX = 100

/** What an account paid behind a sequence, newest first: a refund stands behind its payment. @throws LedgerError */
async function paidSince(account: string, sequence: number): Promise<readonly Payment[]> {
  const asked = { account, role: 'payer', limit: PAGE_LENGTH } as const
  const found: Payment[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const { entries, next } = await queryListing(accountPayments, { ...asked, cursor })
    const since = entries.filter((payment) => payment.sequence > sequence)
    found.push(...since)
    if (next === undefined || since.length < entries.length) return found
    cursor = next
  }
  throw new LedgerError({
    code: 'page/refunds_unknown',
    message: 'The payee has paid too often since for its refunds to be found here.',
    hint: 'They stand on the page of the seller, by time.',
    retry: 'never',
  })
}

/** The sum refunded, if anything was. */
export function RefundedSoFar(props: { readonly receipt: Receipt; readonly payment: ReceiptPayment }): ReactNode {
  const { payment } = props
  const { operation, sequence } = props.receipt
  const known = useRef<{ readonly upTo: number; readonly refunds: readonly Payment[] }>({ upTo: sequence, refunds: [] })
  const answer = useLoad(
    `refunds of ${operation}`,
    async () => {
      const { upTo, refunds } = known.current
      const since = await paidSince(payment.payee, upTo)
      const fresh = since.filter((each) => {
        return isRefund(each) && each.reference === operation && each.asset === payment.asset
      })
      known.current = { upTo: since[0]?.sequence ?? upTo, refunds: [...fresh, ...refunds] }
      return known.current.refunds
    },
    (entry) => entry.kind === 'payment' && entry.account === payment.payee,
  )
  const refunds = answer.value ?? []
  if (answer.error?.code === 'page/refunds_unknown') return <Failure error={answer.error} />
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
