// Asks for the policy in force of an agent: the document itself, and what it says in words. Private.
import { codec, type Address, type Hash } from '@turnpike/chain/wire'
import { documentCodec, type PolicyDocument } from '@turnpike/chain/wire/policy'
import type { Account } from '../account.ts'
import * as answer from '../answer.ts'
import type { Client } from '../client.ts'
import { askPrivately } from '../question.ts'
import { parseAddress } from '../sign.ts'

/** A policy that the ledger enforces. */
export type Policy = {
  readonly account: Address.Address
  readonly version: number
  readonly status: string
  readonly document: PolicyDocument
  /** SHA-256 of the document's canonical bytes. */
  readonly hash: Hash.Hash
  readonly words: string
}

const subject = codec.record({ account: codec.address })

/** The policy in force. @throws LedgerError `accounts/not_yours`, `policy/no_policy` */
export async function getPolicy(
  client: Client,
  { agent, signer }: { readonly agent: string; readonly signer?: Account },
): Promise<Policy> {
  const args = { account: parseAddress(agent) }
  const of = answer.fields(
    await askPrivately(client, { name: 'policy/policy', codec: subject, args, signer }),
    'policy',
  )
  return {
    account: answer.address(of, 'account'),
    version: answer.integer(of, 'version'),
    status: answer.text(of, 'status'),
    document: documentCodec.fromJson(of['document'], 'document'),
    hash: answer.hash(of, 'policy'),
    words: answer.text(of, 'words'),
  }
}
