// Agents for tests: opened by their owner with real signatures, under the default policy or any other.
import type { Address } from '../src/codec/Address.ts'
import * as Hash from '../src/codec/Hash.ts'
import * as Text from '../src/codec/Text.ts'
import { keccak256 } from '../src/crypto/hash.ts'
import { answer, parseQuestion } from '../src/kernel/app.ts'
import { agentAddress } from '../src/modules/accounts/wire.ts'
import { findAsset } from '../src/modules/bank/index.ts'
import * as payments from '../src/modules/payments/wire.ts'
import type { Cap } from '../src/modules/policy/document.ts'
import * as policy from '../src/modules/policy/wire.ts'
import type { Json } from '../src/codec/Codec.ts'
import type { Op } from '../src/wire/op.ts'
import { dollar, type Given } from './given.ts'
import type { Person } from './people.ts'

/** An agent's account, its key and its owner. */
export type Agent = { readonly address: Address; readonly key: Person; readonly owner: Person }

/** The default policy of the tests' chain with some fields replaced. */
export function documentWith(fields: Partial<policy.PolicyDocument> = {}): policy.PolicyDocument {
  return { ...policy.defaultDocument(dollar), ...fields }
}

/** A cap in dollars over every payment. */
export function dollarCap(id: string, per: Cap['per'], limits: Pick<Cap, 'maxAmount' | 'maxCount'>): Cap {
  return { id, scope: { kind: 'all' }, denom: { currency: 'USD' }, per, ...limits, onBreach: 'deny' }
}

/** The three fields of a message that carries a document. */
export function signedDocument(
  g: Given,
  document: policy.PolicyDocument,
): { readonly policy: Hash.Hash; readonly words: string; readonly document: policy.PolicyDocument } {
  const words = policy.renderWords(document, (asset) => findAsset(g.view(), asset))
  return { policy: policy.hashDocument(document), words, document }
}

/** The salt that the command line takes for a name. */
export function saltOf(name: string): Hash.Hash {
  return Hash.fromBytes(keccak256(Text.toBytes(name)))
}

type Opening = {
  readonly owner: Person
  readonly key: Person
  readonly document?: policy.PolicyDocument
  readonly name?: string
}

/** The operation that opens an agent. */
export function agentOp(g: Given, { owner, key, document = documentWith(), name = key.name }: Opening): Op {
  const fields = { salt: saltOf(name), key: key.address, ...signedDocument(g, document) }
  return g.native(policy.createAgent, fields, owner, { proofs: [key] })
}

/** Opens an agent; its owner must have an account. */
export function openAgent(g: Given, { owner, key, document = documentWith(), name = key.name }: Opening): Agent {
  g.succeed(agentOp(g, { owner, key, document, name }))
  return { address: agentAddress(owner.address, saltOf(name)), key, owner }
}

/** A native payment of an agent to a payee, in dollars unless another asset is named. */
export function payOp(
  g: Given,
  agent: Agent,
  { to, amount, asset = dollar }: { readonly to: Address; readonly amount: bigint; readonly asset?: Address },
): Op {
  const fields = { payee: to, asset, amount, reference: Hash.zero }
  return g.native(payments.charge, fields, agent.key, { account: agent.address })
}

/** The answer to a question that the account itself asks. */
export function ask(
  g: Given,
  name: string,
  args: { readonly [field: string]: unknown },
): { readonly [field: string]: Json } {
  return answer(g.view(), parseQuestion(g.app, name, args)) as { readonly [field: string]: Json }
}
