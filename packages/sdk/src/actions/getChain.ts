// Asks which chain the node serves, at which height, and with which assets.
import type { Chain } from '../chain.ts'
import type { Client } from '../client.ts'

/** The chain as the node describes it now. @throws LedgerError `sdk/wrong_chain` when it is another one than before */
export async function getChain(client: Client): Promise<Chain> {
  return client.refresh()
}
