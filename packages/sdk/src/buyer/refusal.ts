// Why the ledger does not make a payment: asked of the ledger as the payer's own question. What the seller says of it is not read.
import { checkPayment } from '../actions/checkPayment.ts'
import type { Account } from '../account.ts'
import type { Client } from '../client.ts'
import { PaymentRefused } from '../errors.ts'
import { keyOf } from './outcome.ts'
import type { Credential } from './credential.ts'

/**
 * The refusal that a payment would meet now; undefined when the ledger would make it.
 *
 * @throws LedgerError when the ledger does not answer
 */
export async function findRefusal(
  client: Client,
  { credential, signer }: { readonly credential: Credential; readonly signer: Account },
): Promise<PaymentRefused | undefined> {
  const { payee, amount, asset, payer } = credential
  const check = await checkPayment(client, { account: payer, payee, amount, asset: asset.address, signer })
  if (check.decision === 'allow') return undefined
  const { code, message, hint, retry, capId, resetsAtMs } = check
  const remaining = check.remaining.find((cap) => cap.capId === capId)?.units
  const resetsAt = resetsAtMs === undefined ? undefined : new Date(resetsAtMs)
  return new PaymentRefused({
    code,
    // Both sentences are the ledger's, made from the values beside them.
    message: `Refused by the ledger: ${message}`,
    hint,
    retry,
    capId,
    remaining,
    resetsAt,
    values: { ...keyOf(credential), capId, remaining, resetsAt: resetsAtMs },
  })
}
