// What may be read (View), what a rule is given (Context), and in whose right it runs (Caller).
import type { Address } from '../codec/Address.ts'
import type { Signature } from '../crypto/signature.ts'
import type { Event } from '../wire/event.ts'
import type { Store } from './store.ts'

/** State at one height. `time` is the block's time in milliseconds; for reads a lower bound of the next block's. */
export type View = { readonly chainId: number; readonly height: number; readonly time: number; readonly store: Store }

/** The view, the right to write, and who made a signature (nobody, if it does not hold). */
export type Context = View & {
  /** Leaf of the receipt that the running operation will get. */
  readonly sequence: number
  emit(event: Event): void
  verify(signature: Signature): Address | undefined
}

/** In whose right an operation runs, and the key that signed; undefined: nobody, a relayed authorization (decisions 2). */
export type Caller = { readonly account: Address; readonly key: Address } | undefined
