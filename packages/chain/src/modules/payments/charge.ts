// A native payment: signed under this chain's own domain.
import type { Caller, Context } from '../../kernel/context.ts'
import type { Message } from '../../wire/message.ts'
import type { Outcome } from '../../wire/receipt.ts'
import { resolve } from '../accounts/index.ts'
import { spend } from '../policy/index.ts'
import { share } from '../toll/index.ts'
import type * as wire from './wire.ts'

/** Pays from the caller's account; bears the toll. */
export function charge(context: Context, message: Message<typeof wire.charge>, caller: Caller): Outcome {
  const { account, key } = caller!
  const { asset, amount, validBefore, reference } = message
  const payee = resolve(context, message.payee)
  const signed = { from: message.account, to: message.payee }
  const borne = share(context, { payee, asset, amount })
  const { policyVersion } = spend(
    context,
    { account, key, scheme: 'charge', family: 'native', asset, amount, payee, signed, validAfter: 0, validBefore },
    borne,
  )
  return {
    kind: 'payment',
    payment: { payer: message.account, account, payee: message.payee, asset, amount, toll: borne?.toll ?? 0n },
    policyVersion,
    reference,
  }
}
