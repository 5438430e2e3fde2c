// Named roots to the app hash: an RFC 6962 tree over `name -> SHA-256(value)`, with leaves as CometBFT's simple map
// encodes them, so that one verifier serves all (shapes 5).
import * as Text from '../codec/Text.ts'
import { sha256 } from '../crypto/hash.ts'
import { appendLeaf, emptyMmr, leafHash, mmrRoot } from './mmr.ts'
import type { Mmr } from './mmr.ts'

/** One thing the app hash commits to; names are printable ASCII of at most 127 characters. */
export type NamedRoot = { readonly name: string; readonly value: Uint8Array }

/** Keeps a name's length within one byte of its varint. */
const nameLengthMax = 127

/**
 * The root over all named values, whatever order they come in.
 *
 * @throws when a name is empty, too long, not ASCII, or occurs twice.
 */
export function appHash(roots: readonly NamedRoot[]): Uint8Array {
  const ascending = roots.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  let tree: Mmr = emptyMmr
  for (const [i, root] of ascending.entries()) {
    if (root.name === ascending[i + 1]?.name) throw new Error(`Two roots are named ${root.name}.`)
    tree = appendLeaf(tree, leafHash(encodeRoot(root)))
  }
  return mmrRoot(tree)
}

/** `varint length ‖ name ‖ 0x20 ‖ SHA-256(value)`; 0x20 is the varint length of the hash. */
function encodeRoot(root: NamedRoot): Uint8Array {
  const name = Text.toBytes(root.name)
  const isAscii = name.every((byte) => byte > 0x20 && byte < 0x7f)
  if (name.length === 0 || name.length > nameLengthMax || !isAscii)
    throw new Error(`No root can be named ${root.name}.`)
  const bytes = new Uint8Array(1 + name.length + 1 + 32)
  bytes[0] = name.length
  bytes.set(name, 1)
  bytes[1 + name.length] = 32
  bytes.set(sha256(root.value), 2 + name.length)
  return bytes
}
