// Asks for the committed outcome of one operation.
import type { Hash } from '@turnpike/chain/wire'
import * as answer from '../answer.ts'
import type { Client } from '../client.ts'
import { readReceipt, type Receipt } from '../receipt.ts'

/** A receipt with the bytes it is committed by. */
export type ReceiptWithLeaf = {
  readonly receipt: Receipt
  /** 250 bytes, hex. */
  readonly leaf: string
  /** The operation as it was signed. */
  readonly message: answer.Fields
}

/** The receipt of an operation. @throws LedgerError when the ledger knows none */
export async function getReceipt(
  client: Client,
  { operation }: { readonly operation: Hash.Hash },
): Promise<ReceiptWithLeaf> {
  const of = answer.fields(await client.get(`/receipts/${operation}`), 'answer')
  return {
    receipt: readReceipt(of['receipt']),
    leaf: answer.text(of, 'leaf'),
    message: answer.fields(of['message'], 'message'),
  }
}
