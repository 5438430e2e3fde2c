// An owner takes an agent's money back: no cap, no toll, also when frozen.
import type { Caller, Context } from '../../kernel/context.ts'
import type { Message } from '../../wire/message.ts'
import type { Outcome } from '../../wire/receipt.ts'
import { getAsset } from '../bank/index.ts'
import { move } from '../bank/move.ts'
import { requireOwned } from './agent.ts'
import { amountRefusal } from './evaluate.ts'
import type * as wire from './wire.ts'
import { swept } from './wire.ts'

/** Moves available money from the agent to its owner; what is held stays until its hold ends. */
export function sweep(
  context: Context,
  { agent: named, asset, amount }: Message<typeof wire.sweep>,
  caller: Caller,
): Outcome {
  const agent = requireOwned(context, named, caller)
  const owner = caller!.account
  getAsset(context, asset)
  const wrong = amountRefusal(amount)
  if (wrong !== undefined) throw wrong
  move(context, { from: agent, to: owner, asset, amount, fromLocked: false })
  context.emit(swept({ agent, owner, asset, amount }))
  return { kind: 'other', payment: { payer: agent, account: agent, payee: owner, asset, amount, toll: 0n } }
}
