// Asks what an account paid and was paid, newest first.
import type { Hash } from '@turnpike/chain/wire'
import * as answer from '../answer.ts'
import type { Client } from '../client.ts'
import { readMoved, type ReceiptPayment } from '../receipt.ts'
import { parseAddress } from '../sign.ts'

/** A payment, refund or transfer in history; amounts in base units. */
export type PastPayment = ReceiptPayment & {
  readonly operation: Hash.Hash
  readonly sequence: number
  readonly timeMs: number
  readonly type: string
  readonly reference: Hash.Hash
}

/** Whose payments, on which side, and how many at most; `before` is a sequence to go on behind. */
export type PaymentsOf = {
  readonly account: string
  readonly role?: 'payer' | 'payee' | 'any'
  readonly limit?: number
  readonly before?: number
}

/** The payments of an account. @throws LedgerError */
export async function getPayments(
  client: Client,
  { account, role = 'any', limit = 20, before }: PaymentsOf,
): Promise<readonly PastPayment[]> {
  const args = { account: parseAddress(account), role, limit, ...(before !== undefined && { before }) }
  const of = answer.fields(await client.call('turnpike_query', ['history/account', args]), 'history')
  return answer.list(of, 'payments', readPayment)
}

/** An entry of a list of history. */
export function readPayment(entry: answer.Fields): PastPayment {
  return {
    operation: answer.hash(entry, 'operation'),
    sequence: answer.integer(entry, 'sequence'),
    timeMs: answer.integer(entry, 'time'),
    type: answer.text(entry, 'type'),
    ...readMoved(entry),
    reference: answer.hash(entry, 'reference'),
  }
}
