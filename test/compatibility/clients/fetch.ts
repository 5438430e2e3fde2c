// The official client for fetch: today's version with its spend controls, and 2.10 without.
import { x402HTTPClient } from '@x402/core/client'
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { wrapFetchWithPayment, x402Client } from '@x402/fetch'
import { privateKeyToAccount } from 'viem/accounts'
import { ExactEvmScheme as OldExactEvmScheme } from 'x402-evm-old/exact/client'
import {
  wrapFetchWithPayment as oldWrapFetchWithPayment,
  x402Client as OldClient,
  x402HTTPClient as OldHttpClient,
} from 'x402-fetch-old'
import { credentialHeader, namePayments, readBought } from '../bought.ts'
import type { Bought, BuyerOptions } from '../bought.ts'
import type { OpenClient } from '../bought.ts'

/** Buys with a wrapped fetch; what goes out is read on its way. */
async function buyWith(
  wrap: (watched: typeof fetch) => (url: string) => Promise<Response>,
  url: string,
): Promise<Bought> {
  let credential: string | undefined
  const watched: typeof fetch = (input, init) => {
    credential = new Request(input, init).headers.get(credentialHeader) ?? credential
    return fetch(input, init)
  }
  const response = await wrap(watched)(url)
  return readBought(response, credential)
}

export function createFetchBuyer({ key, assets, paymentId }: BuyerOptions): OpenClient {
  const client = new x402Client().register('eip155:*', new ExactEvmScheme(privateKeyToAccount(key)))
  if (assets !== 'default') client.setSpendControls({ allowedAssets: [...assets] })
  if (paymentId !== undefined) client.onBeforePaymentCreation(namePayments(paymentId))
  return {
    buy: (url) => buyWith((watched) => wrapFetchWithPayment(watched, client), url),
    async sign(required) {
      const payload = await client.createPaymentPayload(required)
      return new x402HTTPClient(client).encodePaymentSignatureHeader(payload)[credentialHeader]!
    },
  }
}

export function createOldFetchBuyer({ key, paymentId }: BuyerOptions): OpenClient {
  const client = new OldClient().register('eip155:*', new OldExactEvmScheme(privateKeyToAccount(key)))
  if (paymentId !== undefined) client.onBeforePaymentCreation(namePayments(paymentId))
  return {
    buy: (url) => buyWith((watched) => oldWrapFetchWithPayment(watched, client), url),
    async sign(required) {
      const payload = await client.createPaymentPayload(required)
      return new OldHttpClient(client).encodePaymentSignatureHeader(payload)[credentialHeader]!
    },
  }
}
