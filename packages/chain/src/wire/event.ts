// Events: facts that a rule states. Their canonical bytes are hashed into the receipt's leaf.
import * as codec from '../codec/Codec.ts'
import type { Codec, Json, RecordOf, Some } from '../codec/Codec.ts'
import { createWriter, written } from '../codec/Cursor.ts'
import * as Hash from '../codec/Hash.ts'
import { sha256 } from '../crypto/hash.ts'

/** One kind of event. Its number is module number × 256 + its place, never reused. */
export type EventDefinition<E = Some, T extends string = string> = {
  readonly type: T
  readonly number: number
  readonly codec: Codec<E>
}

/** A stated fact. */
export type Event = { readonly definition: EventDefinition; readonly fields: unknown }

/** Declares an event; the result, called with its fields, makes one. */
export function event<const T extends string, F extends { readonly [name: string]: Codec<Some> }>(
  type: T,
  number: number,
  fields: F,
): EventDefinition<RecordOf<F>, T> & ((fields: RecordOf<F>) => Event) {
  const definition = { type, number, codec: codec.record(fields) }
  const make = (values: RecordOf<F>): Event => ({ definition, fields: values })
  return Object.assign(make, definition)
}

const scratch = createWriter(1024)

/** Canonical bytes: number of events (u16), then for each its number (u16) and its fields. */
export function encodeEvents(events: readonly Event[]): Uint8Array {
  writeEvents(events)
  return written(scratch)
}

/** SHA-256 of the canonical bytes, as a receipt's leaf carries it. */
export function hashEvents(events: readonly Event[]): Hash.Hash {
  writeEvents(events)
  return Hash.fromBytes(sha256(scratch.bytes.subarray(0, scratch.at)))
}

function writeEvents(events: readonly Event[]): void {
  scratch.at = 0
  codec.u16.write(scratch, events.length)
  for (const { definition, fields } of events) {
    codec.u16.write(scratch, definition.number)
    definition.codec.write(scratch, fields)
  }
}

/** An event as pages and queries show it: `{type, …fields}`. */
export function eventToJson({ definition, fields }: Event): Json {
  return { type: definition.type, ...(definition.codec.toJson(fields) as { readonly [name: string]: Json }) }
}
