// What became of a payment whose answer was lost or cannot be believed: the ledger is asked, by what only the payer knows of it.
import { getPayment, type PaymentOutcome } from '../actions/getPayment.ts'
import type { Client } from '../client.ts'
import { LedgerError, ownError } from '../errors.ts'
import type { Credential } from './credential.ts'
import { untilAborted } from './send.ts'

/** A look-up waits no longer than this, in ms, and is made twice. */
const lookUpMs = 5_000
const lookUpsMax = 2

/** What a payment is known by, for whoever has to ask again later. */
export function keyOf({ payer, asset, nonce, validBefore, payee, amount, operation }: Credential): {
  readonly [name: string]: unknown
} {
  return { payer, asset: asset.address, nonce, validBefore, payee, amount, operation }
}

/** Nobody knows whether it was paid. */
export function outcomeUnknown(credential: Credential, cause?: unknown): LedgerError {
  const { amount, asset, payee, validBefore } = credential
  const message = `It is not known whether ${amount} base units of ${asset.symbol} were paid to ${payee}; they may be until ${validBefore} s.`
  return ownError('outcome_unknown', message, { values: keyOf(credential), ...(cause !== undefined && { cause }) })
}

/**
 * Whether an outcome can be that of what was signed here. What is called expired before its end could still be paid, so that nothing new
 * may be signed in its place (T70).
 */
function isOurs({ status, receipt }: PaymentOutcome, signed: readonly Credential[]): boolean {
  if (status === 'expired') return signed.every(({ validBefore }) => validBefore <= Date.now() / 1_000)
  if (status !== 'settled') return true
  const paid = receipt?.payment
  return (
    paid !== undefined &&
    signed.some(({ payer, payee, asset, amount }) => {
      const isParty = paid.payer === payer && paid.payee === payee
      return isParty && paid.asset === asset.address && paid.amount === amount
    })
  )
}

/**
 * The outcome of what was signed under one nonce.
 *
 * @throws LedgerError `sdk/outcome_unknown` when the ledger does not answer, or answers of another payment
 */
export async function lookUp(client: Client, signed: readonly Credential[]): Promise<PaymentOutcome> {
  const credential = signed.at(-1)!
  const { payer, nonce, asset, validBefore } = credential
  for (let attempt = 1; ; attempt++) {
    try {
      const asked = getPayment(client, { payer, nonce, asset: asset.address, validBefore })
      const outcome = await untilAborted(asked, AbortSignal.timeout(lookUpMs))
      if (isOurs(outcome, signed)) return outcome
      throw ownError('malformed_answer', 'The node tells of what cannot have become of this payment.')
    } catch (error) {
      const canRepeat = !(error instanceof LedgerError) || error.retry === 'later'
      if (attempt === lookUpsMax || !canRepeat) throw outcomeUnknown(credential, error)
    }
  }
}
