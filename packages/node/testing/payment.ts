// Payments as an unmodified x402 client makes them: the body of verify and settle, signed, with whatever a test wants changed.
import { dollar, freshNonce, person } from '@turnpike/chain/testing'
import type { Person } from '@turnpike/chain/testing'
import { createDomain, createStruct, digest, Hash, Hex } from '@turnpike/chain/wire'
import type { Address } from '@turnpike/chain/wire'
import type { TestNode } from './gateway.ts'

const struct = createStruct('TransferWithAuthorization', [
  { name: 'from', type: 'address' },
  { name: 'to', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'validAfter', type: 'uint256' },
  { name: 'validBefore', type: 'uint256' },
  { name: 'nonce', type: 'bytes32' },
])

export type PaymentOptions = {
  readonly payer: Person
  readonly payee: Address.Address
  /** In ms; the authorization is valid for `lifetime` seconds from then. */
  readonly now: number
  readonly amount?: bigint
  readonly lifetime?: number
  readonly nonce?: Hash.Hash
  readonly identifier?: string
  readonly chainId?: number
}

type Fields = { [name: string]: unknown }

/** The body of a call. Every part may be changed afterwards; what is signed is what the options say. */
export type PaymentBody = {
  x402Version: unknown
  paymentPayload: {
    x402Version: unknown
    accepted: Fields
    payload: { signature: unknown; authorization: Fields } & Fields
    extensions?: unknown
  } & Fields
  paymentRequirements: Fields
}

/** A signed payment of the dollar asset. */
export function createPayment({
  payer,
  payee,
  now,
  amount = 1_000n,
  lifetime = 300,
  nonce = freshNonce(),
  identifier,
  chainId = 402_402,
}: PaymentOptions): PaymentBody {
  const validBefore = Math.floor(now / 1000) + lifetime
  const domain = createDomain({ name: 'Turnpike USD', version: '1', chainId, verifyingContract: dollar })
  const signed = digest(domain, struct.hash([payer.address, payee, amount, 0, validBefore, nonce]))
  const requirements = {
    scheme: 'exact',
    network: 'eip155:402402',
    amount: amount.toString(),
    asset: dollar,
    payTo: payee,
    maxTimeoutSeconds: lifetime,
    extra: { name: 'Turnpike USD', version: '1' },
  }
  const authorization = {
    from: payer.address,
    to: payee,
    value: amount.toString(),
    validAfter: '0',
    validBefore: String(validBefore),
    nonce,
  }
  const payload = { signature: Hex.fromBytes(payer.sign(Hash.fromBytes(signed))), authorization }
  const extensions =
    identifier === undefined
      ? {}
      : { extensions: { 'payment-identifier': { info: { required: false, id: identifier } } } }
  return {
    x402Version: 2,
    paymentPayload: { x402Version: 2, accepted: structuredClone(requirements), payload, ...extensions },
    paymentRequirements: requirements,
  }
}

/** Someone who pays and someone who is paid. */
export type Pair = { readonly payer: Person; readonly payee: Person }

/** What a payer has unless a test says otherwise. */
export const funded = 1_000_000n
let pairs = 0

/** A payer with money and a payee without, whom no other test knows. */
export async function meet(node: TestNode, amount = funded): Promise<Pair> {
  pairs++
  const pair = { payer: person(`payer ${pairs}`), payee: person(`payee ${pairs}`) }
  if (amount > 0n) await node.fund(pair.payer.address, amount)
  return pair
}

/** A signed payment of one to the other, at the time of the node. */
export function pay(node: TestNode, { payer, payee }: Pair, more: Partial<PaymentOptions> = {}): PaymentBody {
  return createPayment({ payer, payee: payee.address, now: node.now, ...more })
}
