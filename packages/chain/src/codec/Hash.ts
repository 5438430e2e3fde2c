// Hashes and other 32-byte words (nonces, references): in code a branded lower-case `0x…` string.
import * as Hex from './Hex.ts'

/** Thirty-two bytes: lower-case `0x` and 64 digits. */
export type Hash = Hex.Hex & { readonly brand: 'Hash' }

/** Thirty-two zero bytes: nothing. */
export const zero = `0x${'0'.repeat(64)}` as Hash

/** Whether the text is a 32-byte word in any case. */
export function is(text: unknown): text is Hex.Hex {
  return typeof text === 'string' && text.length === 66 && Hex.isHex(text)
}

/** The word a text stands for, or undefined when it is none. */
export function parse(text: unknown): Hash | undefined {
  return is(text) ? (Hex.lower(text) as Hash) : undefined
}

/** The word of 32 bytes; longer input is read from `offset`. */
export function fromBytes(bytes: Uint8Array, offset = 0): Hash {
  return Hex.fromRange(bytes, offset, 32) as Hash
}
