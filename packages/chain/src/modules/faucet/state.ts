// What faucet keeps: whose key opens it.
import * as codec from '../../codec/Codec.ts'
import { records } from '../../kernel/table.ts'

/** One record under key 0. */
export const drippers = records('drippers', 0x0701, codec.u8, codec.address)
