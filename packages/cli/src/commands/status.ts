// status: how a node is, and which chain it serves.
import { createClient, getChain, LedgerError } from '@turnpike/sdk'
import type { Call, Output } from '../command.ts'
import { urlOf } from '../remote.ts'

/** Asks. @throws LedgerError when nobody answers; a node that is starting or stopping answers with exit code 1 */
export async function status(call: Call): Promise<Output> {
  const url = urlOf(call)
  try {
    const { chainId, network, engine, height, assets } = await getChain(createClient({ url }))
    const names = assets.map(({ symbol }) => symbol).join(', ')
    return {
      json: {
        url,
        status: 'ok',
        chainId,
        network,
        engine,
        height,
        assets: assets.map(({ symbol, address, decimals }) => ({ symbol, address, decimals })),
      },
      text: `${url} is up: chain ${chainId} (${engine}) at height ${height}, with ${names}.`,
    }
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code.startsWith('sdk/')) throw error
    return {
      json: { url, status: 'not ready', code: error.code },
      text: `${url} answers, and is not ready: ${error.message}`,
      exitCode: 1,
    }
  }
}
