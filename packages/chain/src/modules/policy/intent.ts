// What is judged: one wish to pay, built from signed fields and the ledger's own state (agent-policy 5).
import type { Address } from '../../codec/Address.ts'
import type { Units } from '../../codec/Units.ts'

/** How money leaves: a priced call, or a plain transfer, which agents may not make. */
export type Scheme = 'charge' | 'transfer'

/** In whose format the payer signed; each has a longest lifetime of its own. */
export type Family = 'native' | 'eip3009'

/** Addresses as signed, for events and receipts. */
export type SignedEnds = { readonly from: Address; readonly to: Address }

/** One wish to pay. Nothing in it comes from an unsigned header. Times are in ms. */
export type Intent = {
  /** Resolved payer. */
  readonly account: Address
  /** The key that signed. */
  readonly key: Address
  readonly scheme: Scheme
  readonly family: Family
  readonly asset: Address
  readonly amount: Units
  /** Resolved payee. */
  readonly payee: Address
  readonly signed: SignedEnds
  readonly validAfter: number
  readonly validBefore: number
}
