// What must always hold of the faucet.
import type { View } from '../../kernel/context.ts'
import { findAccount } from '../accounts/index.ts'
import { drippers } from './state.ts'

/** The key that opens it belongs to an account. */
export function operatorExists(view: View): string | undefined {
  const operator = drippers.get(view, 0)
  return findAccount(view, operator) === undefined ? `operator ${operator} has no account` : undefined
}
