// The people of a run: their keys follow from their names, and how they sign from the hand that they are given.
import { addressOfKey, keccak256 } from '@turnpike/chain/wire'
import type { Address, Hash, Op } from '@turnpike/chain/wire'
import type { Hand } from './hands.ts'

/** Someone with a key. */
export type Person = {
  readonly name: string
  readonly address: Address.Address
  sign(digest: Hash.Hash): Uint8Array
}

/** The person of a name: the key is the Keccak-256 of it, the same in every run. */
export function createPerson(name: string, hand: Hand): Person {
  return createPersonWithKey(name, { hand, secret: keccak256(new TextEncoder().encode(`turnpike simulated ${name}`)) })
}

/** A person with a key that is given. */
export function createPersonWithKey(
  name: string,
  { hand, secret }: { readonly hand: Hand; readonly secret: Uint8Array },
): Person {
  const key = { secret, address: addressOfKey(secret) }
  return { name, address: key.address, sign: (digest) => hand.sign(key, digest) }
}

/** Who made each signature of an operation, in their order. */
export function signersOf(hand: Hand, op: Op): readonly (Address.Address | undefined)[] {
  return op.signatures.map((signature) => hand.recover(signature))
}

export type People = {
  readonly owners: readonly Person[]
  readonly sellers: readonly Person[]
  /** Keys for agents. */
  readonly keys: readonly Person[]
}

/** The people of every run; operator and toll account come with the genesis. */
export function createPeople(hand: Hand): People {
  const some = (count: number, name: string): readonly Person[] =>
    Array.from({ length: count }, (_, i) => createPerson(`${name} ${i}`, hand))
  return { owners: some(5, 'owner'), sellers: some(4, 'seller'), keys: some(24, 'key') }
}
