// What must always hold of the toll.
import type { View } from '../../kernel/context.ts'
import { findAccount } from '../accounts/index.ts'
import { collector } from './state.ts'

/** Tolls go to an account that exists. */
export function collectorExists(view: View): string | undefined {
  const account = collector.get(view, 0)
  return findAccount(view, account) === undefined ? `toll account ${account} does not exist` : undefined
}
