// What an operation did, in one sentence.
import type { ReactNode } from 'react'
import { AccountLink } from '../../parts/AccountLink.tsx'
import { Amount } from '../../parts/Amount.tsx'
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

const deeds: Readonly<Record<string, { readonly title: string; readonly sentence: string }>> = {
  createagent: { title: 'New agent', sentence: 'An owner made an agent and gave it a policy.' },
  freeze: { title: 'Freeze', sentence: 'An owner froze an agent: nothing new leaves its account.' },
  unfreeze: { title: 'Unfreeze', sentence: 'An owner let a frozen agent pay again.' },
  tightenpolicy: { title: 'Tighter policy', sentence: 'An owner tightened the policy of an agent, at once.' },
  proposepolicy: { title: 'Proposed policy', sentence: 'An owner proposed a wider policy for an agent.' },
  cancelauthorization: { title: 'Cancelled authorization', sentence: 'A payer cancelled an authorization for good.' },
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
  return verbs[name]?.title ?? deeds[name]?.title ?? (receipt.payment === undefined ? 'Operation' : pays.title)
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
  if (payment === undefined) return deeds[name]?.sentence ?? 'It changed the ledger and moved no money.'
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
