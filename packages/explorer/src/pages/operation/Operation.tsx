// The page of one operation: what happened, who signed, what the receipt says and what each of its fields means.
import type { ReactNode } from 'react'
import { useRead } from '../../live.ts'
import { shorten } from '../../names.ts'
import { Amount } from '../../parts/Amount.tsx'
import { FullId } from '../../parts/Copy.tsx'
import { Headline } from '../../parts/Headline.tsx'
import { Failure, Loading, Section } from '../../parts/Notice.tsx'
import { readReceipt, spellBytes, spellJson } from '../../receipt.ts'
import type { Receipt } from '../../receipt.ts'
import { AccountLabel } from '../../parts/AccountLink.tsx'
import { Fields } from './Fields.tsx'
import { RefundedSoFar } from './RefundedSoFar.tsx'
import { Story, titleOf } from './story.tsx'

/** The page. */
export function Operation(props: { readonly operation: string }): ReactNode {
  const { operation } = props
  const answer = useRead(`/receipts/${operation}`, readReceipt)
  const receipt = answer.value
  if (receipt === undefined) return <WithoutReceipt operation={operation} error={answer.error} />
  const { payment } = receipt
  return (
    <>
      <Headline
        title={`${titleOf(receipt)} ${shorten(operation)}`}
        heading={titleOf(receipt)}
        sentence={<Story receipt={receipt} />}
        number={payment && <Amount units={payment.amount} asset={payment.asset} />}
        numberLabel={receipt.code === 'ok' ? 'durable on the ledger' : receipt.code}
      />
      <FullId id={operation} what="the operation's id" />
      {payment === undefined ? null : <RefundedSoFar receipt={receipt} payment={payment} />}
      <Fields receipt={receipt} />
      <Signers signers={receipt.signers} />
      <Raw receipt={receipt} />
    </>
  )
}

function WithoutReceipt(props: {
  readonly operation: string
  readonly error: ReturnType<typeof useRead>['error']
}): ReactNode {
  const { operation, error } = props
  const isUnreachable = error?.code === 'page/unreachable'
  const isUnknown = error !== undefined && !isUnreachable
  return (
    <>
      <Headline
        title={`Operation ${shorten(operation)}`}
        heading="Operation"
        sentence={isUnknown ? 'This ledger has no receipt of that operation.' : 'Reading the receipt\u2026'}
      />
      <FullId id={operation} what="the operation's id" />
      {error === undefined ? <Loading what="the receipt" /> : <Failure error={error} />}
      {isUnknown ? (
        <p className="quiet">
          Why it was refused stands on the page of the agent that signed it. Also possible: a digit is missing, or the
          operation belongs to another chain.
        </p>
      ) : null}
    </>
  )
}

function Signers(props: { readonly signers: readonly string[] }): ReactNode {
  if (props.signers.length === 0) return null
  return (
    <Section heading="Signed by" id="signers">
      <ul className="plain-list signers">
        {props.signers.map((signer) => (
          <li key={signer}>
            <AccountLabel address={signer} />
            <FullId id={signer} what="the signer's address" />
          </li>
        ))}
      </ul>
      <p className="quiet">The node checked each signature before it ordered the operation, and keeps it in its log.</p>
    </Section>
  )
}

function Raw(props: { readonly receipt: Receipt }): ReactNode {
  const { receipt } = props
  return (
    <Section heading="Raw" id="raw">
      <details>
        <summary>What was signed, as JSON</summary>
        <Lines label="What was signed" text={spellJson(receipt.message)} />
      </details>
      <details>
        <summary>Events, as JSON</summary>
        <Lines label="Events" text={spellJson(receipt.events)} />
      </details>
      {receipt.leaf === '' ? null : (
        <details>
          <summary>The receipt&rsquo;s {(receipt.leaf.length - 2) / 2} bytes</summary>
          <Lines label="Bytes of the receipt" text={spellBytes(receipt.leaf).join('\n')} />
          <FullId id={receipt.leaf} what="the bytes of the receipt" />
        </details>
      )}
    </Section>
  )
}

/** Lines too long for a narrow window; they can take the focus, so that the keyboard scrolls them. */
function Lines(props: { readonly label: string; readonly text: string }): ReactNode {
  return (
    <pre tabIndex={0} role="group" aria-label={props.label}>
      {props.text}
    </pre>
  )
}
