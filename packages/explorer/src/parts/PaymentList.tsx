// Payments and refunds of one account from history, newest first, the next page on demand.
import { useEffect, useState } from 'react'
import type { ReactNode } from 'react'
import { toLedgerError } from '../LedgerError.ts'
import type { LedgerError } from '../LedgerError.ts'
import { query, useQuery } from '../live.ts'
import { accountPayments } from '../questions.ts'
import type { Payment } from '../questions.ts'
import { Empty, Failure, Loading } from './Notice.tsx'
import { PaymentCells, paymentColumns } from './paymentCells.tsx'
import { Rows } from './Rows.tsx'

const PAGE_LENGTH = 200

type Older = { readonly payments: readonly Payment[]; readonly isComplete: boolean; readonly error?: LedgerError }

const noneOlder: Older = { payments: [], isComplete: false }

/** Newest and older records as one list; a record that both have stands once. */
function join(newest: readonly Payment[], older: readonly Payment[]): readonly Payment[] {
  const seen = new Set(newest.map((payment) => payment.operation))
  return [...newest, ...older.filter((payment) => !seen.has(payment.operation))]
}

/** The list of one account in one role. */
export function PaymentList(props: {
  readonly account: string
  readonly role: 'payer' | 'payee' | 'any'
  readonly label: string
  readonly empty: ReactNode
}): ReactNode {
  const { account, role } = props
  const newest = useQuery(accountPayments, { account, role, limit: PAGE_LENGTH }, (entry) => {
    return entry.kind === 'payment' && (entry.account === account || entry.payer === account || entry.payee === account)
  })
  const [older, setOlder] = useState<Older>(noneOlder)
  useEffect(() => setOlder(noneOlder), [account, role])
  const payments = join(newest.value ?? [], older.payments)

  async function loadOlder(): Promise<void> {
    const before = payments.at(-1)?.sequence
    if (before === undefined) return
    try {
      const more = await query(accountPayments, { account, role, limit: PAGE_LENGTH, before })
      setOlder((known) => ({ payments: join(known.payments, more), isComplete: more.length < PAGE_LENGTH }))
    } catch (cause) {
      setOlder((known) => ({ ...known, error: toLedgerError(cause) }))
    }
  }

  if (newest.error !== undefined && newest.value === undefined) return <Failure error={newest.error} />
  if (newest.value === undefined) return <Loading what="payments" />
  if (payments.length === 0) return <Empty>{props.empty}</Empty>
  const hasMore = newest.value.length >= PAGE_LENGTH && !older.isComplete
  return (
    <>
      <Rows
        label={props.label}
        className="payments"
        columns={paymentColumns}
        count={payments.length}
        keyOf={(index) => payments[index]?.operation ?? String(index)}
        render={({ index, tabIndex }) => {
          const payment = payments[index]
          if (payment === undefined) return null
          return <PaymentCells payment={payment} tabIndex={tabIndex} isRefund={payment.type === 'payments/refund'} />
        }}
      />
      {older.error === undefined ? null : <Failure error={older.error} />}
      {hasMore ? (
        <button type="button" className="more" onClick={() => void loadOlder()}>
          Show older payments
        </button>
      ) : null}
    </>
  )
}
