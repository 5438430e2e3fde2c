// The own ledger as a rail: which schemes it offers, and what became of a payment.
import { findNonce, paramsOf } from '@turnpike/chain'
import { cancelAuthorization } from '@turnpike/chain/wire/payments'
import type { Ledger } from '../../ledger/ledger.ts'
import type { OutcomeQuestion, PaymentOutcome, Rail } from '../Rail.ts'
import { createExact } from './exact.ts'

export type TurnpikeRailOptions = {
  readonly ledger: Ledger
  readonly random: (length: number) => Uint8Array
}

/** Puts the own ledger behind the face that the facilitator knows. */
export function createTurnpikeRail({ ledger, random }: TurnpikeRailOptions): Rail {
  const network = `eip155:${ledger.chainId}`
  const exact = createExact({ ledger, network, random })
  return {
    network,
    supported: () => ({ kinds: [{ x402Version: 2, scheme: 'exact', network }], extensions: ['payment-identifier'] }),
    verify: exact.verify,
    settle: exact.settle,
    outcome: (question) => outcomeOf(ledger, question),
  }
}

async function outcomeOf(
  ledger: Ledger,
  { asset, payer, nonce, validBefore }: OutcomeQuestion,
): Promise<PaymentOutcome> {
  // Of before the look: what is over then can't happen while history is asked.
  const { time } = ledger.status()
  const row = findNonce(ledger.view(), { address: payer, asset, nonce })
  if (row !== undefined && row.state !== 'open') {
    const operation = row.op
    await ledger.durable() // Before it, neither history nor memory has the receipt of the block in flight.
    const receipt = row.state === 'held' ? undefined : await ledger.receiptOf(operation)
    return { status: row.state, operation, ...(receipt && { receipt }) }
  }
  const { receipt } = await ledger.payment({ asset, payer, nonce })
  if (receipt !== undefined) {
    const { op: operation, type } = receipt.receipt
    return { status: type === cancelAuthorization.number ? 'cancelled' : 'settled', operation, receipt }
  }
  // Of after the look: what was dropped meanwhile may be what was looked for.
  const { begin } = ledger.status().history
  // It could only have happened within the longest lifetime before its end; and no later block will be earlier.
  const earliest = (validBefore ?? 0) - Number(paramsOf(ledger.app, ledger.view())['authLifetimeMaxMs'])
  const isKept = begin === undefined || begin.time < earliest
  const never = row === undefined && validBefore !== undefined && validBefore < time && isKept
  return { status: never ? 'expired' : 'unknown' }
}
