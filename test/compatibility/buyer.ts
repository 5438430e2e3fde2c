// A program that buys, with an official client, a key and the assets that it may spend. What it sends and is answered is kept,
// as a proxy on its way would see it.
import type { PaymentPayload, PaymentRequired } from '@x402/core/types'
import { privateKeyToAccount } from 'viem/accounts'
import type { Hex } from 'viem'
import { dollar } from '../../bench/payments.ts'
import { credentialHeader, readBought } from './bought.ts'
import type { Bought } from './bought.ts'
import { clients } from './clients.ts'
import type { ClientName } from './clients.ts'

/** Someone who buys. */
export type Buyer = {
  /** The address that signs. */
  readonly address: string
  /** Buys through the official client. */
  buy(url: string): Promise<Bought>
  /** Signs what a 402 asks for, changed on the way, without sending it: the header to send. */
  sign(required: PaymentRequired, change?: (payload: PaymentPayload) => PaymentPayload): Promise<string>
}

/** Who buys, with what. */
export type Buying = {
  readonly key: Hex
  /** Default: today's client for fetch. */
  readonly client?: ClientName
  /** Default: the dollar of the development chain; `default` for what the client allows when nobody told it anything. */
  readonly assets?: readonly { readonly address: string; readonly chainId: number }[] | 'default'
  readonly paymentId?: () => string
}

/** Sends a request with a credential that was signed before, or with none. */
export async function present(url: string, credential?: string): Promise<Bought> {
  const headers: HeadersInit = credential === undefined ? {} : { [credentialHeader]: credential }
  return readBought(await fetch(url, { headers }), credential)
}

/** The nonce, payer and times that a credential carries. */
export function readCredential(credential: string | undefined): PaymentPayload {
  return JSON.parse(Buffer.from(credential ?? '', 'base64').toString('utf8')) as PaymentPayload
}

/** The nonce of the authorization in a credential. */
export function nonceOf(credential: string | undefined): string {
  return (readCredential(credential).payload as { readonly authorization: { readonly nonce: string } }).authorization
    .nonce
}

/** A credential as the header carries it. */
export function encodeCredential(payload: PaymentPayload): string {
  return Buffer.from(JSON.stringify(payload)).toString('base64')
}

/** Creates a buyer. */
export function createBuyer({ key, client = 'fetch 2.27', assets = [dollar], ...options }: Buying): Buyer {
  const allowed =
    assets === 'default'
      ? assets
      : assets.map(({ address, chainId }) => ({ network: `eip155:${chainId}` as const, asset: address }))
  const open = clients[client].create({ key, assets: allowed, ...options })
  return {
    address: privateKeyToAccount(key).address,
    buy: (url) => open.buy(url),
    async sign(required, change) {
      const credential = await open.sign(required)
      return change === undefined ? credential : encodeCredential(change(readCredential(credential)))
    },
  }
}
