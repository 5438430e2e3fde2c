// What owners sign about their agents, what policy states and refuses. Wallets load this file, and with it document and words.
import * as codec from '../../codec/Codec.ts'
import { Malformed } from '../../codec/Cursor.ts'
import type { Address } from '../../codec/Address.ts'
import { event } from '../../wire/event.ts'
import { address, hash, message, text, u32, units, unsigned } from '../../wire/message.ts'
import { refusals, type Refusal } from '../../wire/refusal.ts'
import { keyProof } from '../accounts/wire.ts'
import { completeDocument, documentCodec, type PolicyDocument } from './document.ts'

export {
  completeDocument,
  defaultDocument,
  documentCodec,
  hashDocument,
  warningsOf,
  type AssetFacts,
  type Cap,
  type Denom,
  type FindAsset,
  type PolicyDocument,
} from './document.ts'
export { classify, type ChangeClass } from './classify.ts'
export { formatAmount, renderWords } from './words.ts'

/** Open holds of one payer at a time (decisions 9). */
export const holdsMax = 64
/** Bytes of a policy in plain words: enough for the longest document, so that no field is ever left out of them. */
export const wordsBytesMax = 16_384

/** Thrown where the JSON of a message holds a document that is none: the policy's fault, not the message's, so it has a code of its own. */
export class InvalidPolicy extends Malformed {
  /** What an edge answers instead of wire/malformed (shapes 6). */
  readonly refusal: Refusal

  constructor({ path, message }: Malformed) {
    super(path, path === '' ? message : message.slice(path.length + 2))
    this.refusal = policyRefusals.refusal('policy_invalid', fieldOf(this))
  }
}

const document = unsigned({
  ...documentCodec,
  fromJson: (json: unknown, path: string) => judgeJson(() => documentCodec.fromJson(json, path)),
})
const change = { agent: address, baseVersion: u32, policy: hash, words: text(wordsBytesMax), document }

/** Opens an agent account with its first key, which signs its own proof. */
export const createAgent = message(
  'policy/createAgent',
  0x0401,
  { salt: hash, key: address, policy: hash, words: text(wordsBytesMax), document },
  { proofs: [{ struct: keyProof, values: (of) => [of.account, of.salt, of.key], signer: (of) => of.key }] },
)

/** Stops an agent at once; what waits for it is void. */
export const freeze = message('policy/freeze', 0x0402, { agent: address }, { control: true })

/** Narrows a policy at once. */
export const tightenPolicy = message('policy/tightenPolicy', 0x0403, change, { control: true })

/** Lets a frozen agent pay again, after the delay of its policy. */
export const unfreeze = message('policy/unfreeze', 0x0404, { agent: address })

/** Replaces a policy by any other, after the delay of the old one. */
export const proposePolicy = message('policy/proposePolicy', 0x0405, change)

/** The owner takes an agent's money back: no cap, no toll, also when frozen. */
export const sweep = message('policy/sweep', 0x0406, { agent: address, asset: address, amount: units }, { moves: true })

/** An agent was opened under its owner. */
export const created = event('policy/AgentCreated', 0x0401, {
  agent: codec.address,
  owner: codec.address,
  key: codec.address,
  policy: codec.hash,
})

/** A policy or its status changed, or will at `effectiveAt` ms: until then both versions are the old one. */
export const changed = event('policy/Changed', 0x0402, {
  agent: codec.address,
  fromVersion: codec.u32,
  toVersion: codec.u32,
  change: codec.choice(['equal', 'tighter', 'loosening', 'freeze', 'unfreeze']),
  effectiveAt: codec.u64,
  policy: codec.hash,
  by: codec.address,
})

/** The owner took money back from an agent. */
export const swept = event('policy/Swept', 0x0405, {
  agent: codec.address,
  owner: codec.address,
  asset: codec.address,
  amount: codec.units,
})

export const policyRefusals = refusals('policy', 4, {
  no_policy: {
    text: 'Agent {account} has no policy, so it may pay nothing.',
    hint: 'Let its owner create the agent with a policy.',
    retry: 'owner',
  },
  policy_invalid: {
    text: 'The policy is not valid: {field} {problem}.',
    hint: 'Correct the field and sign again.',
    retry: 'never',
  },
  words_differ: {
    text: 'The words of the message are not those of its policy.',
    hint: 'Render the words from the very document that is sent, with the words of this version.',
    retry: 'never',
  },
  frozen: {
    text: 'Agent {account} is frozen.',
    hint: 'Its owner can unfreeze it.',
    retry: 'owner',
  },
  not_yet: {
    text: 'The policy of {account} begins at {notBefore} ms and it is {now} ms.',
    hint: 'Send it again when the policy has begun.',
    retry: 'later',
  },
  expired: {
    text: 'The policy of {account} ended at {expiresAt} ms and it is {now} ms.',
    hint: 'Its owner can propose a policy that lasts longer.',
    retry: 'owner',
  },
  scheme_not_allowed: {
    text: 'Agent {account} may not pay by {scheme}.',
    hint: 'Agents pay by charge or by a token authorization; plain transfers are for owner accounts.',
    retry: 'owner',
  },
  asset_not_allowed: {
    text: 'The policy of {account} does not list asset {asset}.',
    hint: 'Pay in an asset that the policy lists, or let the owner add this one.',
    retry: 'owner',
  },
  payee_not_allowed: {
    text: 'The policy of {account} does not allow payments to {payee}.',
    hint: 'Let the owner change the list of payees.',
    retry: 'owner',
  },
  cap_payment: {
    text: 'Cap {capId} allows {left} in one payment and this costs {cost}.',
    hint: 'Pay less at a time, or let the owner raise cap {capId}.',
    retry: 'never',
  },
  cap_window: {
    text: 'Cap {capId} has {left} left and this costs {cost}.',
    hint: 'It fits {when}, if nothing else is spent; or let the owner raise cap {capId}.',
    retry: 'later',
  },
  cap_lifetime: {
    text: 'Cap {capId} has {left} left for ever and this costs {cost}.',
    hint: 'Let the owner raise cap {capId}.',
    retry: 'owner',
  },
  cap_count: {
    text: 'Cap {capId} has {remaining} payments left and this is one more.',
    hint: 'It fits {when}, if nothing else is paid; or let the owner raise cap {capId}.',
    retry: 'later',
  },
  change_not_allowed: {
    text: 'Agent {account} may not change its own policy.',
    hint: 'Sign with the key of the owner.',
    retry: 'never',
  },
  change_stale: {
    text: 'This changes version {baseVersion} of the policy of {account}, which has version {version}.',
    hint: 'Read the policy again and sign a change of the version in force.',
    retry: 'never',
  },
  not_tighter: {
    text: 'This change of the policy of {account} loosens {field}.',
    hint: 'Propose it instead; it takes effect after the delay of the policy in force.',
    retry: 'never',
  },
  not_frozen: {
    text: 'Agent {account} is not frozen.',
    hint: 'There is nothing to unfreeze.',
    retry: 'never',
  },
})

/** What a dry run asks: whether a payment would pass. Whoever signs the question signs the hash of these bytes. */
export const checkQuestion = codec.record({
  account: codec.address,
  payee: codec.address,
  asset: codec.address,
  amount: codec.units,
  key: codec.optional(codec.address),
})

/**
 * A policy as people write it, with absent fields filled in. `dollar` is the chain's dollar asset.
 *
 * @throws Refusal policy/policy_invalid naming the field that is missing, wrong, or unknown to this version
 */
export function parsePolicy(json: unknown, dollar: Address): PolicyDocument {
  try {
    return judgeJson(() => completeDocument(json, dollar))
  } catch (error) {
    if (error instanceof InvalidPolicy) throw error.refusal
    throw error
  }
}

/** @throws InvalidPolicy */
function judgeJson(parse: () => PolicyDocument): PolicyDocument {
  try {
    return parse()
  } catch (error) {
    if (error instanceof Malformed) throw new InvalidPolicy(error)
    throw error
  }
}

/** The field that a parser complains of, and its complaint. */
function fieldOf({ path, message }: Malformed): { readonly field: string; readonly problem: string } {
  return path === '' ? { field: 'policy', problem: message } : { field: path, problem: message.slice(path.length + 2) }
}
