// Signs what a seller asks for. The official client writes the payload; the transfer is signed as every operation of this package
// is, under the ledger's own domain, so that what the ledger will execute is known before anything is sent.
import type { SchemeNetworkClient } from '@x402/core/types'
import { Hex, type Address, type Hash } from '@turnpike/chain/wire'
import * as payments from '@turnpike/chain/wire/payments'
import type { Account } from '../account.ts'
import type { Asset } from '../chain.ts'
import type { Client } from '../client.ts'
import { signAuthorization } from '../sign.ts'
import type { Challenge } from './challenge.ts'

/** A signed payment. The same bytes are sent again and again, never others for the same terms. */
export type Credential = {
  readonly challenge: Challenge
  /** Value of the header PAYMENT-SIGNATURE. */
  readonly header: string
  /** The operation that settling it will be. */
  readonly operation: Hash.Hash
  readonly payer: Address.Address
  readonly payee: Address.Address
  readonly asset: Asset
  readonly amount: bigint
  readonly nonce: Hash.Hash
  /** Seconds: from then on it can never happen. */
  readonly validBefore: number
}

/** What is signed. */
export type Signable = {
  readonly challenge: Challenge
  readonly signer: Account
  /** One for the whole call: of all that is signed under it, the ledger executes at most one. */
  readonly nonce: Hash.Hash
  /** Seconds; the same for everything under one nonce, or the second could outlive the record of the first. */
  readonly validBefore: number
}

const identifierKey = 'payment-identifier'

/** The name of the payment, for sellers that ask for one (x402 14.2): one per nonce, so one per call. */
function identifierOf({ extensions }: Challenge, nonce: Hash.Hash): Readonly<Record<string, unknown>> | undefined {
  if (extensions === undefined || !Object.hasOwn(extensions, identifierKey)) return undefined
  return { [identifierKey]: { info: { id: `pay_${nonce.slice(2, 34)}` } } }
}

/** Signs a challenge. @throws what learning the chain throws */
export async function signCredential(
  client: Client,
  { challenge, signer, nonce, validBefore }: Signable,
): Promise<Credential> {
  // Loaded by those who pay: everybody else would wait for it in vain.
  const { x402Client, x402HTTPClient } = await import('@x402/core/client')
  const { offer, resource, extensions } = challenge
  const { payee, amount, asset, requirements } = offer
  const transfer = { asset: asset.address, from: signer.address, to: payee, value: amount, validAfter: 0, validBefore }
  const op = await signAuthorization(client, payments.transferWithAuthorization, { ...transfer, nonce }, signer)
  const authorization = {
    from: signer.address,
    to: payee,
    value: amount.toString(),
    validAfter: '0',
    validBefore: String(validBefore),
    nonce,
  }
  const payload = { signature: Hex.fromBytes(op.signatures[0]!.bytes), authorization }
  const named = identifierOf(challenge, nonce)
  const scheme: SchemeNetworkClient = {
    scheme: 'exact',
    createPaymentPayload: async (x402Version) => ({ x402Version, payload, ...(named && { extensions: named }) }),
  }
  const { network } = requirements
  const official = new x402Client().register(network, scheme).setSpendControls({
    allowedAssets: [{ network, asset: requirements.asset, maxAmountPerPayment: amount.toString() }],
  })
  const written = await official.createPaymentPayload({
    x402Version: 2,
    resource,
    accepts: [requirements],
    ...(extensions && { extensions: { ...extensions } }),
  })
  const headers = new x402HTTPClient(official).encodePaymentSignatureHeader(written)
  const header = headers['PAYMENT-SIGNATURE']!
  return { challenge, header, operation: op.id, payer: signer.address, payee, asset, amount, nonce, validBefore }
}
