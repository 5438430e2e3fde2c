// A plain transfer.
import type { Caller, Context } from '../../kernel/context.ts'
import type { Message } from '../../wire/message.ts'
import type { Outcome } from '../../wire/receipt.ts'
import { resolve } from '../accounts/index.ts'
import { spend } from '../policy/index.ts'
import type * as wire from './wire.ts'

/** Moves an owner's money to another account, without toll. */
export function transfer(context: Context, message: Message<typeof wire.transfer>, caller: Caller): Outcome {
  const { account, key } = caller!
  const { asset, amount, validBefore, reference } = message
  const signed = { from: message.account, to: message.to }
  const payee = resolve(context, message.to)
  const { policyVersion } = spend(
    context,
    { account, key, scheme: 'transfer', family: 'native', asset, amount, payee, signed, validAfter: 0, validBefore },
    undefined,
  )
  return {
    kind: 'other',
    payment: { payer: message.account, account, payee: message.to, asset, amount, toll: 0n },
    policyVersion,
    reference,
  }
}
