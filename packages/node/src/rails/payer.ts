// Who pays, by the payload of `exact`, which is the same on every network.
import { Address, Fields } from '@turnpike/chain/wire'

/** What the buyer calls itself, if the payload says it in the form of an address. */
export function findPayer(payload: unknown): string | undefined {
  const from = Fields.find(Fields.find(payload)?.['authorization'])?.['from']
  return Address.is(from) ? from : undefined
}
