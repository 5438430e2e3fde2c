// Opens an agent's account: a key that has proven itself, under an owner, with a policy that the ledger enforces.
import { digest, Hash, nativeDomain, type Address, type Hex } from '@turnpike/chain/wire'
import { agentAddress, keyProof } from '@turnpike/chain/wire/accounts'
import * as policy from '@turnpike/chain/wire/policy'
import type { Account } from '../account.ts'
import { saltOfName } from '../agentName.ts'
import type { Client } from '../client.ts'
import { documentOf, signDocument, type PolicySource } from '../policyDocument.ts'
import type { Receipt } from '../receipt.ts'
import { parseAddress, signNative } from '../sign.ts'
import { submitOperation } from './submitOperation.ts'

/** A key elsewhere: its address and its signature over `keyProofDigest`. */
export type ProvenKey = { readonly address: string; readonly proof: Hex.Hex }

/** The agent to make. */
export type NewAgent = PolicySource & {
  /** The key of the owner's account. */
  readonly owner: Account
  /** Unique among the owner's agents; the account's address follows from it. */
  readonly name: string
  /** The key that will pay: here, or elsewhere with its proof. */
  readonly key: Account | ProvenKey
}

/** An agent that exists. */
export type CreatedAgent = {
  readonly agent: Address.Address
  readonly key: Address.Address
  readonly words: string
  readonly receipt: Receipt
}

/** What a key signs to join an agent of an owner (decisions 2). */
export async function keyProofDigest(
  client: Client,
  { owner, name, key }: { readonly owner: string; readonly name: string; readonly key: string },
): Promise<Hash.Hash> {
  const { chainId } = await client.chain()
  const values = [parseAddress(owner), saltOfName(name), parseAddress(key)]
  return Hash.fromBytes(digest(nativeDomain(chainId), keyProof.hash(values)))
}

/** Creates an agent. Without budget and document the default policy of the chain applies. @throws LedgerError */
export async function createAgent(client: Client, { owner, name, key, ...source }: NewAgent): Promise<CreatedAgent> {
  const chain = await client.chain()
  const signed = signDocument(chain, documentOf(chain, source))
  const address = parseAddress(key.address)
  const salt = saltOfName(name)
  const proofs = ['sign' in key ? key : key.proof]
  const receipt = await submitOperation(
    client,
    await signNative(client, policy.createAgent, { salt, key: address, ...signed }, { signer: owner, proofs }),
  )
  return { agent: agentAddress(owner.address, salt), key: address, words: signed.words, receipt }
}
