// What accounts keeps: who exists, which key signs for whom, which nonces are spent.
import * as codec from '../../codec/Codec.ts'
import type { Infer } from '../../codec/Codec.ts'
import { queue, rows } from '../../kernel/table.ts'

const account = codec.record({
  kind: codec.choice(['owner', 'agent']),
  owner: codec.address,
  created: codec.ms,
  live: codec.u32,
  cancelled: codec.u16,
  agents: codec.u16,
  freeMinute: codec.u32,
  freeCount: codec.u16,
  controlMinute: codec.u32,
  controlCount: codec.u16,
})
/** `owner`: zero for an owner account. `freeMinute`, `controlMinute`: the minute since 1970 that the count beside belongs to. */
export type Account = Infer<typeof account>

const key = codec.record({ account: codec.address, removed: codec.flag })

const nonceKey = codec.record({ address: codec.address, asset: codec.address, nonce: codec.hash })
const nonce = codec.record({
  state: codec.choice(['open', 'held', 'settled', 'cancelled']),
  attempts: codec.u8,
  amount: codec.units,
  payee: codec.address,
  holdEnds: codec.ms,
  expires: codec.ms,
  /** Place of the open hold among the payer's reservations, while the state is held. */
  reservation: codec.u8,
  op: codec.hash,
  sequence: codec.u64,
})
export type NonceKey = Infer<typeof nonceKey>
/** `op`: digest's operation that settled, held or cancelled it. `expires`: 0 for a cancelled one, which never ends. */
export type Nonce = Infer<typeof nonce>

export const accounts = rows('accounts', 0x0201, codec.address, account)
export const keys = rows('keys', 0x0202, codec.address, key)
export const nonces = rows('nonces', 0x0203, nonceKey, nonce)
export const expiring = queue('expiring', 0x0204, codec.u32)
