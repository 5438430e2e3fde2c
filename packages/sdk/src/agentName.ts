// How an agent's name leads to its account: the name is the salt that the account's address is made of.
import { Hash, keccak256, Text } from '@turnpike/chain/wire'

/** The salt of an agent's name: keccak256 of its UTF-8 bytes, so that a name leads to the same agent everywhere (shapes 2). */
export function saltOfName(name: string): Hash.Hash {
  return Hash.fromBytes(keccak256(Text.toBytes(name)))
}
