// Rail: a network on which the facilitator settles. The own ledger is the first; whatever follows fits this face.
import type { Address, Hash, Retry } from '@turnpike/chain/wire'
import type { StoredReceipt } from '../ledger/ledger.ts'

/** The reasons that this facilitator gives, byte for byte as buyers and sellers of x402 know them (x402 13). */
export type Reason =
  | 'asset_not_deployed_contract'
  | 'invalid_exact_evm_insufficient_balance'
  | 'invalid_exact_evm_missing_eip712_domain'
  | 'invalid_exact_evm_network_mismatch'
  | 'invalid_exact_evm_nonce_already_used'
  | 'invalid_exact_evm_payload_authorization_valid_after'
  | 'invalid_exact_evm_payload_authorization_valid_before'
  | 'invalid_exact_evm_payload_authorization_value_mismatch'
  | 'invalid_exact_evm_recipient_mismatch'
  | 'invalid_exact_evm_scheme'
  | 'invalid_exact_evm_signature'
  | 'invalid_exact_evm_token_name_mismatch'
  | 'invalid_exact_evm_token_version_mismatch'
  | 'invalid_network'
  | 'invalid_payload'
  | 'invalid_payment_requirements'
  | 'invalid_x402_version'
  | 'policy_denied'
  | 'unsupported_payload_type'
  | 'unsupported_scheme'

/** A no, as a payee may hear it: its class and no values. */
export type Denial = { readonly reason: Reason; readonly retry: Retry }

/** What the seller wants, once its outline is known; the fields are judged by the rail. */
export type Requirements = {
  readonly scheme: string
  readonly network: string
  readonly amount: string
  readonly asset: string
  readonly payTo: string
  readonly maxTimeoutSeconds?: unknown
  readonly extra?: unknown
}

/** One verify or settle call, its outline known. */
export type PaymentRequest = {
  readonly accepted: { readonly scheme: string; readonly network: string }
  readonly payload: { readonly [name: string]: unknown }
  readonly extensions: unknown
  readonly requirements: Requirements
}

/** One row of `/supported`. */
export type Kind = { readonly x402Version: 2; readonly scheme: string; readonly network: string }

/** What a rail offers. */
export type Supported = { readonly kinds: readonly Kind[]; readonly extensions: readonly string[] }

type Extra = { readonly extra: { readonly retry: Retry } }

/** The answer to verify. Optional fields are absent, never null. */
export type VerifyResponse =
  | { readonly isValid: true; readonly payer: string }
  | ({ readonly isValid: false; readonly invalidReason: Reason; readonly payer?: string } & Extra)

/** The answer to settle. */
export type SettleResponse =
  | { readonly success: true; readonly transaction: string; readonly network: string; readonly payer: string }
  | ({
      readonly success: false
      readonly errorReason: Reason
      readonly transaction: string
      readonly network: string
      readonly payer?: string
    } & Extra)

/** A payment by what its payer knows. `validBefore` in ms: the moment from which it can't happen any more. */
export type OutcomeQuestion = {
  readonly asset: Address.Address
  readonly payer: Address.Address
  readonly nonce: Hash.Hash
  readonly validBefore: number | undefined
}

/** What became of a payment. */
export type PaymentOutcome = {
  readonly status: 'settled' | 'held' | 'cancelled' | 'expired' | 'unknown'
  readonly operation?: Hash.Hash
  readonly receipt?: StoredReceipt
}

/** One network to settle on. */
export type Rail = {
  /** CAIP-2, the exact string that sellers use. */
  readonly network: string
  supported(): Supported
  /** Rejects only when the node can't answer at all: too much to do, or stopping. */
  verify(request: PaymentRequest): Promise<VerifyResponse>
  /** Rejects as verify does; the caller then does not know whether the payment happened. */
  settle(request: PaymentRequest): Promise<SettleResponse>
  outcome(question: OutcomeQuestion): Promise<PaymentOutcome>
}
