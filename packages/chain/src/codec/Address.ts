// Addresses: twenty bytes, in code a branded lower-case `0x…` string. Compared as text.
import * as Hex from './Hex.ts'

/** An account's or a key's address: lower-case `0x` and 40 digits. */
export type Address = Hex.Hex & { readonly brand: 'Address' }

/** Twenty zero bytes: nobody. */
export const zero = `0x${'0'.repeat(40)}` as Address

/** Whether the text is an address in any case (checksums are not judged). */
export function is(text: unknown): text is Hex.Hex {
  return typeof text === 'string' && text.length === 42 && Hex.isHex(text)
}

/** The address a text stands for, or undefined when it is none. */
export function parse(text: unknown): Address | undefined {
  return is(text) ? (Hex.lower(text) as Address) : undefined
}

/** The address of twenty bytes; longer input is read from `offset`. */
export function fromBytes(bytes: Uint8Array, offset = 0): Address {
  return Hex.fromRange(bytes, offset, 20) as Address
}
