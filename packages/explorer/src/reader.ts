// Reads fields out of JSON that came from the node. Parse at the border, trust inside.
import { LedgerError } from './LedgerError.ts'

/** A JSON object whose fields are not known yet. */
export type Fields = Readonly<Record<string, unknown>>

function malformed(what: string): LedgerError {
  return new LedgerError({
    code: 'page/malformed_answer',
    message: `The node's answer has no usable ${what}.`,
    hint: 'Reload the page: it may be older than the node.',
    retry: 'later',
  })
}

/** The value as an object. @throws LedgerError `page/malformed_answer` */
export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(what)
  return value as Fields
}

/** A text that must be there. @throws LedgerError `page/malformed_answer` */
export function text(fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string') throw malformed(name)
  return value
}

/** A text that may be absent. */
export function optionalText(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A safe number that must be there. @throws LedgerError `page/malformed_answer` */
export function number(fields: Fields, name: string): number {
  const value = fields[name]
  if (typeof value !== 'number' || !Number.isFinite(value)) throw malformed(name)
  return value
}

/** A number that may be absent. */
export function optionalNumber(fields: Fields, name: string): number | undefined {
  const value = fields[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** An amount: decimal text of whole units. @throws LedgerError `page/malformed_answer` */
export function units(fields: Fields, name: string): bigint {
  return optionalUnits(fields, name) ?? fail(name)
}

/** An amount that may be absent. @throws LedgerError `page/malformed_answer` when it is there and is none */
export function optionalUnits(fields: Fields, name: string): bigint | undefined {
  const value = fields[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && /^(0|[1-9]\d{0,38})$/.test(value)) return BigInt(value)
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value)
  throw malformed(name)
}

/** A list, each entry read by `read`; absent means empty. @throws LedgerError `page/malformed_answer` */
export function list<T>(fields: Fields, name: string, read: (entry: Fields) => T): readonly T[] {
  const value = fields[name]
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw malformed(name)
  return value.map((entry) => read(fieldsOf(entry, name)))
}

function fail(what: string): never {
  throw malformed(what)
}
