// A module: one subject of the ledger, as app.ts lists it; and on(), which binds a message to the rule that carries it out.
import type { Some } from '../codec/Codec.ts'
import type { Definition, Message } from '../wire/message.ts'
import type { Op } from '../wire/op.ts'
import type { Outcome } from '../wire/receipt.ts'
import type { CodeDefinition } from '../wire/refusal.ts'
import type { EventDefinition } from '../wire/event.ts'
import type { Caller, Context, View } from './context.ts'
import type { Repeat } from './dispatch.ts'
import type { GenesisDocument } from './genesis.ts'
import type { Param } from './params.ts'
import type { Query } from './query.ts'
import type { Table } from './table.ts'

/** Carries out one message: checks everything, then writes; refuses or says what came of it. */
export type Rule<M> = (context: Context, message: M, caller: Caller, op: Op) => Outcome | Repeat

/** A message and its rule. */
export type Binding = { readonly definition: Definition; readonly rule: Rule<Some> }

/** Binds a message to its rule. */
export function on<D extends Definition>(definition: D, rule: Rule<Message<D>>): Binding {
  return { definition, rule }
}

/** Work that falls due: takes one entry off a queue and does it; false when nothing is due. */
export type Due = { readonly name: string; readonly run: (context: Context) => boolean }

/** What must always hold of the whole state; answers what is wrong, or undefined. */
export type Invariant = { readonly name: string; readonly check: (view: View) => string | undefined }

/** Names an invariant after its function. */
export function invariant(name: string, check: (view: View) => string | undefined): Invariant {
  return { name, check }
}

/** One subject of the ledger. Every key but name and number is optional. */
export type Module = {
  readonly name: string
  readonly number: number
  readonly tables?: readonly Table[]
  readonly rules?: readonly Binding[]
  readonly events?: readonly EventDefinition[]
  readonly codes?: readonly CodeDefinition[]
  readonly queries?: readonly Query[]
  readonly params?: readonly Param[]
  readonly due?: readonly Due[]
  /** Work of every block; of constant cost, and writing nothing when no operation succeeded and nothing was due. */
  readonly each?: (context: Context) => void
  readonly genesis?: (context: Context, document: GenesisDocument) => void
  readonly invariants?: readonly Invariant[]
}
