// Which key an agent gets: one that is named, one in a variable, or a new one; always with its own consent (decisions 2).
import { stat } from 'node:fs/promises'
import { Address, Hex, nativeDomain, typedData } from '@turnpike/chain/wire'
import { keyProof } from '@turnpike/chain/wire/accounts'
import { privateKeyAccount, saltOfName, type Account, type Client, type ProvenKey } from '@turnpike/sdk'
import type { Call } from '../command.ts'
import { CliError, usageError } from '../failure.ts'
import { isKeystoreName, makeKeystore, openKeystore } from '../keystore.ts'
import { keystoreFile } from '../remote.ts'

/** A key that can prove itself, and the keystore that keeps it, if one of ours does. */
export type ChosenKey = { readonly key: Account | ProvenKey; readonly keystore: string | null }

const signatureHexLength = 132

/** What whoever has the key has to sign before it can join: printed for a wallet. */
async function unproven(
  client: Client,
  owner: Account,
  { name, key }: { readonly name: string; readonly key: Address.Address },
): Promise<CliError> {
  const { chainId } = await client.chain()
  const data = typedData(keyProof, nativeDomain(chainId), [owner.address, saltOfName(name), key])
  return new CliError({
    code: 'accounts/key_unproven',
    message: `Key ${key} has not signed its proof.`,
    hint: `Let it sign this typed data (eth_signTypedData_v4) and call again with --key-proof: ${JSON.stringify(data)}`,
  })
}

/** @throws CliError `accounts/key_unproven`, whose hint is the typed data to sign; `keystore/…` */
export async function chooseKey(
  call: Call,
  { client, owner, name }: { readonly client: Client; readonly owner: Account; readonly name: string },
): Promise<ChosenKey> {
  const { key: named, 'key-proof': proof } = call.flags
  const address = Address.parse(named)
  if (address !== undefined) {
    if (proof === undefined) throw await unproven(client, owner, { name, key: address })
    if (!Hex.isHex(proof) || proof.length !== signatureHexLength)
      throw usageError('--key-proof is no signature.', 'It is 0x and 130 hexadecimal digits: r, s and v.')
    return { key: { address, proof }, keystore: null }
  }
  if (proof !== undefined)
    throw usageError('--key-proof belongs to an address given with --key.', 'Name the address, or leave the proof out.')
  if (named !== undefined) {
    const file = keystoreFile(call, named)
    return { key: await openKeystore(call, file), keystore: file }
  }
  const hex = call.environment['TURNPIKE_AGENT_KEY']
  if (hex !== undefined && hex !== '') return { key: privateKeyAccount(hex), keystore: null }
  return createKey(call, name)
}

/** A new key, kept under the agent's name; the one that an earlier, failed call of the same name made is used again. */
async function createKey(call: Call, name: string): Promise<ChosenKey> {
  if (!isKeystoreName(name))
    throw usageError(`"${name}" is no name for a keystore.`, 'Choose a plainer name, or bring a key with --key.')
  const file = keystoreFile(call, name)
  const isThere = await stat(file).then(
    () => true,
    () => false,
  )
  if (isThere) return { key: await openKeystore(call, file), keystore: file }
  const { account } = await makeKeystore(call, file)
  return { key: account, keystore: file }
}
