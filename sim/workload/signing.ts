// Operations as clients make them: fields filled in, typed data signed, signatures beside.
import {
  createOp,
  digestOf,
  Hash,
  proofsOf,
  type Address,
  type Definition,
  type Message,
  type Op,
  type Relay,
} from '@turnpike/chain/wire'
import { cancelAuthorization, hold, transferWithAuthorization } from '@turnpike/chain/wire/payments'
import type { Random } from '../random.ts'
import type { Permission, Person, Stage } from './stage.ts'

export type Native = {
  readonly definition: Definition
  /** In whose right. */
  readonly account: Address.Address
  readonly by: Person
  readonly fields: { readonly [name: string]: unknown }
  /** Who signs the proofs that the message asks for. */
  readonly proofs?: readonly Person[]
}

const validities = [-1, 0, 1, 40, 1_000, 20_000, 59_999, 60_000, 60_001, 300_000, 3_600_000, 3_660_000, 3_660_001]

/** How long something signed is valid: mostly half a minute, now and then at an edge. */
function pickValidityMs(random: Random): number {
  return random.percent(80) ? 30_000 : random.pick(validities)
}

/** A signed native operation with a nonce of its own. */
export function signNative(stage: Stage, random: Random, { definition, account, by, fields, proofs = [] }: Native): Op {
  const validBefore = stage.time + pickValidityMs(random)
  const message = { account, nonce: random.hash(), validBefore, ...fields, type: definition.type }
  const { domains } = stage.protocol
  const first = by.sign(digestOf(domains, definition, message))
  const further = proofsOf(domains, definition, message).map(({ digest }, i) => proofs[i]!.sign(digest))
  const signatures = [first, ...further].map((bytes) => ({ kind: 1 as const, bytes }))
  return createOp(domains, { definition, message, signatures })
}

export type Terms = {
  readonly by: Person
  readonly to: Address.Address
  readonly asset: Address.Address
  readonly value: bigint
  /** A fresh one unless given. */
  readonly nonce?: Hash.Hash
}

const lifetimesSeconds = [0, 1, 2, 5, 60, 300, 600, 601, 3_600, 3_660, 5_000]

/** A payer's signed permission to move money once. */
export function signPermission(stage: Stage, random: Random, { by, to, asset, value, nonce }: Terms): Permission {
  const second = Math.floor(stage.time / 1_000)
  const lifetime = random.percent(80) ? random.pick([50, 300]) : random.pick(lifetimesSeconds)
  const message: Permission['message'] = {
    type: 'payments/transferWithAuthorization',
    asset,
    from: by.address,
    to,
    value,
    validAfter: random.percent(85) ? 0 : second + random.pick([-1, 0, 1]),
    validBefore: second + lifetime,
    nonce: nonce ?? random.hash(),
  }
  return permitAs(stage, by, message)
}

/** A permission of given content. */
export function permitAs(
  { protocol }: Pick<Stage, 'protocol'>,
  by: Person,
  message: Permission['message'],
): Permission {
  return { message, by, signature: by.sign(digestOf(protocol.domains, transferWithAuthorization, message)) }
}

/** The operation that settles a permission. */
export function settleOf({ protocol }: Stage, { message, signature }: Permission, relay: Relay = {}): Op {
  const signatures = [{ kind: 1 as const, bytes: signature }]
  return createOp(protocol.domains, { definition: transferWithAuthorization, message, signatures, relay })
}

/** The operation that holds a permission's money, for one attempt. */
export function holdOf(
  { protocol }: Stage,
  { message, signature }: Permission,
  { holdMs, ...relay }: Relay & { readonly holdMs: number },
): Op {
  const held: Message<typeof hold> = { ...message, type: 'payments/hold', holdMs }
  const signatures = [{ kind: 1 as const, bytes: signature }]
  return createOp(protocol.domains, { definition: hold, message: held, signatures, relay })
}

/** The operation by which a payer takes a permission back. */
export function cancelOf({ protocol }: Stage, { message, by }: Permission): Op {
  const taken: Message<typeof cancelAuthorization> = {
    type: 'payments/cancelAuthorization',
    asset: message.asset,
    authorizer: message.from,
    nonce: message.nonce,
  }
  const bytes = by.sign(digestOf(protocol.domains, cancelAuthorization, taken))
  return createOp(protocol.domains, {
    definition: cancelAuthorization,
    message: taken,
    signatures: [{ kind: 1, bytes }],
  })
}

/** One of a handful of names that clients give to payments, so that they meet. */
export function pickAlias(random: Random): Hash.Hash {
  return Hash.parse(`0x${random.int(6).toString(16).padStart(64, 'a')}`)!
}
