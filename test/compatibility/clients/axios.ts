// The official client for axios. It rejects what is not paid, as axios does; here that is an answer like any other.
import { wrapAxiosWithPayment, x402Client, x402HTTPClient } from '@x402/axios'
import { ExactEvmScheme } from '@x402/evm/exact/client'
import axios, { isAxiosError } from 'axios'
import type { AxiosResponse } from 'axios'
import { privateKeyToAccount } from 'viem/accounts'
import { credentialHeader, namePayments, readBought } from '../bought.ts'
import type { BuyerOptions } from '../bought.ts'
import type { OpenClient } from '../bought.ts'

function toResponse({ status, headers, data }: AxiosResponse): Response {
  const pairs = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
  return new Response(JSON.stringify(data), { status, headers: pairs })
}

export function createAxiosBuyer({ key, paymentId }: BuyerOptions): OpenClient {
  const client = new x402Client().register('eip155:*', new ExactEvmScheme(privateKeyToAccount(key)))
  if (paymentId !== undefined) client.onBeforePaymentCreation(namePayments(paymentId))
  return {
    async buy(url) {
      let credential: string | undefined
      const api = axios.create()
      api.interceptors.request.use((request) => {
        credential = (request.headers.get(credentialHeader) as string | null | undefined) ?? credential
        return request
      })
      const response = await wrapAxiosWithPayment(api, client)
        .get(url)
        .catch((error: unknown) => {
          if (isAxiosError(error) && error.response !== undefined) return error.response
          throw error
        })
      return readBought(toResponse(response), credential)
    },
    async sign(required) {
      const payload = await client.createPaymentPayload(required)
      return new x402HTTPClient(client).encodePaymentSignatureHeader(payload)[credentialHeader]!
    },
  }
}
