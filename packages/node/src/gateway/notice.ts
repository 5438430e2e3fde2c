// What the event stream tells: a block in a few fields, and a refusal by class, with its reason for the operator only (shapes 9).
import type { codec } from '@turnpike/chain/wire'
import type { CommittedBlock } from '../engine/Engine.ts'
import { summarizePayments } from '../ledger/BlockSummary.ts'
import type { BlockSummary } from '../ledger/BlockSummary.ts'
import type { KeptRefusal } from '../ledger/ledger.ts'

/** A committed block, as history tells it later. */
export function summarize({ height, time, receipts }: CommittedBlock): BlockSummary {
  return { height, time, operations: receipts.length, payments: summarizePayments(receipts) }
}

type Told = { readonly [name: string]: codec.Json }

/** A refusal as anybody sees it. */
export function publicRefusal({ account, payee, class: kind, time }: KeptRefusal): Told {
  return { account, ...(payee !== undefined && { payee }), class: kind, time }
}

/** A refusal as the operator sees it. */
export function privateRefusal(refusal: KeptRefusal): Told {
  const { code, message, hint, retry, values } = refusal
  return { ...publicRefusal(refusal), code, message, hint, retry, values }
}
