// What verify takes: the payer's money and budget set aside for one attempt, so that settle can't fail (decisions 9).
import type { Address } from '../../codec/Address.ts'
import type { Caller, Context } from '../../kernel/context.ts'
import type { Repeat } from '../../kernel/dispatch.ts'
import type { Due } from '../../kernel/module.ts'
import { param } from '../../kernel/params.ts'
import type { Message } from '../../wire/message.ts'
import type { Op } from '../../wire/op.ts'
import type { Outcome } from '../../wire/receipt.ts'
import { wireRefusals } from '../../wire/refusal.ts'
import {
  changeNonce,
  claimNonce,
  nonceAt,
  nonceKeyAt,
  nonceSlot,
  requireValidity,
  resolve,
  type Nonce,
} from '../accounts/index.ts'
import { accountsRefusals } from '../accounts/wire.ts'
import { release, reserve } from '../policy/index.ts'
import { requirePayer, requireSame, resolveTransfer, type Authorized } from './authorization.ts'
import { findAlias, refuseAlias } from './identity.ts'
import { holdMaxMs, verifyHolds } from './params.ts'
import { holdEnds } from './state.ts'
import type * as wire from './wire.ts'
import { held, paymentsRefusals } from './wire.ts'

/** A first attempt evaluates, locks and holds in the caps; another one is only counted. */
export function hold(context: Context, message: Message<typeof wire.hold>, _caller: Caller, op: Op): Outcome | Repeat {
  if (!param(context, verifyHolds)) paymentsRefusals.refuse('holds_off')
  const max = param(context, holdMaxMs)
  if (message.holdMs < 1 || message.holdMs > max)
    wireRefusals.refuse('malformed', { problem: `holdMs must be 1 to ${max}` })
  const authorized = resolveTransfer(context, message)
  const { intent, nonce, content } = authorized
  const slot = nonceSlot(context, nonce)
  const row = slot < 0 ? undefined : endIfLapsed(context, slot, intent.account)
  if (row !== undefined) requireSame(row, nonce, op.digest)
  if (row?.state === 'settled') accountsRefusals.refuse('nonce_used', { nonce: message.nonce, payer: message.from })
  // An attempt handed in twice is one attempt; and two stand for several, so a third would add nothing, locked or lapsed.
  if (row !== undefined && (row.attempts === 2 || row.hold === op.id)) return { repeats: row.sequence }
  const { alias } = op.relay
  const earlier = alias === undefined ? undefined : findAlias(context, alias, content)
  if (earlier === 'other') refuseAlias(alias!, content)
  if (earlier !== undefined) return earlier
  requirePayer(context, authorized)
  requireValidity(context, intent)
  const outcome = outcomeOf(message, authorized)
  if (row?.state === 'held') {
    changeNonce(context, slot, { ...row, attempts: 2, hold: op.id, sequence: context.sequence })
    stateHeld(context, message, row.holdEnds, 2)
    return outcome
  }
  return { ...outcome, policyVersion: take(context, { message, authorized, op, slot, row }) }
}

/** The row in a slot. A hold that has ended and still waits for its turn among many is given back first. */
function endIfLapsed(context: Context, slot: number, account: Address): Nonce {
  const row = nonceAt(context, slot)
  return row.state === 'held' && row.holdEnds <= context.time ? giveBack(context, { slot, account, row }) : row
}

type Held = { readonly slot: number; readonly account: Address; readonly row: Nonce }

/** Gives the money of a hold back; the row stays open with its attempts. */
function giveBack(context: Context, { slot, account, row }: Held): Nonce {
  release(context, { account, reservation: row.reservation })
  const open: Nonce = { ...row, state: 'open', reservation: 0 }
  changeNonce(context, slot, open)
  return open
}

type Taking = {
  readonly message: Message<typeof wire.hold>
  readonly authorized: Authorized
  readonly op: Op
  readonly slot: number
  readonly row: Nonce | undefined
}

function take(context: Context, { message, authorized, op, slot, row }: Taking): number {
  const { intent, nonce } = authorized
  const ends = Math.min(intent.validBefore, context.time + message.holdMs)
  const attempts = (row?.attempts ?? 0) + 1
  const open: Nonce = {
    state: 'open',
    attempts,
    amount: intent.amount,
    payee: message.to,
    holdEnds: ends,
    expires: intent.validBefore,
    reservation: 0,
    op: op.digest,
    hold: op.id,
    sequence: context.sequence,
  }
  const at = row === undefined ? claimNonce(context, nonce, intent.account, open) : slot
  const { policyVersion, reservation } = reserve(context, intent, { ends, op: op.id, nonceSlot: at })
  if (reservation === undefined) {
    if (row !== undefined) changeNonce(context, at, open)
    stateHeld(context, message, context.time, attempts)
    return policyVersion
  }
  changeNonce(context, at, { ...open, state: 'held', reservation })
  holdEnds.push(context, ends, { slot: at, ends })
  stateHeld(context, message, ends, attempts)
  return policyVersion
}

function outcomeOf(message: Message<typeof wire.hold>, { intent }: Authorized): Outcome {
  const payment = {
    payer: message.from,
    account: intent.account,
    payee: message.to,
    asset: message.asset,
    amount: message.value,
    toll: 0n,
  }
  return { kind: 'hold', payment }
}

function stateHeld(context: Context, message: Message<typeof wire.hold>, ends: number, attempts: number): void {
  context.emit(
    held({ payer: message.from, payee: message.to, asset: message.asset, amount: message.value, ends, attempts }),
  )
}

/** Ends holds whose time is over. */
export const endHolds: Due = {
  name: 'payments/endHolds',
  run(context) {
    const ended = holdEnds.take(context)
    if (ended === undefined) return false
    const row = nonceAt(context, ended.slot)
    if (row.state !== 'held' || row.holdEnds !== ended.ends) return true
    const account = resolve(context, nonceKeyAt(context, ended.slot).address)
    giveBack(context, { slot: ended.slot, account, row })
    return true
  },
}
