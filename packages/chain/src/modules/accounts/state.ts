// What accounts keeps: who exists, which key signs for whom, which nonces are spent.
import type { Address } from '../../codec/Address.ts'
import * as codec from '../../codec/Codec.ts'
import { inline } from '../../codec/inline.ts'
import type { Infer } from '../../codec/Codec.ts'
import type { View } from '../../kernel/context.ts'
import { queue, rows } from '../../kernel/table.ts'

const accountFields = {
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
}
const account = inline(codec.record(accountFields), {
  write(writer, of) {
    accountFields.kind.write(writer, of.kind)
    accountFields.owner.write(writer, of.owner)
    accountFields.created.write(writer, of.created)
    accountFields.live.write(writer, of.live)
    accountFields.cancelled.write(writer, of.cancelled)
    accountFields.agents.write(writer, of.agents)
    accountFields.freeMinute.write(writer, of.freeMinute)
    accountFields.freeCount.write(writer, of.freeCount)
    accountFields.controlMinute.write(writer, of.controlMinute)
    accountFields.controlCount.write(writer, of.controlCount)
  },
  read: (reader) => ({
    kind: accountFields.kind.read(reader),
    owner: accountFields.owner.read(reader),
    created: accountFields.created.read(reader),
    live: accountFields.live.read(reader),
    cancelled: accountFields.cancelled.read(reader),
    agents: accountFields.agents.read(reader),
    freeMinute: accountFields.freeMinute.read(reader),
    freeCount: accountFields.freeCount.read(reader),
    controlMinute: accountFields.controlMinute.read(reader),
    controlCount: accountFields.controlCount.read(reader),
  }),
})
/** `owner`: zero for an owner account. `freeMinute`, `controlMinute`: the minute since 1970 that the count beside belongs to. */
export type Account = Infer<typeof account>

const key = codec.record({ account: codec.address, removed: codec.flag })

const nonceKeyFields = { address: codec.address, asset: codec.address, nonce: codec.hash }
const nonceKey = inline(codec.record(nonceKeyFields), {
  write(writer, of) {
    nonceKeyFields.address.write(writer, of.address)
    nonceKeyFields.asset.write(writer, of.asset)
    nonceKeyFields.nonce.write(writer, of.nonce)
  },
  same: (a, b) => a.nonce === b.nonce && a.address === b.address && a.asset === b.asset,
})
const nonceFields = {
  state: codec.choice(['open', 'held', 'settled', 'cancelled']),
  attempts: codec.u8,
  amount: codec.units,
  payee: codec.address,
  holdEnds: codec.ms,
  expires: codec.ms,
  /** Place of the open hold among the payer's reservations, while the state is held. */
  reservation: codec.u8,
  op: codec.hash,
  /** The operation of the last hold; zero without one. */
  hold: codec.hash,
  sequence: codec.u64,
}
const nonce = inline(codec.record(nonceFields), {
  write(writer, of) {
    nonceFields.state.write(writer, of.state)
    nonceFields.attempts.write(writer, of.attempts)
    nonceFields.amount.write(writer, of.amount)
    nonceFields.payee.write(writer, of.payee)
    nonceFields.holdEnds.write(writer, of.holdEnds)
    nonceFields.expires.write(writer, of.expires)
    nonceFields.reservation.write(writer, of.reservation)
    nonceFields.op.write(writer, of.op)
    nonceFields.hold.write(writer, of.hold)
    nonceFields.sequence.write(writer, of.sequence)
  },
  read: (reader) => ({
    state: nonceFields.state.read(reader),
    attempts: nonceFields.attempts.read(reader),
    amount: nonceFields.amount.read(reader),
    payee: nonceFields.payee.read(reader),
    holdEnds: nonceFields.holdEnds.read(reader),
    expires: nonceFields.expires.read(reader),
    reservation: nonceFields.reservation.read(reader),
    op: nonceFields.op.read(reader),
    hold: nonceFields.hold.read(reader),
    sequence: nonceFields.sequence.read(reader),
  }),
})
export type NonceKey = Infer<typeof nonceKey>
/** `op`: digest's operation that settled, held or cancelled it. `expires`: 0 for a cancelled one, which never ends. */
export type Nonce = Infer<typeof nonce>

export const accounts = rows('accounts', 0x0201, codec.address, account)
export const keys = rows('keys', 0x0202, codec.address, key)
export const nonces = rows('nonces', 0x0203, nonceKey, nonce)
/** What became of the nonce in a slot, by the first field of its row. */
export function nonceStateAt(view: View, slot: number): Nonce['state'] {
  return nonceFields.state.read(nonces.readerAt(view, slot))
}

/** Who signed the nonce in a slot, by the first field of its key. */
export function nonceSignerAt(view: View, slot: number): Address {
  return nonceKeyFields.address.read(nonces.keyReaderAt(view, slot))
}

export const expiring = queue('expiring', 0x0204, codec.u32)
