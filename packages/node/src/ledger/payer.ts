// Who acts or pays in an operation, as signed, and the nonce that makes it single-use; all of it public.
import { Address } from '@turnpike/chain/wire'
import type { Hash, Op } from '@turnpike/chain/wire'

/** A nonce as it is kept: by the address as signed, under an asset (zero for native messages). */
export type NonceKey = { readonly address: Address.Address; readonly asset: Address.Address; readonly nonce: Hash.Hash }

/** Fields of authorizations that name the signer: EIP-3009 calls it `from` in a transfer and `authorizer` in a cancellation. */
const signerFields = ['from', 'authorizer'] as const

/** Under which nonce an operation happens at most once. */
export function nonceKeyOf({ definition, message }: Op): NonceKey {
  const nonce = message['nonce'] as Hash.Hash
  if (definition.family === 'native')
    return { address: message['account'] as Address.Address, asset: Address.zero, nonce }
  const field = signerFields.find((name) => message[name] !== undefined)!
  return { address: message[field] as Address.Address, asset: message['asset'] as Address.Address, nonce }
}

/** Whom an operation pays, as signed; undefined when it names nobody. */
export function findPayee({ message }: Op): Address.Address | undefined {
  return (message['payee'] ?? message['to']) as Address.Address | undefined
}

/** The asset and amount that an operation would move, where it names them. */
export function findAmount({ message }: Op): { readonly asset: Address.Address; readonly amount: bigint } | undefined {
  const amount = (message['amount'] ?? message['value']) as bigint | undefined
  const asset = message['asset'] as Address.Address | undefined
  return amount === undefined || asset === undefined ? undefined : { asset, amount }
}

/** Whether two keys name the same nonce. */
export function isSameNonce(a: NonceKey, b: NonceKey): boolean {
  return a.nonce === b.nonce && a.address === b.address && a.asset === b.asset
}
