// What a running node says of money, asked as any program would ask: balances, supply, and the outcome of a payment.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Dispatcher } from 'undici'
import { Pool } from 'undici'
import { dollar } from '../../bench/payments.ts'

/** One node's answers. */
export type Books = {
  /** Available and locked together, in base units. */
  balanceOf(account: string, asset?: string): Promise<bigint>
  /** What is set aside by open holds. */
  lockedOf(account: string): Promise<bigint>
  supply(asset?: string): Promise<bigint>
  outcomeOf(payment: { readonly payer: string; readonly nonce: string; readonly asset?: string }): Promise<Outcome>
  query(name: string, args: unknown): Promise<unknown>
  get(path: string): Promise<{ readonly status: number; readonly body: unknown }>
  post(path: string, body: unknown): Promise<{ readonly status: number; readonly body: unknown }>
  /** Gives an address money from the faucet. */
  fund(address: string, amount: bigint, asset?: string): Promise<void>
  close(): Promise<void>
}

/** `GET /payments/…` as contract.md has it. */
export type Outcome = { readonly status: string; readonly operation?: string; readonly receipt?: unknown }

type Balance = { readonly available: string; readonly locked: string }

/** Opens the books of the node at an address. */
export function openBooks(url: string, connections = 8): Books {
  const pool = new Pool(url, { connections })
  async function send(
    options: Dispatcher.RequestOptions,
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const { statusCode, body } = await pool.request(options)
    return { status: statusCode, body: JSON.parse(await body.text()) as unknown }
  }
  const get: Books['get'] = (path) => send({ path, method: 'GET' })
  const post: Books['post'] = (path, body) =>
    send({ path, method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  async function query(name: string, args: unknown): Promise<unknown> {
    const { body } = await post('/rpc', { jsonrpc: '2.0', id: 1, method: 'turnpike_query', params: [name, args] })
    const { result, error } = body as { readonly result?: unknown; readonly error?: unknown }
    if (error !== undefined) throw new Error(`${name}: ${JSON.stringify(error)}`)
    return result
  }
  const balance = async (account: string, asset: string): Promise<Balance> =>
    (await query('bank/balance', { account: account.toLowerCase(), asset })) as Balance
  return {
    get,
    post,
    query,
    balanceOf: async (account, asset = dollar.address) => {
      const { available, locked } = await balance(account, asset)
      return BigInt(available) + BigInt(locked)
    },
    lockedOf: async (account) => BigInt((await balance(account, dollar.address)).locked),
    supply: async (asset = dollar.address) =>
      BigInt(((await query('bank/supply', { asset })) as { readonly supply: string }).supply),
    outcomeOf: async ({ payer, nonce, asset = dollar.address }) =>
      (await get(`/payments/${asset}/${payer}/${nonce}`)).body as Outcome,
    fund: async (address, amount, asset = dollar.address) => {
      const { status, body } = await post('/faucet', { address, amount: String(amount), asset })
      if (status !== 200) throw new Error(`/faucet answered ${status}: ${JSON.stringify(body)}`)
    },
    close: () => pool.destroy(),
  }
}

/** The account that takes the toll, as the genesis in a node's home names it. */
export function readTollAccount(home: string): string {
  const genesis = JSON.parse(readFileSync(join(home, 'genesis.json'), 'utf8')) as { readonly tollAccount: string }
  return genesis.tollAccount
}
