// What may be asked of payments.
import * as codec from '../../codec/Codec.ts'
import { query } from '../../kernel/query.ts'
import { findNonce } from '../accounts/index.ts'

/**
 * `{asset, payer, nonce}` → `{"status", "attempts"?, "operation"?, "sequence"?, …}` of the live row; `none` once it is pruned, when
 * history answers. Asset zero for native messages. `operation` is the authorization's digest (its settle's operation).
 */
export const payment = query(
  'payments/payment',
  codec.record({ asset: codec.address, payer: codec.address, nonce: codec.hash }),
  (view, { asset, payer, nonce }) => {
    const row = findNonce(view, { address: payer, asset, nonce })
    if (row === undefined) return { status: 'none' }
    return {
      status: row.state,
      attempts: row.attempts,
      amount: row.amount.toString(),
      payee: row.payee,
      operation: row.op,
      sequence: row.sequence,
      ...(row.state === 'held' && { holdEnds: row.holdEnds }),
      ...(row.expires > 0 && { expires: row.expires }),
    }
  },
)
