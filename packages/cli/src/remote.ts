// Where commands find their node, their keys and their accounts.
import { join } from 'node:path'
import {
  agentAddress,
  createClient,
  getAsset,
  privateKeyAccount,
  saltOfName,
  unitsOf,
  usd,
  type Account,
  type Asset,
  type Client,
} from '@turnpike/sdk'
import { Address } from '@turnpike/chain/wire'
import type { Call } from './command.ts'
import { usageError } from './failure.ts'
import { openKeystore, readKeystoreAddress } from './keystore.ts'

/** Where a node keeps its data unless it is told. */
export const defaultHome = '.turnpike'
const defaultPort = '4020'
const defaultOwner = 'owner'

/** The node's address. */
export function urlOf({ flags, environment }: Pick<Call, 'flags' | 'environment'>): string {
  return flags['url'] ?? `http://127.0.0.1:${environment['TURNPIKE_PORT'] ?? defaultPort}`
}

/** The data directory of the node on this machine. */
export function homeOf({ flags }: Pick<Call, 'flags'>): string {
  return flags['home'] ?? defaultHome
}

/** A client for the node that the command is about. */
export function connect(call: Pick<Call, 'flags' | 'environment'>): Client {
  return createClient({ url: urlOf(call) })
}

/** The file of a keystore: a path as it is, a name in the keys of the data directory. */
export function keystoreFile(call: Pick<Call, 'flags'>, named: string): string {
  return /[/\\]|\.json$/.test(named) ? named : join(homeOf(call), 'keys', `${named}.json`)
}

/** The owner's key: the variable, else the keystore. */
export async function openOwner(call: Call): Promise<Account> {
  const hex = call.environment['TURNPIKE_OWNER_KEY']
  if (call.flags['owner'] === undefined && hex !== undefined && hex !== '') return privateKeyAccount(hex)
  return openKeystore(call, keystoreFile(call, call.flags['owner'] ?? defaultOwner))
}

/** The address that a word means: itself, or that of a keystore. */
export async function addressOf(call: Pick<Call, 'flags'>, named: string): Promise<Address.Address> {
  return Address.parse(named) ?? readKeystoreAddress(keystoreFile(call, named))
}

/** The agent that a word means: an address, or a name under an owner. */
export function agentOf(owner: Account, named: string): Address.Address {
  return Address.parse(named) ?? agentAddress(owner.address, saltOfName(named))
}

/** An amount in whole units of an asset, such as 2.50. @throws CliError `cli/usage`, LedgerError */
export async function parseAmount(
  client: Client,
  call: Call,
  text: string,
): Promise<{ readonly asset: Asset; readonly units: bigint }> {
  const asset = getAsset(await client.chain(), call.flags['asset'])
  // Scaling is the same for every currency; only the name of the unit differs.
  const units = unitsOf(usd(text), { ...asset, currency: 'USD' })
  if (units === 0n) throw usageError('Nothing is no amount to send.', 'Name an amount above zero, such as 2.50.')
  return { asset, units }
}
