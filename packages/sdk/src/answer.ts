// Reads what a node answered, field by field, so that a wrong shape is one typed error and never an undefined further on.
import { Address, Fields as JsonFields, Hash, retries, Units, type Retry } from '@turnpike/chain/wire'
import { ownError } from './errors.ts'

/** A JSON object of unknown fields; fields that nobody asks for are ignored, so that a newer node can say more. */
export type Fields = JsonFields.Fields

function bad(name: string, wanted: string): never {
  throw ownError('malformed_answer', `The node's answer has no ${wanted} in "${name}".`)
}

/** @throws LedgerError `sdk/malformed_answer`, as do all functions of this file */
export function fields(value: unknown, name: string): Fields {
  return JsonFields.find(value) ?? bad(name, 'object')
}

/** A text. */
export function text(of: Fields, name: string): string {
  const value = of[name]
  return typeof value === 'string' ? value : bad(name, 'text')
}

/** When the same bytes may succeed; a word that this client does not know says what the fallback does. */
export function retryOf(value: unknown, fallback: Retry): Retry {
  return retries.find((retry) => retry === value) ?? fallback
}

/** A text, or nothing. */
export function optionalText(of: Fields, name: string): string | undefined {
  return typeof of[name] === 'string' ? of[name] : undefined
}

/** A height, sequence, version or time in milliseconds. */
export function integer(of: Fields, name: string): number {
  const value = of[name]
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : bad(name, 'whole number')
}

/** The same, or nothing. */
export function optionalInteger(of: Fields, name: string): number | undefined {
  return of[name] === undefined || of[name] === null ? undefined : integer(of, name)
}

/** An amount in base units or cap units, from its decimal text. */
export function units(of: Fields, name: string): bigint {
  return Units.parse(of[name]) ?? bad(name, 'amount')
}

/** The same, or nothing. */
export function optionalUnits(of: Fields, name: string): bigint | undefined {
  return of[name] === undefined || of[name] === null ? undefined : units(of, name)
}

/** An address, in lower case. */
export function address(of: Fields, name: string): Address.Address {
  return Address.parse(of[name]) ?? bad(name, 'address')
}

/** An operation's name or another 32 bytes. */
export function hash(of: Fields, name: string): Hash.Hash {
  return Hash.parse(of[name]) ?? bad(name, 'hash of 32 bytes')
}

/** A list, entry by entry. */
export function list<T>(of: Fields, name: string, read: (entry: Fields) => T): readonly T[] {
  const value = of[name]
  if (!Array.isArray(value)) return bad(name, 'list')
  return value.map((entry: unknown) => read(fields(entry, name)))
}
