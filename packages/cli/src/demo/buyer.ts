// The buyer: an agent with a key and the unmodified official fetch client. It knows of no budget; the ledger does.
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { decodePaymentResponseHeader, wrapFetchWithPaymentFromConfig } from '@x402/fetch'
import { privateKeyToAccount } from 'viem/accounts'
import { Hash } from '@turnpike/chain/wire'

/** What the client may pay with: without this it refuses assets that it does not know by itself. */
export type Allowed = { readonly network: `eip155:${number}`; readonly asset: string }

/** An answer that was paid for, or the seller's word that it was not. */
export type Bought =
  | { readonly isPaid: true; readonly answer: unknown; readonly operation: Hash.Hash; readonly tookMs: number }
  | { readonly isPaid: false; readonly status: number; readonly reason: string }

/** Asks a priced API, paying when it is asked to. */
export type Buyer = (url: URL) => Promise<Bought>

/** Why a seller did not answer: the reason in the header that the protocol puts it in. */
function reasonOf(response: Response): string {
  const header = response.headers.get('payment-required')
  if (header === null) return `status ${response.status}`
  const { error } = JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as { readonly error?: unknown }
  return typeof error === 'string' ? error : 'payment required'
}

/** A buyer with a key. */
export function createBuyer(privateKey: `0x${string}`, { network, asset }: Allowed): Buyer {
  const payingFetch = wrapFetchWithPaymentFromConfig(fetch, {
    schemes: [{ network, client: new ExactEvmScheme(privateKeyToAccount(privateKey)) }],
    spendControls: { allowedAssets: [{ network, asset }] },
  })
  return async (url) => {
    const begin = performance.now()
    const response = await payingFetch(url)
    const tookMs = performance.now() - begin
    const paid = response.headers.get('payment-response')
    const body: unknown = await response.json().catch(() => undefined)
    const operation = paid === null ? undefined : Hash.parse(decodePaymentResponseHeader(paid).transaction)
    if (!response.ok || operation === undefined)
      return { isPaid: false, status: response.status, reason: reasonOf(response) }
    return { isPaid: true, answer: body, operation, tookMs }
  }
}
