// What a paid answer cost: found by the answer itself, so that callers who only know fetch need not know more.
import type { Address, Hash } from '@turnpike/chain/wire'
import type { PaymentOutcome } from '../actions/getPayment.ts'
import type { Asset } from '../chain.ts'
import type { Credential } from './credential.ts'

/** A payment that was sent with a request. */
export type Payment = {
  readonly payer: Address.Address
  readonly payee: Address.Address
  readonly asset: Asset
  /** Base units, as signed. */
  readonly amount: bigint
  readonly nonce: Hash.Hash
  /** Seconds. */
  readonly validBefore: number
  /** The operation that settles it. */
  readonly operation: Hash.Hash
  /** `claimed`: the seller says that it was settled. Everything else is the ledger's word; `unasked`: nobody said anything. */
  readonly outcome: PaymentOutcome['status'] | 'claimed' | 'unasked'
}

const payments = new WeakMap<Response, Payment>()

/** Notes what was sent for an answer. */
export function notePayment(response: Response, credential: Credential, outcome: Payment['outcome']): Response {
  const { payer, payee, asset, amount, nonce, validBefore, operation } = credential
  payments.set(response, { payer, payee, asset, amount, nonce, validBefore, operation, outcome })
  return response
}

/** The payment that was sent for an answer of a paying fetch; undefined when it was free. */
export function findPayment(response: Response): Payment | undefined {
  return payments.get(response)
}
