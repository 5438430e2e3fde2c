// Reads an x402 payload of the scheme `exact` against its requirements: all that can be judged without the ledger's state of
// the payer, cheapest first (decisions 7). Strict where the reference is not: amounts and times are plain decimals.
import { findAsset } from '@turnpike/chain'
import type { View } from '@turnpike/chain'
import { Address, Fields, Hash, Hex, Units } from '@turnpike/chain/wire'
import type { Denial, PaymentRequest, Reason, Requirements } from '../Rail.ts'

/** A payment that someone wants to verify or settle: its parts parsed, and fitting what the seller wants. */
export type RequestedPayment = {
  readonly asset: Address.Address
  readonly from: Address.Address
  readonly to: Address.Address
  readonly value: bigint
  /** Seconds. */
  readonly validAfter: number
  /** Seconds. */
  readonly validBefore: number
  readonly nonce: Hash.Hash
  readonly signature: Uint8Array
  /** As the buyer spelled it. */
  readonly payer: string
  /** Of the extension `payment-identifier`. */
  readonly identifier: string | undefined
}

/** Either the payment, or why it is none. */
export type Judged = { readonly payment: RequestedPayment } | { readonly denial: Denial }

const uint256Digits = 78
const uint256Max = (1n << 256n) - 1n
const secondsMax = BigInt(Number.MAX_SAFE_INTEGER)
const signatureBytes = 65
const signatureTextMax = 2_050
const identifierForm = /^[A-Za-z0-9_-]{16,128}$/

function deny(reason: Reason): { readonly denial: Denial } {
  return { denial: { reason, retry: 'never' } }
}

/** Judges a request. `view` gives the assets, which are public and never change. */
export function judgeRequest(request: PaymentRequest, view: View): Judged {
  const { requirements, payload } = request
  const asset = Address.parse(requirements.asset)
  const payee = Address.parse(requirements.payTo)
  const amount = parseUint256(requirements.amount)
  const reason =
    judgeOffer(request) ??
    (asset && payee && amount !== undefined ? judgeAsset(view, asset, requirements) : 'invalid_payment_requirements')
  if (reason !== undefined) return deny(reason)
  const authorization = parseAuthorization(payload)
  const identifier = readIdentifier(request.extensions)
  if (authorization === undefined || identifier === 'malformed') return deny('invalid_payload')
  const mismatch = judgeAuthorization(authorization, { payee: payee!, amount: amount! })
  if (mismatch !== undefined) return { denial: mismatch }
  const { validAfter, validBefore, ...parts } = authorization
  const times = { validAfter: Number(validAfter), validBefore: Number(validBefore) }
  return { payment: { ...parts, ...times, asset: asset!, identifier: identifier?.id } }
}

function judgeOffer({ accepted, requirements, payload }: PaymentRequest): Reason | undefined {
  if (requirements.scheme !== 'exact') return 'unsupported_scheme'
  if (accepted.scheme !== requirements.scheme) return 'invalid_exact_evm_scheme'
  if (accepted.network !== requirements.network) return 'invalid_exact_evm_network_mismatch'
  const method = Fields.find(requirements.extra)?.['assetTransferMethod'] ?? undefined
  if ((method !== undefined && method !== 'eip3009') || 'permit2Authorization' in payload)
    return 'unsupported_payload_type'
  return undefined
}

function judgeAsset(view: View, asset: Address.Address, requirements: Requirements): Reason | undefined {
  const extra = Fields.find(requirements.extra)
  const [name, version] = [extra?.['name'], extra?.['version']]
  if (typeof name !== 'string' || typeof version !== 'string') return 'invalid_exact_evm_missing_eip712_domain'
  const found = findAsset(view, asset)
  if (found === undefined) return 'asset_not_deployed_contract'
  if (name !== found.name) return 'invalid_exact_evm_token_name_mismatch'
  return version === found.version ? undefined : 'invalid_exact_evm_token_version_mismatch'
}

type Authorization = Omit<RequestedPayment, 'asset' | 'identifier' | 'validAfter' | 'validBefore'> & {
  readonly validAfter: bigint
  readonly validBefore: bigint
}

function parseAuthorization(payload: Fields.Fields): Authorization | undefined {
  const fields = Fields.find(payload['authorization'])
  const signature = payload['signature']
  if (fields === undefined || !Hex.isHex(signature) || signature.length > signatureTextMax) return undefined
  const [from, to, nonce] = [Address.parse(fields['from']), Address.parse(fields['to']), Hash.parse(fields['nonce'])]
  const value = parseUint256(fields['value'])
  const [validAfter, validBefore] = [parseUint256(fields['validAfter']), parseUint256(fields['validBefore'])]
  if (from === undefined || to === undefined || nonce === undefined) return undefined
  if (value === undefined || validAfter === undefined || validBefore === undefined) return undefined
  const payer = fields['from'] as string
  return { from, to, nonce, value, validAfter, validBefore, signature: Hex.toBytes(signature), payer }
}

function parseUint256(text: unknown): bigint | undefined {
  const value = Units.parseDecimal(text, uint256Digits)
  return value === undefined || value > uint256Max ? undefined : value
}

type Wanted = { readonly payee: Address.Address; readonly amount: bigint }

/** In the order of the reference (x402 5.2), the signature last because it costs most. */
function judgeAuthorization(authorization: Authorization, { payee, amount }: Wanted): Denial | undefined {
  const { from, to, value, validAfter, validBefore, signature } = authorization
  const never = (reason: Reason): Denial => ({ reason, retry: 'never' })
  if (to !== payee) return never('invalid_exact_evm_recipient_mismatch')
  if (value !== amount) return never('invalid_exact_evm_payload_authorization_value_mismatch')
  if (from === to || value === 0n) return never('invalid_payload')
  // No number of milliseconds reaches there: the first is dormant for ages, the second longer than anything lives.
  if (validBefore > secondsMax) return { reason: 'policy_denied', retry: 'later' }
  if (validAfter > secondsMax) return { reason: 'invalid_exact_evm_payload_authorization_valid_after', retry: 'later' }
  // Nobody has so much; the ledger's amounts end at 2^128 - 1.
  if (value > Units.max) return { reason: 'invalid_exact_evm_insufficient_balance', retry: 'later' }
  return signature.length === signatureBytes ? undefined : never('invalid_exact_evm_signature')
}

/** The id of the extension `payment-identifier` (x402 14.2); a malformed one could never guard against paying twice. */
function readIdentifier(extensions: unknown): { readonly id: string } | 'malformed' | undefined {
  const extension = Fields.find(extensions)?.['payment-identifier'] ?? undefined
  if (extension === undefined) return undefined
  const id = Fields.find(Fields.find(extension)?.['info'])?.['id'] ?? undefined
  if (id === undefined) return undefined
  return typeof id === 'string' && identifierForm.test(id) ? { id } : 'malformed'
}
