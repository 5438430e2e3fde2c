// The door: judge, charge the caps, move. No other function takes money out of an account on its owner's behalf.
import type { Context } from '../../kernel/context.ts'
import { openAccount } from '../accounts/index.ts'
import type { Share } from '../bank/index.ts'
import { move } from '../bank/move.ts'
import { charge } from './caps.ts'
import { evaluate } from './evaluate.ts'
import type { Intent } from './intent.ts'

/**
 * Judges, charges the caps, opens the payee's account by its first credit, moves. `share` comes from toll.
 * Returns the version of the policy it was judged under, 0 without one.
 *
 * @throws Refusal, the first of agent-policy 6
 */
export function spend(context: Context, intent: Intent, share: Share | undefined): { readonly policyVersion: number } {
  const decision = evaluate(context, intent)
  if (decision.kind === 'deny') throw decision.refusal
  const { account, payee, asset, amount, signed } = intent
  openAccount(context, payee, amount - (share?.toll ?? 0n))
  charge(context, decision.charges, context.time)
  move(context, { from: account, to: payee, asset, amount, share, signed, fromLocked: false })
  return { policyVersion: decision.policyVersion }
}
