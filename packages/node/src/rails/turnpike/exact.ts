// The scheme `exact` with EIP-3009 on the own ledger: verify is a hold, settle a transfer, and one payment buys one delivery,
// however often and after whatever restart it is handed in (decisions 9).
import { findNonce, paramsOf, resolve } from '@turnpike/chain'
import type { Nonce, View } from '@turnpike/chain'
import { createOp, Hash, Hex, Refusal, sha256, Text } from '@turnpike/chain/wire'
import type { Address, Definition, Op, Relay } from '@turnpike/chain/wire'
import { hold, transferWithAuthorization } from '@turnpike/chain/wire/payments'
import type { Ledger } from '../../ledger/ledger.ts'
import type { Denial, PaymentRequest, SettleResponse, VerifyResponse } from '../Rail.ts'
import { denialOf } from './reasons.ts'
import { findPayer } from '../payer.ts'
import { judgeRequest } from './request.ts'
import type { RequestedPayment } from './request.ts'

/** How long an authorization must still be valid when nothing holds its money, in seconds (x402 1.4). */
const marginSeconds = 6
/** The second attempt stands for several: a third adds nothing. */
const attemptsMax = 2
const attemptBytes = 16

const aliasTag = Text.toBytes('turnpike/payment-id/x402-ext/v1')
const spent: Denial = { reason: 'invalid_exact_evm_nonce_already_used', retry: 'never' }
const expired: Denial = { reason: 'invalid_exact_evm_payload_authorization_valid_before', retry: 'never' }

/** What the scheme stands on. */
export type ExactOptions = {
  readonly ledger: Ledger
  readonly network: string
  /** Unpredictable bytes: each verify is an attempt of its own. */
  readonly random: (length: number) => Uint8Array
}

/** The two calls of the scheme. */
export type Exact = {
  readonly verify: (request: PaymentRequest) => Promise<VerifyResponse>
  readonly settle: (request: PaymentRequest) => Promise<SettleResponse>
}

type Scheme = ExactOptions & { readonly holdMaxMs: number }

/** Puts the scheme on a ledger. */
export function createExact(given: ExactOptions): Exact {
  const { app } = given.ledger
  const holdMaxMs = Number(paramsOf(app, given.ledger.view())['holdMaxMs'])
  const options: Scheme = { ...given, holdMaxMs }
  return {
    async verify(request) {
      const judged = judgeRequest(request, options.ledger.view())
      const denial = 'denial' in judged ? judged.denial : await attempt(options, judged.payment, request)
      const payer = findPayer(request.payload)
      if (denial === undefined) return { isValid: true, payer: payer! }
      return { isValid: false, invalidReason: denial.reason, ...(payer && { payer }), extra: { retry: denial.retry } }
    },
    async settle(request) {
      const judged = judgeRequest(request, options.ledger.view())
      const settled: Settled =
        'denial' in judged
          ? judged
          : isUpfront(request)
            ? await settleUpfront(options, judged.payment, request)
            : await settle(options, judged.payment)
      const { network } = options
      const payer = findPayer(request.payload)
      if (!('denial' in settled)) return { success: true, transaction: settled.transaction, network, payer: payer! }
      const { denial, transaction = '' } = settled
      return {
        success: false,
        errorReason: denial.reason,
        transaction,
        network,
        ...(payer && { payer }),
        extra: { retry: denial.retry },
      }
    },
  }
}

function findRow(view: View, { asset, from, nonce }: RequestedPayment): Nonce | undefined {
  return findNonce(view, { address: from, asset, nonce })
}

/** Whether too little of its validity is left for work that nobody has set money aside for. */
function isTooLate(view: View, { validBefore }: RequestedPayment): boolean {
  return validBefore < Math.floor(view.time / 1000) + marginSeconds
}

/** A verify: sets the money aside for this attempt, or says why not. */
async function attempt(
  options: Scheme,
  payment: RequestedPayment,
  { requirements }: PaymentRequest,
): Promise<Denial | undefined> {
  const { ledger } = options
  const view = ledger.view()
  if (isTooLate(view, payment)) return expired
  const transfer = createTransfer(ledger, view, payment)
  const row = findRow(view, payment)
  if (row !== undefined && row.op === transfer.id) {
    if (row.state === 'settled') return afterDisk(ledger, spent)
    // Counted often enough: only the signature is of interest, and the answer is in the record.
    if (row.attempts >= attemptsMax) return dryRun(options, transfer)
  }
  try {
    const { receipt, repeated } = await ledger.submit(
      createHold(options, payment, { transfer, holdMs: holdMsOf(options, requirements.maxTimeoutSeconds) }),
    )
    // The payer's identifier stands for a payment already made: one payment, one delivery.
    return repeated && receipt.receipt.kind === 'payment' ? spent : undefined
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.code === 'payments/holds_off') return dryRun(options, transfer)
    return denialOf(error)
  }
}

async function afterDisk(ledger: Ledger, denial: Denial): Promise<Denial> {
  await ledger.durable()
  return denial
}

/** Verify without a hold: what settle would come to now. */
async function dryRun({ ledger }: Scheme, transfer: Op): Promise<Denial | undefined> {
  const outcome = await ledger.check(transfer)
  if (outcome instanceof Refusal) return denialOf(outcome)
  return 'repeats' in outcome ? spent : undefined
}

function holdMsOf({ holdMaxMs }: Scheme, maxTimeoutSeconds: unknown): number {
  if (typeof maxTimeoutSeconds !== 'number' || !(maxTimeoutSeconds > 0)) return holdMaxMs
  return Math.max(1, Math.min(holdMaxMs, Math.floor(maxTimeoutSeconds * 1000)))
}

type Settled = { readonly transaction: Hash.Hash } | { readonly denial: Denial; readonly transaction?: Hash.Hash }

/** Whether the seller settles before it delivers, without a verify of its own (x402 4). */
function isUpfront({ requirements: { extra } }: PaymentRequest): boolean {
  return typeof extra === 'object' && extra !== null && 'paymentFlow' in extra && extra.paymentFlow === 'upfront'
}

/**
 * Such a settle is a delivery of its own, so a repetition is never told success, and it counts as one more attempt where the payment
 * was verified as well: by another seller, or by a buyer who hopes that a later settle passes for a repetition.
 */
async function settleUpfront(options: Scheme, payment: RequestedPayment, request: PaymentRequest): Promise<Settled> {
  const { ledger } = options
  const { id } = createTransfer(ledger, ledger.view(), payment)
  const before = findRow(ledger.view(), payment)
  if (before?.op === id && before.state !== 'settled' && before.attempts === 1) {
    const denial = await attempt(options, payment, request)
    if (denial !== undefined && denial !== spent) return { denial }
  }
  const settled = await settle(options, payment, false)
  // A first verify that came between the two: its seller will be told success, and there is one delivery for one payment.
  const isTaken = findRow(ledger.view(), payment)?.attempts === 1
  return isTaken && !('denial' in settled) ? { denial: spent, transaction: settled.transaction } : settled
}

async function settle({ ledger }: Scheme, payment: RequestedPayment, mayRepeat = true): Promise<Settled> {
  const view = ledger.view()
  const transfer = createTransfer(ledger, view, payment)
  const row = findRow(view, payment)
  const ours = row !== undefined && row.op === transfer.id && (row.state === 'held' || row.state === 'settled')
  if (!ours && isTooLate(view, payment)) return row === undefined ? pastOf(ledger, payment) : { denial: expired }
  try {
    const { receipt, repeated } = await ledger.submit(transfer)
    const transaction = receipt.receipt.op
    if (!repeated) return { transaction }
    return mayRepeat && isRetry(ledger.view(), { payment, transfer, transaction })
      ? { transaction }
      : { denial: spent, transaction }
  } catch (error) {
    if (error instanceof Refusal) return { denial: denialOf(error) }
    throw error
  }
}

/** What a payment whose record may have been pruned came to: told as spent if it ever happened, never again as success. */
async function pastOf(ledger: Ledger, { asset, from, nonce }: RequestedPayment): Promise<Settled> {
  const { receipt } = await ledger.payment({ asset, payer: from, nonce })
  const isPayment = receipt !== undefined && receipt.receipt.kind === 'payment'
  return isPayment ? { denial: spent, transaction: receipt.receipt.op } : { denial: expired }
}

type Repeated = { readonly payment: RequestedPayment; readonly transfer: Op; readonly transaction: Hash.Hash }

/**
 * A payment that this call did not execute counts as success exactly when one verify stands for it: then this is the repetition of
 * a settle whose answer was lost. Without a verify, or with several, it may be a second delivery (decisions 9).
 */
function isRetry(view: View, { payment, transfer, transaction }: Repeated): boolean {
  const row = findRow(view, payment)
  return transaction === transfer.id && row !== undefined && row.state === 'settled' && row.attempts === 1
}

function createTransfer(ledger: Ledger, view: View, payment: RequestedPayment): Op {
  const { identifier, from } = payment
  const relay: Relay = identifier === undefined ? {} : { alias: aliasOf(resolve(view, from), identifier) }
  return create(ledger, transferWithAuthorization, { payment, relay })
}

type HoldParts = { readonly transfer: Op; readonly holdMs: number }

function createHold({ ledger, random }: ExactOptions, payment: RequestedPayment, { transfer, holdMs }: HoldParts): Op {
  const relay = { ...transfer.relay, attempt: random(attemptBytes) }
  return create(ledger, hold, { payment, relay, holdMs, digest: transfer.digest })
}

type Parts = {
  readonly payment: RequestedPayment
  readonly relay: Relay
  readonly holdMs?: number
  readonly digest?: Hash.Hash
}

function create(ledger: Ledger, definition: Definition, { payment, relay, holdMs, ...signed }: Parts): Op {
  const { asset, from, to, value, validAfter, validBefore, nonce, signature } = payment
  const transfer = { type: definition.type, asset, from, to, value, validAfter, validBefore, nonce }
  const message = holdMs === undefined ? transfer : { ...transfer, holdMs }
  const signatures = [{ kind: 1, bytes: signature }] as const
  return createOp(ledger.protocol.domains, { definition, message, signatures, relay, ...signed })
}

/** `SHA-256("turnpike/payment-id/x402-ext/v1" ‖ account[20] ‖ utf8(id))` (agent-policy 12). */
export function aliasOf(account: Address.Address, identifier: string): Hash.Hash {
  const id = Text.toBytes(identifier)
  const preimage = new Uint8Array(aliasTag.length + 20 + id.length)
  preimage.set(aliasTag)
  Hex.writeBytes(account, preimage, aliasTag.length)
  preimage.set(id, aliasTag.length + 20)
  return Hash.fromBytes(sha256(preimage))
}
