// What toll keeps: where tolls go.
import * as codec from '../../codec/Codec.ts'
import { records } from '../../kernel/table.ts'

/** One record under key 0. */
export const collector = records('collector', 0x0301, codec.u8, codec.address)
