// EIP-3009: a payer's signed permission to move money once, which anyone may hand in.
import * as Address from '../../codec/Address.ts'
import * as Hash from '../../codec/Hash.ts'
import type { Caller, Context } from '../../kernel/context.ts'
import type { Repeat } from '../../kernel/dispatch.ts'
import type { Message } from '../../wire/message.ts'
import type { Op } from '../../wire/op.ts'
import type { Outcome } from '../../wire/receipt.ts'
import {
  cancelNonce,
  changeNonce,
  claimNonce,
  countFree,
  getAccount,
  nonceAt,
  nonceSlot,
  requireKey,
  requireValidity,
  resolve,
  type Nonce,
  type NonceKey,
} from '../accounts/index.ts'
import { accountsRefusals } from '../accounts/wire.ts'
import { capture, spend, type Intent } from '../policy/index.ts'
import { share } from '../toll/index.ts'
import { findAlias, keepAlias, refuseAlias, type Content } from './identity.ts'
import type * as wire from './wire.ts'
import { authorizationCancelled, paymentsRefusals } from './wire.ts'

type Transfer = Omit<Message<typeof wire.transferWithAuthorization>, 'type'>

/** An authorization with its parties resolved. */
export type Authorized = { readonly intent: Intent; readonly nonce: NonceKey; readonly content: Content }

/** Resolves the parties of an authorization; times become ms. */
export function resolveTransfer(
  context: Context,
  { asset, from, to, value, validAfter, validBefore, nonce }: Transfer,
): Authorized {
  const account = resolve(context, from)
  const payee = resolve(context, to)
  const intent: Intent = {
    account,
    key: from,
    scheme: 'charge',
    family: 'eip3009',
    asset,
    amount: value,
    payee,
    signed: { from, to },
    validAfter: validAfter * 1000,
    validBefore: validBefore * 1000,
  }
  return { intent, nonce: { address: from, asset, nonce }, content: { account, payee, asset, amount: value } }
}

/** `from` signed, so it has to be a key of the account that it stands for, today. @throws Refusal */
export function requirePayer(context: Context, { intent }: Authorized): void {
  requireKey(context, intent.key, intent.account)
}

/** @throws Refusal payments/id_conflict, accounts/nonce_used, unless the row belongs to this very authorization. */
export function requireSame(row: Nonce, key: NonceKey, digest: Hash.Hash): void {
  if (row.state === 'cancelled') accountsRefusals.refuse('nonce_used', { nonce: key.nonce, payer: key.address })
  if (row.op !== digest) paymentsRefusals.refuse('id_conflict', { what: 'Nonce', id: key.nonce, payer: key.address })
}

/** A payment by the payer's authorization; the nonce row's `op` is the authorization's digest, which is the operation's id. */
export function transferWithAuthorization(
  context: Context,
  message: Message<typeof wire.transferWithAuthorization>,
  _caller: Caller,
  op: Op,
): Outcome | Repeat {
  const authorized = resolveTransfer(context, message)
  const { intent, nonce, content } = authorized
  const slot = nonceSlot(context, nonce)
  const row = slot < 0 ? undefined : nonceAt(context, slot)
  if (row !== undefined) requireSame(row, nonce, op.digest)
  if (row?.state === 'settled') return { repeats: row.sequence }
  const alias = op.relay.alias
  const earlier = alias === undefined ? undefined : findAlias(context, alias, content)
  if (earlier !== undefined && earlier !== 'other') return earlier
  // A hold stays settleable whatever became of the key, the policy or the alias since: its payee has delivered.
  if (row?.state !== 'held') {
    if (earlier === 'other') refuseAlias(alias!, content)
    requirePayer(context, authorized)
  }
  requireValidity(context, intent)
  const payment = {
    payer: message.from,
    account: intent.account,
    payee: message.to,
    asset: message.asset,
    amount: message.value,
  }
  const borne = share(context, intent)
  const { policyVersion } =
    row?.state === 'held'
      ? capture(
          context,
          { account: intent.account, reservation: row.reservation, payee: intent.payee, signed: intent.signed },
          borne,
        )
      : spend(context, intent, borne)
  const settled = settledRow(context, authorized, op.digest)
  if (slot < 0) claimNonce(context, nonce, intent.account, settled)
  else changeNonce(context, slot, { ...settled, attempts: row!.attempts, hold: row!.hold })
  if (alias !== undefined && earlier === undefined) keepAlias(context, alias, content)
  return { kind: 'payment', payment: { ...payment, toll: borne?.toll ?? 0n }, policyVersion }
}

function settledRow(context: Context, { intent }: Authorized, digest: Hash.Hash): Nonce {
  return {
    state: 'settled',
    attempts: 0,
    amount: intent.amount,
    payee: intent.signed.to,
    holdEnds: 0,
    expires: intent.validBefore,
    reservation: 0,
    op: digest,
    hold: Hash.zero,
    sequence: context.sequence,
  }
}

/** The payer takes an unused authorization back, for ever. */
export function cancelAuthorization(
  context: Context,
  message: Message<typeof wire.cancelAuthorization>,
  _caller: Caller,
  op: Op,
): Outcome | Repeat {
  const { asset, authorizer, nonce } = message
  const account = resolve(context, authorizer)
  const key = { address: authorizer, asset, nonce }
  const slot = nonceSlot(context, key)
  if (slot >= 0) {
    const row = nonceAt(context, slot)
    if (row.state === 'cancelled' && row.op === op.id) return { repeats: row.sequence }
    if (row.state === 'held') paymentsRefusals.refuse('held', { nonce, ends: row.holdEnds })
    if (row.state !== 'open') accountsRefusals.refuse('nonce_used', { nonce, payer: authorizer })
  }
  getAccount(context, account)
  requireKey(context, authorizer, account)
  countFree(context, account)
  const row = {
    attempts: 0,
    amount: 0n,
    payee: Address.zero,
    holdEnds: 0,
    reservation: 0,
    op: op.id,
    hold: Hash.zero,
    sequence: context.sequence,
  }
  cancelNonce(context, key, account, row)
  context.emit(authorizationCancelled({ authorizer, asset, nonce }))
  return { kind: 'other', reference: nonce }
}
