// From an operation to its caller: first signature, account, key; then validity and the bounds on what is free.
import type { Address } from '../../codec/Address.ts'
import type { Caller, Context } from '../../kernel/context.ts'
import { param } from '../../kernel/params.ts'
import type { Op } from '../../wire/op.ts'
import { authLifetimeMaxMs, freePerMinute } from './params.ts'
import { maySign, resolve } from './resolve.ts'
import { accounts } from './state.ts'
import { accountsRefusals, controlPerMinute } from './wire.ts'

/**
 * In whose right an operation runs. A relayed authorization runs in nobody's; its payer is judged by its rule.
 * @throws Refusal accounts/signature_invalid, accounts/unknown_account, accounts/key_not_allowed
 */
export function authenticate(context: Context, op: Op): Caller {
  const signer = context.verify(op.signatures[0]!)
  if (signer === undefined) return accountsRefusals.refuse('signature_invalid')
  if (op.definition.family === 'authorization') return undefined
  const account = resolve(context, op.message['account'] as Address)
  requireKey(context, signer, account)
  return { account, key: signer }
}

/** @throws Refusal accounts/unknown_account, accounts/key_not_allowed */
export function requireKey(context: Context, key: Address, account: Address): void {
  if (accounts.slotOf(context, account) < 0) accountsRefusals.refuse('unknown_account', { account })
  if (!maySign(context, key, account)) accountsRefusals.refuse('key_not_allowed', { key, account })
}

export type Validity = { readonly validAfter: number; readonly validBefore: number }

/**
 * Strict at both ends, and not too far ahead; all in ms.
 * @throws Refusal accounts/auth_not_yet, accounts/auth_expired, accounts/auth_too_long (dormant: later)
 */
export function requireValidity(context: Context, { validAfter, validBefore }: Validity): void {
  const now = context.time
  if (validAfter >= now) accountsRefusals.refuse('auth_not_yet', { validAfter, now })
  if (now >= validBefore) accountsRefusals.refuse('auth_expired', { validBefore, now })
  const max = param(context, authLifetimeMaxMs)
  if (validBefore - now > max) accountsRefusals.refuse('auth_too_long', { lifetime: validBefore - now, max }, 'later')
}

/** The minute since 1970. */
function minuteOf(time: number): number {
  return Math.floor(time / 60_000)
}

/** Counts an operation that moves no money. @throws Refusal accounts/too_many */
export function countFree(context: Context, account: Address): void {
  const slot = accounts.slotOf(context, account)
  if (slot < 0) accountsRefusals.refuse('unknown_account', { account })
  const row = accounts.at(context, slot)
  const minute = minuteOf(context.time)
  const count = row.freeMinute === minute ? row.freeCount + 1 : 1
  const max = param(context, freePerMinute)
  if (count > max) accountsRefusals.refuse('too_many', { account, max, what: 'free operations per minute' })
  accounts.putAt(context, slot, { ...row, freeMinute: minute, freeCount: count })
}

/** Counts a control operation for the account it is about. @throws Refusal accounts/too_many */
export function countControl(context: Context, target: Address): void {
  const slot = accounts.slotOf(context, target)
  if (slot < 0) accountsRefusals.refuse('unknown_account', { account: target })
  const row = accounts.at(context, slot)
  const minute = minuteOf(context.time)
  const count = row.controlMinute === minute ? row.controlCount + 1 : 1
  if (count > controlPerMinute)
    accountsRefusals.refuse('too_many', {
      account: target,
      max: controlPerMinute,
      what: 'control operations per minute',
    })
  accounts.putAt(context, slot, { ...row, controlMinute: minute, controlCount: count })
}
