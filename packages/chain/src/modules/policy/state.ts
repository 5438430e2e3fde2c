// What policy keeps: who may spend under which document, what was spent and held of each cap, and what waits.
import * as codec from '../../codec/Codec.ts'
import type { Infer } from '../../codec/Codec.ts'
import { queue, records, rows } from '../../kernel/table.ts'
import { capsMax, documentCodec } from './document.ts'

const policy = codec.record({
  version: codec.u32,
  status: codec.choice(['active', 'frozen']),
  /** Slot of the row in `bodies`. */
  body: codec.u32,
  /** Number of the next new counter; a number is never used twice under one policy. */
  nextCounter: codec.u32,
  notBefore: codec.ms,
  expiresAt: codec.ms,
})
/** An agent's policy: times in ms, with absent ones of the document filled in. */
export type Policy = Infer<typeof policy>

/** The bytes by which equal bodies are found. */
export const bodyCodec = codec.record({ document: documentCodec, counters: codec.list(codec.u32, capsMax) })
/** A document, and for each of its caps the number of its counter (that of a cap per payment is never used). */
export type Body = Infer<typeof bodyCodec>

const counterKey = codec.record({ policy: codec.u32, number: codec.u32 })
const counter = codec.record({
  bucket: codec.ms,
  oldest: codec.ms,
  used: codec.units,
  usedCount: codec.u32,
  held: codec.units,
  heldCount: codec.u8,
  newest: codec.units,
  newestCount: codec.u32,
})
/**
 * What one cap has counted. `bucket` is the index of the newest bucket with payments, `newest` what is in it, `oldest` the index of the
 * oldest bucket counted in `used`; older buckets than the newest have rows in `slots`, each naming the next.
 */
export type Counter = Infer<typeof counter>

const slotKey = codec.record({ counter: codec.u32, place: codec.u8 })
const slot = codec.record({ amount: codec.units, count: codec.u32, next: codec.u8 })
/** A past bucket: what was paid in it, and how many buckets later the next one with payments is. */
export type Slot = Infer<typeof slot>

const reservationKey = codec.record({ account: codec.address, place: codec.u8 })
const reservation = codec.record({
  asset: codec.address,
  amount: codec.units,
  payee: codec.address,
  ends: codec.ms,
  op: codec.hash,
  /** Slot of the row of its nonce in accounts. */
  nonceSlot: codec.u32,
  policyVersion: codec.u32,
  /** `nextCounter` when it was judged: it is held in counters with a lower number only. */
  counters: codec.u32,
})
export type Reservation = Infer<typeof reservation>

const pendingChange = codec.record({
  policy: codec.optional(
    codec.record({ document: documentCodec, baseVersion: codec.u32, effectiveAt: codec.ms, by: codec.address }),
  ),
  unfreeze: codec.optional(codec.record({ effectiveAt: codec.ms, by: codec.address })),
})
/** Changes that wait for the delay of the policy they loosen. */
export type PendingChange = Infer<typeof pendingChange>

export const policies = rows('policies', 0x0401, codec.address, policy)
/** Key: SHA-256 of the body's bytes. Value: how many policies have it. Agents under one document share it. */
export const bodies = rows('bodies', 0x0402, codec.hash, codec.u32)
/** Key: the body's slot as decimal text, under which its decoded form is found without hashing. */
export const documents = records('documents', 0x0403, codec.text(10), bodyCodec)
export const counters = rows('counters', 0x0404, counterKey, counter)
export const slots = rows('slots', 0x0405, slotKey, slot)
export const reservations = rows('reservations', 0x0406, reservationKey, reservation)
/** Which of an account's 64 places hold a reservation, as bits. */
export const holders = rows('holders', 0x0407, codec.address, codec.record({ low: codec.u32, high: codec.u32 }))
export const pending = records('pending', 0x0408, codec.address, pendingChange)
export const due = queue('due', 0x0409, codec.record({ policy: codec.u32, kind: codec.choice(['policy', 'unfreeze']) }))
/** The pay key of each policy, by the policy's slot. */
export const payKeys = rows('payKeys', 0x040a, codec.u32, codec.address)

/** A counter that has counted nothing. */
export const freshCounter: Counter = {
  bucket: 0,
  oldest: 0,
  used: 0n,
  usedCount: 0,
  held: 0n,
  heldCount: 0,
  newest: 0n,
  newestCount: 0,
}
