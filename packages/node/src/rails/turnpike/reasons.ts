// From the ledger's codes to the reasons that x402 knows (shapes 7). Total: what has no reason of its own is `policy_denied`.
import type { Code, Refusal } from '@turnpike/chain/wire'
import type { Denial, Reason } from '../Rail.ts'

const reasons: { readonly [code: Code]: Reason } = {
  'wire/malformed': 'invalid_payload',
  'wire/amount_invalid': 'invalid_payload',
  'accounts/signature_invalid': 'invalid_exact_evm_signature',
  'accounts/unknown_account': 'invalid_exact_evm_insufficient_balance',
  'accounts/auth_not_yet': 'invalid_exact_evm_payload_authorization_valid_after',
  'accounts/auth_expired': 'invalid_exact_evm_payload_authorization_valid_before',
  'accounts/nonce_used': 'invalid_exact_evm_nonce_already_used',
  'bank/balance': 'invalid_exact_evm_insufficient_balance',
  'bank/unknown_asset': 'asset_not_deployed_contract',
  'bank/same_account': 'invalid_payload',
  'payments/id_conflict': 'invalid_exact_evm_nonce_already_used',
}

/** The reason for a code. A payee learns no more than this and the class of retry. */
export function reasonOf(code: Code): Reason {
  return Object.hasOwn(reasons, code) ? reasons[code]! : 'policy_denied'
}

/** A refusal as a payee hears it. */
export function denialOf(refusal: Refusal): Denial {
  return { reason: reasonOf(refusal.code), retry: refusal.retry }
}
