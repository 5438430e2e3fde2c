// Follows the ledger as it happens: one event stream, taken up again behind the last height seen when the connection breaks.
import type { Hash } from '@turnpike/chain/wire'
import * as answer from '../answer.ts'
import type { Client } from '../client.ts'
import { LedgerError } from '../errors.ts'
import { readEventStream } from '../eventStream.ts'
import { readMoved, type ReceiptPayment } from '../receipt.ts'
import { parseJson } from '../transport.ts'

/** A payment as a block tells it; amounts in base units. */
export type BlockPayment = ReceiptPayment & { readonly operation: Hash.Hash }

/** A durable block. */
export type BlockNotice = {
  readonly height: number
  readonly timeMs: number
  readonly operations: number
  readonly payments: readonly BlockPayment[]
}

const reconnectMs = 500

const readPayment = (of: answer.Fields): BlockPayment => ({ operation: answer.hash(of, 'operation'), ...readMoved(of) })

function readBlock(data: string): BlockNotice {
  const of = answer.fields(parseJson(data), 'block')
  return {
    height: answer.integer(of, 'height'),
    timeMs: answer.integer(of, 'time'),
    operations: answer.integer(of, 'operations'),
    payments: answer.list(of, 'payments', readPayment),
  }
}

async function* blocksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<BlockNotice> {
  for await (const { event, data } of readEventStream(stream)) if (event === 'block') yield readBlock(data)
}

const canComeBack = (error: unknown): boolean => error instanceof LedgerError && error.retry === 'later'

/**
 * Durable blocks, each once and in order, from behind `afterHeight` (default: from now on) until `signal` is aborted. A node that goes away
 * is waited for. After more than 10,000 missed blocks the stream goes on with the present: heights then have a gap.
 *
 * @throws LedgerError when the node turns the stream away for good, or sends what no node sends (`sdk/malformed_answer`)
 */
export async function* watchBlocks(
  client: Client,
  {
    afterHeight,
    signal = new AbortController().signal,
  }: { readonly afterHeight?: number; readonly signal?: AbortSignal } = {},
): AsyncGenerator<BlockNotice> {
  let seen = afterHeight
  while (!signal.aborted) {
    try {
      for await (const block of blocksOf(await client.open(seen, signal))) {
        if (seen !== undefined && block.height <= seen) continue
        seen = block.height
        yield block
      }
    } catch (error) {
      if (signal.aborted) return
      // A stream that breaks in the middle throws whatever the platform's fetch throws.
      if (error instanceof LedgerError && !canComeBack(error)) throw error
    }
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, reconnectMs))
  }
}
