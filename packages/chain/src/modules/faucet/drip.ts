// Issues development money.
import type { Caller, Context } from '../../kernel/context.ts'
import { param } from '../../kernel/params.ts'
import type { Message } from '../../wire/message.ts'
import type { Outcome } from '../../wire/receipt.ts'
import { wireRefusals } from '../../wire/refusal.ts'
import { openAccount, resolve } from '../accounts/index.ts'
import { accountsRefusals } from '../accounts/wire.ts'
import { getAsset, supplyOf } from '../bank/index.ts'
import { issue } from '../bank/issue.ts'
import { faucetMax, faucetSupply } from './params.ts'
import { drippers } from './state.ts'
import type * as wire from './wire.ts'
import { faucetRefusals } from './wire.ts'

/** Signed by the operator named in genesis; bounded per call and in supply (decisions 11). */
export function drip(context: Context, { to, asset, amount }: Message<typeof wire.drip>, caller: Caller): Outcome {
  const operator = drippers.get(context, 0)
  if (caller!.account !== operator) accountsRefusals.refuse('not_yours', { account: operator })
  getAsset(context, asset)
  if (amount === 0n) wireRefusals.refuse('amount_invalid', { amount, problem: 'it is zero' })
  const max = param(context, faucetMax)
  if (amount > max) faucetRefusals.refuse('too_much', { max, amount })
  const supply = param(context, faucetSupply)
  const issued = supplyOf(context, asset)
  if (issued + amount > supply) faucetRefusals.refuse('empty', { issued, supply, amount })
  const account = resolve(context, to)
  openAccount(context, account, amount)
  issue(context, { to: account, asset, amount, signedTo: to })
  return { kind: 'other', payment: { payer: caller!.account, account: operator, payee: to, asset, amount, toll: 0n } }
}
