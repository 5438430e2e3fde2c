// What an operation did, in one sentence.
import type { ReactNode } from 'react'
import { AccountLink } from '../../parts/AccountLink.tsx'
import { Amount } from '../../parts/Amount.tsx'
import { findAgent } from '../../receipt.ts'
import type { Receipt } from '../../receipt.ts'

/** A payment's verb, and what stands before the other side. */
type Verb = { readonly does: string; readonly to: string; readonly title: string }

const pays: Verb = { does: 'paid', to: 'to', title: 'Payment' }

const verbs: Readonly<Record<string, Verb>> = {
  charge: pays,
  transferwithauthorization: pays,
  transfer: { does: 'sent', to: 'to', title: 'Transfer' },
  refund: { does: 'refunded', to: 'to', title: 'Refund' },
  hold: { does: 'set aside', to: 'for', title: 'Hold' },
  sweep: { does: 'gave back', to: 'to', title: 'Sweep' },
  drip: { does: 'issued', to: 'to', title: 'Faucet' },
}

/** What an owner did; `before` and `after` stand around the agent. */
type Act = { readonly title: string; readonly before: string; readonly after: string }

const deeds: Readonly<Record<string, Act>> = {
  createagent: { title: 'New agent', before: 'An owner made', after: ' and gave it a policy.' },
  freeze: { title: 'Freeze', before: 'An owner froze', after: ': nothing new leaves its account.' },
  unfreeze: { title: 'Unfreeze', before: 'An owner let', after: ' pay again.' },
  tightenpolicy: { title: 'Tighter policy', before: 'An owner tightened the policy of', after: ', at once.' },
  proposepolicy: { title: 'Proposed policy', before: 'An owner proposed another policy for', after: '.' },
}

function nameOf(type: string): string {
  return type
    .slice(type.lastIndexOf('/') + 1)
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase()
}

/** What kind of operation it is, in a word or two. */
export function titleOf(receipt: Receipt): string {
  const name = nameOf(receipt.type)
  if (name === 'cancelauthorization') return 'Cancelled authorization'
  return verbs[name]?.title ?? deeds[name]?.title ?? (receipt.payment === undefined ? 'Operation' : pays.title)
}

/** An act without money, with the agent that it is about. */
function Deed(props: { readonly receipt: Receipt }): ReactNode {
  const name = nameOf(props.receipt.type)
  const [deed, agent] = [deeds[name], findAgent(props.receipt)]
  if (name === 'cancelauthorization') return 'A payer cancelled an authorization for good.'
  if (deed === undefined) return 'It changed the ledger and moved no money.'
  return (
    <>
      {deed.before} {agent === undefined ? 'an agent' : <AccountLink address={agent} page="agent" />}
      {deed.after}
    </>
  )
}

/** The sentence. */
export function Story(props: { readonly receipt: Receipt }): ReactNode {
  const { receipt } = props
  const { payment, code } = receipt
  if (code !== 'ok') {
    return (
      <>
        It was committed with the outcome <code>{code}</code> and moved no money.
      </>
    )
  }
  const name = nameOf(receipt.type)
  if (payment === undefined) return <Deed receipt={receipt} />
  const { does, to } = verbs[name] ?? pays
  const isBack = name === 'refund'
  return (
    <>
      <AccountLink address={payment.account} page={isBack ? 'seller' : 'agent'} /> {does}{' '}
      <strong>
        <Amount units={payment.amount} asset={payment.asset} />
      </strong>{' '}
      {to} <AccountLink address={payment.payee} page={isBack ? 'agent' : 'seller'} />
      {payment.toll === 0n ? (
        '.'
      ) : (
        <>
          , of which <Amount units={payment.toll} asset={payment.asset} /> was the toll.
        </>
      )}
    </>
  )
}
