// Every field of a receipt with what it means.
import type { ReactNode } from 'react'
import { useDenomination } from '../../live.ts'
import { formatExactMoment } from '../../moment.ts'
import { AccountLink } from '../../parts/AccountLink.tsx'
import { Amount } from '../../parts/Amount.tsx'
import { FullId } from '../../parts/Copy.tsx'
import { Moment } from '../../parts/Moment.tsx'
import { Section } from '../../parts/Notice.tsx'
import { OperationLink } from '../../parts/OperationLink.tsx'
import { findAgent } from '../../receipt.ts'
import type { Moved } from '../../moved.ts'
import type { Receipt } from '../../receipt.ts'

type Row = { readonly name: string; readonly value: ReactNode; readonly means: string }

/** The section of the receipt. */
export function Fields(props: { readonly receipt: Receipt }): ReactNode {
  const { receipt } = props
  const denominationOf = useDenomination()
  const { payment } = receipt
  const rows = [
    ...rowsOfReceipt(receipt),
    ...(payment === undefined ? [] : rowsOfPayment(payment, denominationOf(payment.asset).symbol)),
  ]
  return (
    <Section heading="Receipt" id="receipt">
      <dl className="fields">
        {rows.map(({ name, value, means }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <span className="field-value">{value}</span>
              <span className="quiet">{means}</span>
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}

function rowsOfReceipt(receipt: Receipt): readonly Row[] {
  const { policyVersion, reference } = receipt
  return [
    { name: 'Type', value: <code>{receipt.type}</code>, means: 'Which message was carried out.' },
    { name: 'Outcome', value: <code>{receipt.code}</code>, means: 'ok, or the code of what was committed instead.' },
    {
      name: 'Time',
      value: (
        <>
          <Moment timeMs={receipt.timeMs} /> <code className="quiet">{formatExactMoment(receipt.timeMs)}</code>
        </>
      ),
      means: 'The time of the block. It never runs backwards.',
    },
    { name: 'Block', value: receipt.height.toLocaleString('en-US'), means: 'The height at which it became durable.' },
    {
      name: 'Sequence',
      value: receipt.sequence.toLocaleString('en-US'),
      means: 'Its place in the append-only list of all receipts.',
    },
    ...(policyVersion === 0
      ? []
      : [{ name: 'Policy version', value: policyVersion, means: 'The version of the policy that judged it.' }]),
    ...(reference === undefined ? [] : [referenceRow(receipt, reference)]),
  ]
}

function referenceRow(receipt: Receipt, reference: string): Row {
  if (receipt.type.endsWith('/refund')) {
    return { name: 'Refund of', value: <OperationLink operation={reference} />, means: 'The payment it gives back.' }
  }
  const agent = findAgent(receipt)
  if (agent !== undefined) {
    return { name: 'Agent', value: <AccountLink address={agent} page="agent" />, means: 'The agent that it is about.' }
  }
  return {
    name: 'Reference',
    value: <FullId id={reference} what="the reference" />,
    means: 'Set by who signed: an order, an invoice, a cancelled nonce.',
  }
}

function rowsOfPayment(payment: Moved, symbol: string): readonly Row[] {
  const isOtherKey = payment.account !== payment.payer
  return [
    {
      name: 'Amount',
      value: <Amount units={payment.amount} asset={payment.asset} />,
      means: `${payment.amount} base units of ${symbol}.`,
    },
    {
      name: 'Toll',
      value: <Amount units={payment.toll} asset={payment.asset} />,
      means: `${payment.toll} base units, taken from the payee\u2019s side. Fractions are carried, never rounded up.`,
    },
    {
      name: 'Received',
      value: <Amount units={payment.amount - payment.toll} asset={payment.asset} />,
      means: 'What the payee got.',
    },
    { name: 'Payer', value: <FullId id={payment.payer} what="the payer" />, means: 'The address as it was signed.' },
    ...(isOtherKey
      ? [
          {
            name: 'Account',
            value: <AccountLink address={payment.account} page="agent" />,
            means: 'The account that this address belongs to, and that paid.',
          },
        ]
      : []),
    { name: 'Payee', value: <FullId id={payment.payee} what="the payee" />, means: 'The address as it was signed.' },
    { name: 'Asset', value: <FullId id={payment.asset} what="the asset" />, means: `${symbol} on this chain.` },
  ]
}
