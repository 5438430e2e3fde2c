// Hands a signed operation in. A lost answer is asked for again with the same bytes, which the ledger executes at most once.
import { opToJson, type Op } from '@turnpike/chain/wire'
import type { Client } from '../client.ts'
import { aboutOperation, LedgerError } from '../errors.ts'
import { readReceipt, type Receipt } from '../receipt.ts'

/** Waits between attempts while the node can't be reached. */
const waitsMs: readonly number[] = [250, 1_000]
const lostAnswers: ReadonlySet<string> = new Set([
  'sdk/unreachable',
  'sdk/timeout',
  'http/status_502',
  'http/status_503',
  'http/status_504',
])

/**
 * The receipt, once it is durable.
 *
 * @throws PaymentRefused when the ledger refuses to move the money; LedgerError otherwise. Where the outcome is unknown the error carries
 * the signed operation: hand in that one again, never a new one
 */
export async function submitOperation(client: Client, operation: Op): Promise<Receipt> {
  for (let attempt = 0; ; attempt++) {
    try {
      return readReceipt(await client.call('turnpike_submit', [opToJson(operation)]))
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error
      const waitMs = lostAnswers.has(error.code) ? waitsMs[attempt] : undefined
      if (waitMs === undefined) throw aboutOperation(error, operation)
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }
}
