// What policy keeps: who may spend under which document, what was spent and held of each cap, and what waits.
import * as codec from '../../codec/Codec.ts'
import { inline } from '../../codec/inline.ts'
import type { Infer } from '../../codec/Codec.ts'
import { queue, records, rows } from '../../kernel/table.ts'
import { pageCodec } from './counter.ts'
import { capsMax, documentCodec } from './document.ts'

const policyFields = {
  version: codec.u32,
  status: codec.choice(['active', 'frozen']),
  /** Slot of the row in `bodies`. */
  body: codec.u32,
  /** Number of the next new counter; a number is never used twice under one policy. */
  nextCounter: codec.u32,
  notBefore: codec.ms,
  expiresAt: codec.ms,
}
const policy = inline(codec.record(policyFields), {
  write(writer, of) {
    policyFields.version.write(writer, of.version)
    policyFields.status.write(writer, of.status)
    policyFields.body.write(writer, of.body)
    policyFields.nextCounter.write(writer, of.nextCounter)
    policyFields.notBefore.write(writer, of.notBefore)
    policyFields.expiresAt.write(writer, of.expiresAt)
  },
  read: (reader) => ({
    version: policyFields.version.read(reader),
    status: policyFields.status.read(reader),
    body: policyFields.body.read(reader),
    nextCounter: policyFields.nextCounter.read(reader),
    notBefore: policyFields.notBefore.read(reader),
    expiresAt: policyFields.expiresAt.read(reader),
  }),
})
/** An agent's policy: times in ms, with absent ones of the document filled in. */
export type Policy = Infer<typeof policy>

const bodyCounter = codec.record({ place: codec.u8, number: codec.u32 })
/** The bytes by which equal bodies are found. */
export const bodyCodec = codec.record({ document: documentCodec, counters: codec.list(bodyCounter, capsMax) })
/** A document, and for each of its caps the place and number of its counter (zeros for a cap on single payments). */
export type Body = Infer<typeof bodyCodec>

const pageKey = codec.record({ policy: codec.u32, page: codec.u8 })

const slotKeyFields = { policy: codec.u32, counter: codec.u8, place: codec.u8 }
const slotKey = inline(codec.record(slotKeyFields), {
  write(writer, of) {
    slotKeyFields.policy.write(writer, of.policy)
    slotKeyFields.counter.write(writer, of.counter)
    slotKeyFields.place.write(writer, of.place)
  },
})
/** A past bucket of the counter in a place: what was paid in it, and how many buckets later the next one with payments is. */
const slotFields = { amount: codec.units, count: codec.ms, next: codec.u8 }
const slot = inline(codec.record(slotFields), {
  write(writer, of) {
    slotFields.amount.write(writer, of.amount)
    slotFields.count.write(writer, of.count)
    slotFields.next.write(writer, of.next)
  },
  read: (reader) => ({
    amount: slotFields.amount.read(reader),
    count: slotFields.count.read(reader),
    next: slotFields.next.read(reader),
  }),
})
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
  policy: codec.optional(codec.record({ document: documentCodec, effectiveAt: codec.ms, by: codec.address })),
  unfreeze: codec.optional(codec.record({ effectiveAt: codec.ms, by: codec.address })),
})
/** Changes that wait for the delay of the policy they loosen. */
export type PendingChange = Infer<typeof pendingChange>

const waiting = codec.record({ policy: codec.u32, kind: codec.choice(['policy', 'unfreeze']) })
/** A policy, by its slot, and which change of it waits. */
export type Waiting = Infer<typeof waiting>

export const policies = rows('policies', 0x0401, codec.address, policy)
/** Key: SHA-256 of the body's bytes. Value: how many policies have it. Agents under one document share it. */
export const bodies = rows('bodies', 0x0402, codec.hash, codec.u32)
/** Key: the body's slot as decimal text, under which its decoded form is found without hashing. */
export const documents = records('documents', 0x0403, codec.text(10), bodyCodec)
/** Counters of a policy, five to a row: the one in place p lies in page p / 5. */
export const pages = rows('pages', 0x0404, pageKey, pageCodec)
export const slots = rows('slots', 0x0405, slotKey, slot)
export const reservations = rows('reservations', 0x0406, reservationKey, reservation)
/** Which of an account's 64 places hold a reservation, as bits. */
export const holders = rows('holders', 0x0407, codec.address, codec.record({ low: codec.u32, high: codec.u32 }))
export const pending = records('pending', 0x0408, codec.address, pendingChange)
export const due = queue('due', 0x0409, waiting)
/** The pay key of each policy, by the policy's slot. */
export const payKeys = rows('payKeys', 0x040a, codec.u32, codec.address)
/** For when `due` has an entry: one at most for each policy and kind. */
export const queued = rows('queued', 0x040b, waiting, codec.ms)
