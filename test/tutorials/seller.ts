// What a seller has at the end of his tutorial, in whichever language: the price less the toll and the refund, and no more.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { wrapFetchWithPaymentFromConfig } from '@x402/fetch'
import { privateKeyToAccount } from 'viem/accounts'
import { expect } from 'vitest'
import {
  createClient,
  generatePrivateKey,
  getAsset,
  getBalance,
  getPayments,
  getRefunds,
  requestFaucet,
  type Client,
} from '@turnpike/sdk'
import type { Followed } from './follow.ts'

/** Holds the reader's books against what the page has told him: one answer for a cent, of which 0.004 went back. */
export async function expectSold(reader: Followed): Promise<void> {
  const client = createClient({ url: reader.node })
  const keystore = await readFile(join(reader.folder, '.turnpike/keys/shop.json'), 'utf8')
  const payee = `0x${(JSON.parse(keystore) as { readonly address: string }).address}`
  const [sale, ...others] = await getPayments(client, { account: payee, role: 'payee' })
  expect({ sale, others }).toMatchObject({ sale: { amount: 10_000n, toll: 10n }, others: [] })
  const { operation, payer } = sale!
  const balanceOf = async (account: string): Promise<bigint> => (await getBalance(client, { account })).available
  const books = async (): Promise<unknown> => ({
    payee: await balanceOf(payee),
    payer: await balanceOf(payer),
    refunded: (await getRefunds(client, { operation })).refunded,
  })
  const money = { payee: 5_990n, payer: 9_994_000n, refunded: 4_000n }
  expect(await books()).toEqual(money)

  // The refund called again, as after a crash.
  expect(await reader.follow(reader.find('refund $('))).toContain('nothing was moved now')
  // A question that is none is turned away, and costs nothing.
  const nonsense = await buy(client, `${reader.service}/square?of=twelve`)
  expect({ ...nonsense, isTurnedAway: nonsense.status >= 400 && nonsense.status !== 402 }).toMatchObject({
    isTurnedAway: true,
    balance: 10_000_000n,
  })
  expect(await books()).toEqual(money)
}

/** Asks with the official client and a key of its own that has money; what was answered, and what it has then. */
async function buy(client: Client, url: string): Promise<{ readonly status: number; readonly balance: bigint }> {
  const buyer = privateKeyToAccount(generatePrivateKey())
  await requestFaucet(client, { address: buyer.address })
  const chain = await client.chain()
  const { network } = chain
  const payingFetch = wrapFetchWithPaymentFromConfig(fetch, {
    schemes: [{ network, client: new ExactEvmScheme(buyer) }],
    spendControls: { allowedAssets: [{ network, asset: getAsset(chain, undefined).address }] },
  })
  const { status } = await payingFetch(url)
  const { available, locked } = await getBalance(client, { account: buyer.address })
  return { status, balance: available + locked }
}
