// A program that buys: the official fetch client, unmodified, with a key and the assets that it may spend. What it sends and
// is answered is kept, as a proxy on its way would see it.
import { decodePaymentRequiredHeader, decodePaymentResponseHeader } from '@x402/core/http'
import type { PaymentPayload, PaymentRequired, SettleResponse } from '@x402/core/types'
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { appendPaymentIdentifierToExtensions } from '@x402/extensions/payment-identifier'
import { wrapFetchWithPayment, x402Client } from '@x402/fetch'
import { privateKeyToAccount } from 'viem/accounts'
import type { Hex } from 'viem'
import { dollar } from '../../bench/payments.ts'

/** What came back for one request of a buyer. */
export type Bought = {
  readonly status: number
  readonly body: unknown
  /** Of the header PAYMENT-RESPONSE. */
  readonly settled: SettleResponse | undefined
  /** Of the header PAYMENT-REQUIRED: why it was not paid. */
  readonly required: PaymentRequired | undefined
  /** The header PAYMENT-SIGNATURE that was sent. */
  readonly credential: string | undefined
}

/** Someone who buys. */
export type Buyer = {
  /** The address that signs. */
  readonly address: string
  /** Buys through the official client. */
  buy(url: string): Promise<Bought>
  /** Signs what a 402 asks for, changed on the way, without sending it: the header to send. */
  sign(required: PaymentRequired, change?: (payload: PaymentPayload) => PaymentPayload): Promise<string>
}

export type BuyerOptions = {
  readonly key: Hex
  /** Default: the dollar of the development chain. */
  readonly assets?: readonly { readonly address: string; readonly chainId: number }[]
  /** Names each payment, for servers that ask for it. */
  readonly paymentId?: () => string
}

/** Reads the outcome out of a response. */
export async function readBought(response: Response, credential?: string): Promise<Bought> {
  const settled = response.headers.get('PAYMENT-RESPONSE')
  const required = response.headers.get('PAYMENT-REQUIRED')
  return {
    status: response.status,
    body: await response.json(),
    settled: settled === null ? undefined : decodePaymentResponseHeader(settled),
    required: required === null ? undefined : decodePaymentRequiredHeader(required),
    credential,
  }
}

/** Sends a request with a credential that was signed before, or with none. */
export async function present(url: string, credential?: string): Promise<Bought> {
  const headers: HeadersInit = credential === undefined ? {} : { 'PAYMENT-SIGNATURE': credential }
  return readBought(await fetch(url, { headers }), credential)
}

/** The nonce, payer and times that a credential carries. */
export function readCredential(credential: string | undefined): PaymentPayload {
  return JSON.parse(Buffer.from(credential ?? '', 'base64').toString('utf8')) as PaymentPayload
}

/** A credential as the header carries it. */
export function encodeCredential(payload: PaymentPayload): string {
  return Buffer.from(JSON.stringify(payload)).toString('base64')
}

/** Creates a buyer. */
export function createBuyer({ key, assets = [dollar], paymentId }: BuyerOptions): Buyer {
  const account = privateKeyToAccount(key)
  const client = new x402Client().register('eip155:*', new ExactEvmScheme(account)).setSpendControls({
    allowedAssets: assets.map(({ address, chainId }) => ({ network: `eip155:${chainId}` as const, asset: address })),
  })
  if (paymentId !== undefined) {
    client.onBeforePaymentCreation(async ({ paymentRequired }) => {
      if (paymentRequired.extensions) appendPaymentIdentifierToExtensions(paymentRequired.extensions, paymentId())
    })
  }
  return {
    address: account.address,
    async buy(url) {
      let credential: string | undefined
      const watched: typeof fetch = (input, init) => {
        credential = new Request(input, init).headers.get('PAYMENT-SIGNATURE') ?? credential
        return fetch(input, init)
      }
      const response = await wrapFetchWithPayment(watched, client)(url)
      return readBought(response, credential)
    },
    sign: async (required, change = (payload) => payload) =>
      encodeCredential(change(await client.createPaymentPayload(required))),
  }
}
