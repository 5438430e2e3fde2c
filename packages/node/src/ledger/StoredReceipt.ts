// A receipt with all that is kept beside it: its leaf, its operation and who signed; from memory or from history.
import type { ReceiptWithEvents } from '@turnpike/chain'
import { eventToJson, Hex, opToJson } from '@turnpike/chain/wire'
import type { codec, Op, Protocol } from '@turnpike/chain/wire'
import type { CommittedBlock, Signers } from '../engine/Engine.ts'

/** One success, for ever the same. */
export type StoredReceipt = {
  readonly receipt: ReceiptWithEvents
  /** The 250 bytes that the receipts' tree commits to. */
  readonly leaf: Uint8Array
  readonly op: Op
  readonly signers: Signers
}

/** The receipt of the operation at a place of a block. */
export function storedAt({ ops, receipts, leaves }: CommittedBlock, index: number): StoredReceipt {
  return { receipt: receipts[index]!, leaf: leaves[index]!, ...ops[index]! }
}

type JsonObject = { readonly [name: string]: codec.Json | undefined }

/**
 * `{receipt, leaf, message, signers}`, as `/receipts` shows it. Receipts are public and budgets are not: of a policy only the operator
 * is shown more than its hash (shapes 8, T15).
 */
export function storedToJson(
  { receipt, leaf, op, signers }: StoredReceipt,
  { protocol, isOperator }: { readonly protocol: Protocol; readonly isOperator: boolean },
): JsonObject {
  return {
    receipt: receiptToJson(receipt, protocol),
    leaf: Hex.fromBytes(leaf),
    message: isOperator ? opToJson(op) : withoutPolicy(opToJson(op)),
    signers: signers.map((signer) => signer ?? null),
  }
}

/** What says a budget: the document, and the same in words. */
const policyFields = new Set(['document', 'words'])

function withoutPolicy(message: codec.Json): codec.Json {
  return Object.fromEntries(
    Object.entries(message as { readonly [name: string]: codec.Json }).filter(([name]) => !policyFields.has(name)),
  )
}

/** A receipt as every edge shows it; amounts are decimal strings of base units. */
export function receiptToJson(receipt: ReceiptWithEvents, protocol: Protocol): JsonObject {
  const { sequence, height, time, op, type, code, kind, payment, policyVersion, reference, eventsHash, events } =
    receipt
  const name = protocol.definitions.find((definition) => definition.number === type)?.type
  return {
    sequence,
    height,
    time,
    op,
    type: name ?? String(type),
    kind,
    code,
    ...(payment && { payment: { ...payment, amount: payment.amount.toString(), toll: payment.toll.toString() } }),
    policyVersion,
    reference,
    eventsHash,
    events: events.map(eventToJson),
  }
}
