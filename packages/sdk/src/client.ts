// The client: one node's wire, and the chain behind it, learned once and insisted on from then on.
import { readChain, type Chain } from './chain.ts'
import { ownError } from './errors.ts'
import { createTransport, type Transport, type TransportOptions } from './transport.ts'

/** What a client is made of. */
export type ClientOptions = TransportOptions & {
  /** The only chain to sign for; without it, whichever chain the node names first (T98). */
  readonly chainId?: number
}

/** What every action takes first. */
export type Client = Transport & {
  readonly url: string
  /** The chain that operations are signed for; asked once. @throws LedgerError `sdk/wrong_chain` */
  chain(): Promise<Chain>
  /** The chain as the node describes it now. @throws LedgerError `sdk/wrong_chain` when it is another one than before */
  refresh(): Promise<Chain>
}

/** Opens a client. Nothing is sent before the first action. */
export function createClient(options: ClientOptions): Client {
  const transport = createTransport(options)
  let chainId = options.chainId
  let known: Chain | undefined

  async function refresh(): Promise<Chain> {
    const chain = readChain(await transport.get('/chain'))
    if (chainId !== undefined && chain.chainId !== chainId) {
      const values = { expected: chainId, found: chain.chainId }
      throw ownError('wrong_chain', `${options.url} serves chain ${chain.chainId}, not ${chainId}.`, { values })
    }
    chainId = chain.chainId
    known = chain
    return chain
  }

  return { ...transport, url: options.url.replace(/\/+$/, ''), chain: async () => known ?? refresh(), refresh }
}
