// Money back from payee to payer, naming the payment. It credits the payer's balance and never a cap.
import type { Caller, Context } from '../../kernel/context.ts'
import type { Message } from '../../wire/message.ts'
import type { Outcome } from '../../wire/receipt.ts'
import { resolve } from '../accounts/index.ts'
import { spend } from '../policy/index.ts'
import type * as wire from './wire.ts'

/** A toll-free transfer from the caller to the payer of an earlier payment; whether that was paid is looked up by edges (decisions 9). */
export function refund(context: Context, message: Message<typeof wire.refund>, caller: Caller): Outcome {
  const { account, key } = caller!
  const { asset, amount, validBefore } = message
  const signed = { from: message.account, to: message.payer }
  const payee = resolve(context, message.payer)
  const { policyVersion } = spend(
    context,
    { account, key, scheme: 'transfer', family: 'native', asset, amount, payee, signed, validAfter: 0, validBefore },
    undefined,
  )
  return {
    kind: 'refund',
    payment: { payer: message.account, account, payee: message.payer, asset, amount, toll: 0n },
    policyVersion,
    reference: message.payment,
  }
}
