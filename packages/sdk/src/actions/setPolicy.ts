// Changes an agent's policy: at once if the change is tighter, else proposed, to take effect after the delay of the policy in force.
import * as policy from '@turnpike/chain/wire/policy'
import type { Account } from '../account.ts'
import * as answer from '../answer.ts'
import type { Client } from '../client.ts'
import { documentOf, signDocument, type PolicySource } from '../policyDocument.ts'
import type { Receipt } from '../receipt.ts'
import { parseAddress, signNative } from '../sign.ts'
import { getPolicy } from './getPolicy.ts'
import { submitOperation } from './submitOperation.ts'

/** What the change was: in force at once, or proposed until `effectiveAtMs`. */
export type PolicyChange = {
  readonly change: 'tightened' | 'proposed'
  /** What loosens, for a proposal. */
  readonly loosens: string | undefined
  readonly effectiveAtMs: number
  readonly words: string
  readonly receipt: Receipt
}

/** Replaces the policy of an agent. @throws LedgerError `policy/change_stale` when somebody else changed it meanwhile */
export async function setPolicy(
  client: Client,
  { agent, owner, ...source }: PolicySource & { readonly agent: string; readonly owner: Account },
): Promise<PolicyChange> {
  const chain = await client.chain()
  const before = await getPolicy(client, { agent, signer: owner })
  const of = answer.fields(
    await client.call('turnpike_query', ['accounts/account', { address: before.account }]),
    'account',
  )
  const document = documentOf(chain, source)
  const { change, field } = policy.classify(before.document, document, answer.integer(of, 'created'))
  const signed = signDocument(chain, document)
  const fields = { agent: parseAddress(before.account), baseVersion: before.version, ...signed }
  const definition = change === 'loosening' ? policy.proposePolicy : policy.tightenPolicy
  const receipt = await submitOperation(client, await signNative(client, definition, fields, { signer: owner }))
  const isLoosening = change === 'loosening'
  return {
    change: isLoosening ? 'proposed' : 'tightened',
    loosens: field,
    effectiveAtMs: receipt.timeMs + (isLoosening ? before.document.change.loosenDelayMs : 0),
    words: signed.words,
    receipt,
  }
}
