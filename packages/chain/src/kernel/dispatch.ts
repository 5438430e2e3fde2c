// One operation: mark, authenticate, run the rule; keep its writes or take them back; make its receipt.
import type { Address } from '../codec/Address.ts'
import * as Hash from '../codec/Hash.ts'
import type { Signature } from '../crypto/signature.ts'
import { hashEvents, type Event } from '../wire/event.ts'
import type { Definition } from '../wire/message.ts'
import type { Op } from '../wire/op.ts'
import type { Outcome, Receipt } from '../wire/receipt.ts'
import { Refusal } from '../wire/refusal.ts'
import type { Caller, Context } from './context.ts'
import type { Binding } from './module.ts'
import type { State } from './state.ts'

/** The same operation, or the same payment, succeeded earlier; nothing is written and no leaf is added. */
export type Repeat = { readonly repeats: number }

/** Who runs an operation, once its first signature, its nonce and its validity are judged; or the receipt that it repeats. */
export type Authenticate = (context: Context, op: Op) => { readonly caller: Caller } | Repeat

/** Says who made a signature, or nobody. Live: from verdicts computed before ordering; on replay: from the block record. */
export type Verify = (signature: Signature) => Address | undefined

/** A receipt with the events that its leaf commits to. */
export type ReceiptWithEvents = Receipt & { readonly events: readonly Event[] }
export type OpOutcome = ReceiptWithEvents | Repeat | Refusal

/** Runs operations of one block one after the other. */
export type Run = { readonly context: Context; execute(op: Op): OpOutcome }

type RunOptions = { readonly state: State; readonly height: number; readonly time: number; readonly verify: Verify }
type Rules = { readonly bindings: ReadonlyMap<Definition, Binding>; readonly authenticate: Authenticate }

/** A run at a height and time. Each success takes the next sequence number. */
export function createRun({ bindings, authenticate }: Rules, { state, height, time, verify }: RunOptions): Run {
  let events: Event[] = []
  const context = {
    chainId: state.chainId,
    height,
    time,
    store: state.store,
    sequence: state.head.receipts.size,
    emit: (event: Event) => void events.push(event),
    verify,
  }
  return {
    context,
    execute(op) {
      events = []
      const mark = state.store.mark()
      try {
        const authenticated = authenticate(context, op)
        if ('repeats' in authenticated) return authenticated
        const outcome = bindings.get(op.definition)!.rule(context, op.message, authenticated.caller, op)
        if ('repeats' in outcome) {
          state.store.revert(mark)
          return outcome
        }
        return receiptOf({ op, outcome, context, sequence: context.sequence++, events })
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        state.store.revert(mark)
        return error
      }
    },
  }
}

type Success = {
  readonly op: Op
  readonly outcome: Outcome
  readonly context: Context
  readonly sequence: number
  readonly events: readonly Event[]
}

function receiptOf({ op, outcome, context, sequence, events }: Success): ReceiptWithEvents {
  const { kind, payment, policyVersion = 0, reference = Hash.zero } = outcome
  const receipt = {
    kind,
    height: context.height,
    time: context.time,
    op: op.id,
    type: op.definition.number,
    code: 0,
    policyVersion,
    reference,
    eventsHash: hashEvents(events),
    sequence,
    events,
  }
  return payment === undefined ? receipt : { ...receipt, payment }
}
