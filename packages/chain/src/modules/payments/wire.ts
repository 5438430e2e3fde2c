// What payments sends, states and refuses.
import * as codec from '../../codec/Codec.ts'
import { event } from '../../wire/event.ts'
import { address, authorization, hash, message, signedAs, time, units, unsigned } from '../../wire/message.ts'
import { refusals } from '../../wire/refusal.ts'

/** The six signed fields of EIP-3009, as FiatToken names them; times in seconds. */
const transferFields = {
  from: address,
  to: address,
  value: signedAs(units, 'uint256'),
  validAfter: signedAs(time, 'uint256'),
  validBefore: signedAs(time, 'uint256'),
  nonce: hash,
}

export const transferWithAuthorization = authorization(
  'payments/transferWithAuthorization',
  0x0601,
  'TransferWithAuthorization',
  transferFields,
  { moves: true },
)
export const cancelAuthorization = authorization('payments/cancelAuthorization', 0x0602, 'CancelAuthorization', {
  authorizer: address,
  nonce: hash,
})
export const charge = message(
  'payments/charge',
  0x0603,
  { payee: address, asset: address, amount: units, reference: hash },
  { moves: true },
)
/** The same authorization, set aside by verify; each attempt is an operation of its own. */
export const hold = authorization(
  'payments/hold',
  0x0604,
  'TransferWithAuthorization',
  { ...transferFields, holdMs: unsigned(codec.u32) },
  { moves: true, attempt: true },
)
export const refund = message(
  'payments/refund',
  0x0605,
  { payer: address, asset: address, amount: units, payment: hash },
  { moves: true },
)

export const held = event('payments/Held', 0x0601, {
  payer: codec.address,
  payee: codec.address,
  asset: codec.address,
  amount: codec.units,
  ends: codec.ms,
  attempts: codec.u8,
})
export const authorizationCancelled = event('payments/AuthorizationCancelled', 0x0602, {
  authorizer: codec.address,
  asset: codec.address,
  nonce: codec.hash,
})

/** An alias of a payment lives so long. */
export const aliasLifetimeMs = 86_400_000
/** Or until so many newer ones of its payer. */
export const aliasesMax = 1_024

export const paymentsRefusals = refusals('payments', 6, {
  id_conflict: {
    text: '{what} {id} of {payer} already stands for another payment.',
    hint: 'Sign with a fresh nonce, or repeat the first payment unchanged.',
    retry: 'never',
  },
  held: {
    text: 'Nonce {nonce} has an open hold until {ends} ms.',
    hint: 'Cancel it when the hold has ended.',
    retry: 'later',
  },
  holds_off: {
    text: 'This chain does not hold funds at verify.',
    hint: 'Settle is judged afresh; verify answers from a dry run.',
    retry: 'never',
  },
})
