// An operation as history keeps it, taken apart; its bytes were held against their checksum, and its leaf against the tree.
import type { App } from '@turnpike/chain'
import { codec, createReader, decodeLeaf, decodeOp } from '@turnpike/chain/wire'
import type { Event, EventDefinition, Protocol } from '@turnpike/chain/wire'
import { fromRecorded } from '../engine/signers.ts'
import { HistoryDamaged } from './HistoryDamaged.ts'
import { readBody } from './historyBatch.ts'
import type { Kept } from './historyReader.ts'
import type { StoredReceipt } from './StoredReceipt.ts'

type Definitions = { readonly app: App; readonly protocol: Protocol }

/** The receipt of an operation, with all that is kept beside it. @throws HistoryDamaged when the two do not belong together */
export function decodeKept({ app, protocol }: Definitions, { leaf, body }: Kept): StoredReceipt {
  const { op: bytes, signers, events } = readBody(body)
  const receipt = decodeLeaf(leaf)
  const op = decodeOp(protocol, bytes)
  if (op.id !== receipt.op) throw new HistoryDamaged(`What is kept beside leaf ${receipt.sequence} is another's.`)
  return {
    receipt: { ...receipt, events: decodeEvents(app, events) },
    leaf: leaf.slice(),
    op,
    signers: fromRecorded(signers),
  }
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
