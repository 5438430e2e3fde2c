// An agent comes into being: an account under its owner, with a key that has proven itself and a policy that its owner has signed.
import type { Address } from '../../codec/Address.ts'
import type { Caller, Context, View } from '../../kernel/context.ts'
import type { Message } from '../../wire/message.ts'
import type { Op } from '../../wire/op.ts'
import { referenceOf, type Outcome } from '../../wire/receipt.ts'
import { addAgent, findAccount, ownerOf, resolve } from '../accounts/index.ts'
import { accountsRefusals } from '../accounts/wire.ts'
import { findAsset } from '../bank/index.ts'
import { startPolicy } from './apply.ts'
import { hashDocument, problemOf, type PolicyDocument } from './document.ts'
import { payKeys } from './state.ts'
import type * as wire from './wire.ts'
import { created, policyRefusals } from './wire.ts'
import { renderWords } from './words.ts'

/** A document as signed: its hash and its words. */
export type Signed = { readonly document: PolicyDocument; readonly policy: string; readonly words: string }

/**
 * What was signed is the document that travels along, it breaks no rule, and its words are those that the ledger renders.
 *
 * @throws Refusal policy/policy_invalid, policy/words_differ
 */
export function requireDocument(context: Context, { document, policy, words }: Signed, createdAt: number): void {
  if (hashDocument(document) !== policy)
    policyRefusals.refuse('policy_invalid', { field: 'policy', problem: 'is not the hash of the document' })
  const find = (asset: Address): ReturnType<typeof findAsset> => findAsset(context, asset)
  const wrong = problemOf(document, find, { created: createdAt, now: context.time })
  if (wrong !== undefined) policyRefusals.refuse('policy_invalid', wrong)
  if (renderWords(document, find) !== words) policyRefusals.refuse('words_differ')
}

/** Opens the account and puts its policy in force. */
export function createAgent(
  context: Context,
  message: Message<typeof wire.createAgent>,
  caller: Caller,
  op: Op,
): Outcome {
  const { salt, key, document, policy } = message
  requireDocument(context, message, context.time)
  const owner = caller!.account
  const agent = addAgent(context, { owner, salt, key, proof: op.signatures[1]! })
  const slot = startPolicy(context, agent, document)
  payKeys.put(context, slot, key)
  context.emit(created({ agent, owner, key, policy }))
  return { kind: 'other', policyVersion: 1, reference: referenceOf(agent) }
}

/**
 * The agent that an owner names, by its account or a key of it.
 *
 * @throws Refusal accounts/unknown_account, policy/change_not_allowed (the agent itself), accounts/not_yours
 */
export function requireOwned(context: Context, named: Address, caller: Caller): Address {
  const agent = resolve(context, named)
  if (findAccount(context, agent) === undefined) accountsRefusals.refuse('unknown_account', { account: agent })
  if (caller!.account === agent) policyRefusals.refuse('change_not_allowed', { account: agent })
  if (ownerOf(context, agent) !== caller!.account) accountsRefusals.refuse('not_yours', { account: agent })
  return agent
}

/** When an agent was created, in ms: absent times of its policy count from here. */
export function createdAt(view: View, agent: Address): number {
  return findAccount(view, agent)!.created
}
