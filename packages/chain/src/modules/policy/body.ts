// Documents as they are kept: one body for all agents under the same document, found by its hash and counted.
import { encode } from '../../codec/Codec.ts'
import { fromBytes } from '../../codec/Hash.ts'
import { sha256 } from '../../crypto/hash.ts'
import type { Context, View } from '../../kernel/context.ts'
import { bodies, bodyCodec, documents, type Body } from './state.ts'

/** The body in a slot. */
export function bodyAt(view: View, slot: number): Body {
  return documents.get(view, String(slot))
}

/** Keeps a body once more; returns its slot. */
export function keepBody(context: Context, body: Body): number {
  const key = fromBytes(sha256(encode(bodyCodec, body)))
  const found = bodies.slotOf(context, key)
  if (found >= 0) {
    bodies.putAt(context, found, bodies.at(context, found) + 1)
    return found
  }
  const slot = bodies.put(context, key, 1)
  documents.put(context, String(slot), body)
  return slot
}

/** Keeps a body once less; forgets it with its last policy. */
export function dropBody(context: Context, slot: number): void {
  const count = bodies.at(context, slot)
  if (count > 1) {
    bodies.putAt(context, slot, count - 1)
    return
  }
  bodies.removeAt(context, slot)
  documents.remove(context, String(slot))
}
