// Where an agent's account is: known from its owner and its name before it exists.
import { Address, Hash, Hex, keccak256, Text } from '@turnpike/chain/wire'

const agentTag = Text.toBytes('turnpike/agent/v1')

/** `keccak256("turnpike/agent/v1" ‖ owner ‖ salt)[12..]` (decisions 3): keys rotate, the address stays. */
export function agentAddress(owner: Address.Address, salt: Hash.Hash): Address.Address {
  const preimage = new Uint8Array(agentTag.length + 52)
  preimage.set(agentTag)
  Hex.writeBytes(owner, preimage, agentTag.length)
  Hex.writeBytes(salt, preimage, agentTag.length + 20)
  return Address.fromBytes(keccak256(preimage), 12)
}

/** The salt of an agent's name: keccak256 of its UTF-8 bytes, so that a name leads to the same agent everywhere (shapes 2). */
export function saltOfName(name: string): Hash.Hash {
  return Hash.fromBytes(keccak256(Text.toBytes(name)))
}
