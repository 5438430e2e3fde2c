// What a node of the development chain answers to GET /chain: for tests that sign without a node.
import { createClient, type Client } from './client.ts'

/** The dollar of the development chain. */
export const dollar = '0x7474747474747474747474747474747474747401'

/** The answer, with some fields changed. */
export function chainAnswer(changes: { readonly [field: string]: unknown } = {}): unknown {
  const asset = (symbol: string, address: string, decimals: number): unknown => ({
    symbol,
    address,
    decimals,
    currency: 'USD',
    eip712: { name: symbol === 'pUSD' ? 'Turnpike USD' : 'Turnpike Test USD', version: '1' },
  })
  const assets = [asset('pUSD', dollar, 6), asset('tUSD', '0x7474747474747474747474747474747474747402', 18)]
  return {
    chainId: 402402,
    network: 'eip155:402402',
    engine: 'embedded',
    height: 7,
    assets,
    contracts: {},
    params: {},
    ...changes,
  }
}

/** A client whose wire ends in a function instead of a socket. */
export function clientOver(
  answer: (path: string, init: RequestInit) => Response | Promise<Response>,
  options: { readonly chainId?: number; readonly timeoutMs?: number } = {},
): Client {
  const url = 'http://node.test'
  return createClient({
    url,
    ...options,
    // The transport names every address by its text.
    fetch: async (input, init) => answer((input as string).slice(url.length), init ?? {}),
  })
}
