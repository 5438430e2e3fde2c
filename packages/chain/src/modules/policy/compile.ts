// A document made ready to judge by: sets instead of lists, windows instead of fields. Derived, and kept as long as its document.
import type { Address } from '../../codec/Address.ts'
import { windowOf, type Window } from './caps.ts'
import type { Cap, PolicyDocument } from './document.ts'
import type { Body } from './state.ts'

/** A cap, place and number of its counter, and its window; without window it judges single payments and counts nothing. */
export type CountedCap = {
  readonly cap: Cap
  readonly place: number
  readonly number: number
  readonly window: Window | undefined
}

/** What the evaluator reads. */
export type Rules = {
  readonly document: PolicyDocument
  readonly assets: ReadonlySet<Address>
  readonly payees: ReadonlySet<Address>
  readonly caps: readonly CountedCap[]
}

const compiled = new WeakMap<Body, Rules>()

/** The rules of a body. */
export function compile(body: Body): Rules {
  const known = compiled.get(body)
  if (known !== undefined) return known
  const { document, counters } = body
  const rules: Rules = {
    document,
    assets: new Set(document.assets),
    payees: new Set(document.payees.list.map((entry) => entry.payee)),
    caps: document.caps.map((cap, i) => ({ cap, ...counters[i]!, window: windowOf(cap.per) })),
  }
  compiled.set(body, rules)
  return rules
}
