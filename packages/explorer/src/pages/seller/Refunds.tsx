// What went back to buyers, and for which payment.
import type { ReactNode } from 'react'
import { AccountLink } from '../../parts/AccountLink.tsx'
import { Amount } from '../../parts/Amount.tsx'
import { Moment } from '../../parts/Moment.tsx'
import { Empty, Section } from '../../parts/Notice.tsx'
import { OperationLink } from '../../parts/OperationLink.tsx'
import type { Payment } from '../../questions.ts'

/** The section of refunds. */
export function Refunds(props: { readonly refunds: readonly Payment[] }): ReactNode {
  return (
    <Section heading="Refunds" id="refunds">
      {props.refunds.length === 0 ? (
        <Empty>Nothing was refunded.</Empty>
      ) : (
        <ul className="plain-list">
          {props.refunds.map((refund) => (
            <li key={refund.operation}>
              <span>
                <OperationLink operation={refund.operation}>
                  <Moment timeMs={refund.timeMs} />
                </OperationLink>{' '}
                to <AccountLink address={refund.payee} page="agent" />
                {refund.reference === undefined ? null : (
                  <>
                    {' '}
                    for <OperationLink operation={refund.reference} />
                  </>
                )}
              </span>
              <Amount units={refund.amount} asset={refund.asset} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
