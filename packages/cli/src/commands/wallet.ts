// wallet: keys in keystores, their balances, play money, and transfers between owners.
import { join } from 'node:path'
import { formatUnits, getBalance, requestFaucet, sendTransfer, type Client } from '@turnpike/sdk'
import type { Address } from '@turnpike/chain/wire'
import type { Call, Output } from '../command.ts'
import { usageError } from '../failure.ts'
import { isKeystoreName, listKeystores, makeKeystore, readKeystoreAddress } from '../keystore.ts'
import { columns } from '../output.ts'
import { addressOf, connect, homeOf, keystoreFile, openOwner, parseAmount } from '../remote.ts'

/** Makes a key. */
export async function create(call: Call): Promise<Output> {
  const name = call.words['NAME']!
  if (!isKeystoreName(name))
    throw usageError(
      `"${name}" is no name for a keystore.`,
      'Use letters, digits, dot, dash and underscore, at most 64.',
    )
  const { account, file } = await makeKeystore(call, keystoreFile(call, name))
  return {
    json: { name, address: account.address, keystore: file },
    text: `${account.address}\nKept in ${file}. Whoever loses file or password loses the key.`,
  }
}

type Holding = { readonly symbol: string; readonly available: string; readonly locked: string }

async function holdingsOf(client: Client, account: Address.Address): Promise<readonly Holding[]> {
  const { assets } = await client.chain()
  const balances = await Promise.all(assets.map(({ symbol }) => getBalance(client, { account, asset: symbol })))
  return balances.map(({ asset, available, locked }) => ({
    symbol: asset.symbol,
    available: formatUnits(available, asset.decimals),
    locked: formatUnits(locked, asset.decimals),
  }))
}

/** Shows keystores, or one account with its money. */
export async function show(call: Call): Promise<Output> {
  const named = call.words['NAME_OR_ADDRESS']
  if (named === undefined) return showAll(call)
  const address = await addressOf(call, named)
  const holdings = await holdingsOf(connect(call), address)
  const rows = holdings.map(({ symbol, available, locked }): readonly [string, string] => [
    symbol,
    locked === '0.00' ? available : `${available}, and ${locked} held`,
  ])
  return {
    json: { address, balances: holdings.map((holding) => ({ ...holding })) },
    text: `${address}\n${columns(rows)}`,
  }
}

async function showAll(call: Call): Promise<Output> {
  const folder = join(homeOf(call), 'keys')
  const kept = await listKeystores(folder)
  const wallets = await Promise.all(
    kept.map(async ({ name, file }) => ({ name, address: await readKeystoreAddress(file), keystore: file })),
  )
  const text =
    wallets.length === 0
      ? `No keystores in ${folder}. turnpike wallet create NAME makes one.`
      : columns(wallets.map(({ name, address }) => [name, address]))
  return { json: { wallets }, text }
}

/** Asks the faucet. */
export async function fund(call: Call): Promise<Output> {
  const address = await addressOf(call, call.words['NAME_OR_ADDRESS']!)
  const client = connect(call)
  const { amount, asset: symbol } = call.flags
  const units = amount === undefined ? undefined : (await parseAmount(client, call, amount)).units
  const asked = {
    address,
    ...(units !== undefined && { amount: units }),
    ...(symbol !== undefined && { asset: symbol }),
  }
  const { operation, balance } = await requestFaucet(client, asked)
  const { asset } = await getBalance(client, { account: address, ...(symbol !== undefined && { asset: symbol }) })
  const text = `${address} now has ${formatUnits(balance, asset.decimals)} ${asset.symbol}.\n${operation}`
  return { json: { operation, address, balance: balance.toString(), asset: asset.symbol }, text }
}

/** Sends money. */
export async function send(call: Call): Promise<Output> {
  const to = await addressOf(call, call.words['TO']!)
  const client = connect(call)
  const { asset, units } = await parseAmount(client, call, call.words['AMOUNT']!)
  const signer = await openOwner(call)
  const { operation, height } = await sendTransfer(client, { signer, to, amount: units, asset: asset.symbol })
  const text = `Sent ${formatUnits(units, asset.decimals)} ${asset.symbol} to ${to}, durable at height ${height}.\n${operation}`
  return { json: { operation, from: signer.address, to, amount: units.toString(), asset: asset.symbol, height }, text }
}
