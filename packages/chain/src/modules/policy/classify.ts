// Whether a change of a policy lets anything pass that did not pass before: the partial order of agent-policy 4, field by field.
import type { Address } from '../../codec/Address.ts'
import { termOf, type Cap, type PolicyDocument } from './document.ts'

export type ChangeClass = 'equal' | 'tighter' | 'loosening'

/** The class of a change; for a loosening, the first field that loosens. */
export type Classified = { readonly change: ChangeClass; readonly field?: string }

type FieldChange = { readonly field: string; readonly change: ChangeClass }

/** Lower is tighter. */
function byNumber(field: string, before: number, after: number): FieldChange {
  return { field, change: after === before ? 'equal' : after < before ? 'tighter' : 'loosening' }
}

function isSubset(part: readonly Address[], whole: readonly Address[]): boolean {
  return part.every((entry) => whole.includes(entry))
}

/** Fewer entries are tighter; anything added loosens. */
function bySubset(field: string, before: readonly Address[], after: readonly Address[]): FieldChange {
  if (!isSubset(after, before)) return { field, change: 'loosening' }
  return { field, change: after.length < before.length ? 'tighter' : 'equal' }
}

/** A limit that is absent is infinite. */
function byLimit(field: string, before: bigint | number | undefined, after: bigint | number | undefined): FieldChange {
  if (before === after) return { field, change: 'equal' }
  if (after === undefined) return { field, change: 'loosening' }
  return { field, change: before === undefined || after < before ? 'tighter' : 'loosening' }
}

/** Whether two caps count in the same units, so that the counter of one can go on for the other. */
export function isSameUnit(a: Cap, b: Cap): boolean {
  return (a.maxAmount === undefined) === (b.maxAmount === undefined) && isSameDenom(a, b)
}

function isSameDenom({ denom: a }: Cap, { denom: b }: Cap): boolean {
  if (a === undefined || b === undefined) return a === b
  if ('asset' in a) return 'asset' in b && a.asset === b.asset
  return 'currency' in b && a.currency === b.currency
}

/** Whether two caps look back equally far in equal steps. */
export function isSameWindow({ per: a }: Cap, { per: b }: Cap): boolean {
  if (a.kind !== 'rolling' || b.kind !== 'rolling') return a.kind === b.kind
  return a.windowMs === b.windowMs && a.buckets === b.buckets
}

function byCaps(before: readonly Cap[], after: readonly Cap[]): readonly FieldChange[] {
  const changes = before.flatMap((old): readonly FieldChange[] => {
    const field = `caps.${old.id}`
    const next = after.find(({ id }) => id === old.id)
    if (next === undefined || !isSameUnit(old, next) || !isSameWindow(old, next))
      return [{ field, change: 'loosening' }]
    return [
      byLimit(`${field}.maxAmount`, old.maxAmount, next.maxAmount),
      byLimit(`${field}.maxCount`, old.maxCount, next.maxCount),
    ]
  })
  const isAdded = after.some(({ id }) => before.every((old) => old.id !== id))
  return isAdded ? [...changes, { field: 'caps', change: 'tighter' }] : changes
}

function byPayees(before: PolicyDocument['payees'], after: PolicyDocument['payees']): FieldChange {
  const field = 'payees'
  const [old, next] = [before.list.map(({ payee }) => payee), after.list.map(({ payee }) => payee)]
  if (before.mode === 'allow')
    return after.mode === 'allow' ? bySubset(field, old, next) : { field, change: 'loosening' }
  if (after.mode === 'deny')
    return isSubset(old, next)
      ? { field, change: next.length > old.length ? 'tighter' : 'equal' }
      : { field, change: 'loosening' }
  // Two addresses may stand for one account, so that a list of the allowed may hold one of the denied under another name.
  return { field, change: old.length > 0 ? 'loosening' : 'tighter' }
}

/** Classifies a change; mixed is loosening. `created`: the agent's creation in ms, from which absent times count. */
export function classify(before: PolicyDocument, after: PolicyDocument, created: number): Classified {
  const [old, next] = [termOf(before, created), termOf(after, created)]
  const changes = [
    byNumber('notBefore', -old.notBefore, -next.notBefore),
    byNumber('expiresAt', old.expiresAt, next.expiresAt),
    bySubset('assets', before.assets, after.assets),
    ...byCaps(before.caps, after.caps),
    byPayees(before.payees, after.payees),
    byNumber('maxAuthLifetimeMs.native', before.maxAuthLifetimeMs.native, after.maxAuthLifetimeMs.native),
    byNumber('maxAuthLifetimeMs.eip3009', before.maxAuthLifetimeMs.eip3009, after.maxAuthLifetimeMs.eip3009),
    byNumber('change.loosenDelayMs', -before.change.loosenDelayMs, -after.change.loosenDelayMs),
  ]
  const loosening = changes.find(({ change }) => change === 'loosening')
  if (loosening !== undefined) return loosening
  return { change: changes.some(({ change }) => change === 'tighter') ? 'tighter' : 'equal' }
}
