// What may be asked of bank. `bank/balance` is answered by accounts, which knows whose key an address is.
import * as codec from '../../codec/Codec.ts'
import { query } from '../../kernel/query.ts'
import { supplyOf } from './read.ts'

/** `{asset}` → `{"supply": "…"}` */
export const supply = query('bank/supply', codec.record({ asset: codec.address }), (view, { asset }) => ({
  supply: supplyOf(view, asset).toString(),
}))
