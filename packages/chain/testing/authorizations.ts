// Authorizations of stock wallets for tests: drafts of a transfer, of its hold and of its cancelling.
import type { Address } from '../src/codec/Address.ts'
import type { Hash } from '../src/codec/Hash.ts'
import * as payments from '../src/modules/payments/wire.ts'
import type { Op } from '../src/wire/op.ts'
import { dollar, type Given } from './given.ts'
import { freshNonce, type Person } from './people.ts'
import type { Draft } from './table.ts'

/** What a payer signs; times in seconds. */
export type Authorization = {
  readonly asset: Address
  readonly from: Address
  readonly to: Address
  readonly value: bigint
  readonly validAfter: number
  readonly validBefore: number
  readonly nonce: Hash
}

type Wanted = Partial<Authorization> & Pick<Authorization, 'to' | 'value'>

/** An authorization of a person, valid for the next minute. */
export function authorize(chain: Given, by: Person, wanted: Wanted): Authorization {
  const validBefore = Math.floor(chain.time / 1_000) + 60
  return { asset: dollar, from: by.address, validAfter: 0, validBefore, nonce: freshNonce(), ...wanted }
}

/** The operation that settles it. */
export function settleOp(chain: Given, by: Person, of: Authorization, alias?: Hash): Op {
  return chain.op(payments.transferWithAuthorization, of, by, { relay: alias === undefined ? {} : { alias } })
}

type HoldOptions = { readonly holdMs?: number; readonly attempt?: number; readonly alias?: Hash }

/** The operation that verify submits; attempts are told apart by their number. */
export function holdOp(chain: Given, by: Person, of: Authorization, options: HoldOptions = {}): Op {
  const { holdMs = 30_000, attempt = 1, alias } = options
  const relay = { attempt: attemptBytes(attempt), ...(alias !== undefined && { alias }) }
  return chain.op(payments.hold, { ...of, holdMs }, by, { relay })
}

/** The operation that takes an authorization back. */
export function cancelOp(chain: Given, by: Person, { asset, nonce }: Pick<Authorization, 'asset' | 'nonce'>): Op {
  return chain.op(payments.cancelAuthorization, { asset, authorizer: by.address, nonce }, by)
}

/** 16 bytes that differ by number. */
export function attemptBytes(number: number): Uint8Array {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setUint32(0, number)
  return bytes
}

/** A draft of a settle, for tables of refusals. */
export function settleDraft(by: Person, fields: Authorization): Draft {
  return { definition: payments.transferWithAuthorization, fields, by, proofs: [], relay: {} }
}

/** A draft of a hold, for tables of refusals. */
export function holdDraft(by: Person, fields: Authorization): Draft {
  const relay = { attempt: attemptBytes(1) }
  return { definition: payments.hold, fields: { ...fields, holdMs: 30_000 }, by, proofs: [], relay }
}
