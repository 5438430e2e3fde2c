// A receipt from its leaf, with the events that the leaf commits to.
import type { App, ReceiptWithEvents } from '@turnpike/chain'
import { codec, createReader, decodeLeaf } from '@turnpike/chain/wire'
import type { Event, EventDefinition } from '@turnpike/chain/wire'

type Parts = { readonly app: App; readonly leaf: Uint8Array; readonly events: Uint8Array }

/** The receipt of stored bytes. @throws Malformed when they are not what was stored. */
export function decodeReceipt({ app, leaf, events }: Parts): ReceiptWithEvents {
  return { ...decodeLeaf(leaf), events: decodeEvents(app, events) }
}

function decodeEvents(app: App, bytes: Uint8Array): readonly Event[] {
  const reader = createReader(bytes)
  return Array.from({ length: codec.u16.read(reader) }, () => {
    const definition = getDefinition(app, codec.u16.read(reader))
    return { definition, fields: definition.codec.read(reader) as unknown }
  })
}

function getDefinition(app: App, number: number): EventDefinition {
  for (const { events } of app.modules) {
    const definition = events?.find((event) => event.number === number)
    if (definition !== undefined) return definition
  }
  throw new Error(`No module of this chain states event ${number}.`)
}
