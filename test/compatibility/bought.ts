// What an official client is told, and what comes back, whichever it is.
import { decodePaymentRequiredHeader, decodePaymentResponseHeader } from '@x402/core/http'
import type { PaymentRequired, SettleResponse } from '@x402/core/types'
import { appendPaymentIdentifierToExtensions } from '@x402/extensions/payment-identifier'
import type { Hex } from 'viem'

/** The header that pays. */
export const credentialHeader = 'PAYMENT-SIGNATURE'

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

/** An asset that a buyer may spend. */
export type Allowed = { readonly network: `eip155:${number}`; readonly asset: string }

/** What a client is told. */
export type BuyerOptions = {
  readonly key: Hex
  /** Which assets it may spend besides those that it knows by itself, or nothing of the kind. */
  readonly assets: readonly Allowed[] | 'default'
  /** Names each payment, for servers that ask for it. */
  readonly paymentId?: () => string
}

/** What a client does for a buyer. */
export type OpenClient = {
  buy(url: string): Promise<Bought>
  /** The header that pays for what a 402 asks, without sending it. */
  sign(required: PaymentRequired): Promise<string>
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

/** Why nothing was bought, wherever the server says it. */
export function reasonOf({ settled, required }: Bought): string | undefined {
  return settled?.errorReason ?? required?.error
}

/** A hook for the TypeScript clients that names each payment where the server asks for a name. */
export function namePayments(
  paymentId: () => string,
): (context: { readonly paymentRequired: { readonly extensions?: Record<string, unknown> } }) => Promise<void> {
  return async ({ paymentRequired }) => {
    if (paymentRequired.extensions) appendPaymentIdentifierToExtensions(paymentRequired.extensions, paymentId())
  }
}
