// What payments keeps beside the nonce rows: aliases of payments, and when holds end.
import * as codec from '../../codec/Codec.ts'
import { queue, rows } from '../../kernel/table.ts'

const aliasKey = codec.record({ account: codec.address, alias: codec.hash })
const alias = codec.record({ content: codec.hash, sequence: codec.u64, number: codec.u32 })
const ringKey = codec.record({ account: codec.address, place: codec.u16 })
const ringEntry = codec.record({ alias: codec.hash, number: codec.u32 })

export const aliases = rows('aliases', 0x0601, aliasKey, alias)
export const aliasRing = rows('aliasRing', 0x0602, ringKey, ringEntry)
export const aliasCounts = rows('aliasCounts', 0x0603, codec.address, codec.u32)
export const aliasEnds = queue('aliasEnds', 0x0604, codec.record({ account: codec.address, number: codec.u32 }))
export const holdEnds = queue('holdEnds', 0x0605, codec.record({ slot: codec.u32, ends: codec.ms }))
