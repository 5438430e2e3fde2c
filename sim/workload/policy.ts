// Owners and their agents: created, narrowed, loosened, frozen, let go and swept; and those who try it on agents of others.
import type { Address, Definition, Op } from '@turnpike/chain/wire'
import {
  createAgent,
  documentCodec,
  freeze,
  hashDocument,
  proposePolicy,
  renderWords,
  sweep,
  tightenPolicy,
  unfreeze,
} from '@turnpike/chain/wire/policy'
import type { Random } from '../random.ts'
import { changeDocument, createDocument, isTightening, spoilDocument, type Document } from './documents.ts'
import { signNative } from './signing.ts'
import { pickAmount, pickAsset, pickPayer, type Actions, type Agent, type Person, type Stage } from './stage.ts'

/** What travels of a document, and rarely a part of it that does not belong to it. */
function signedParts({ assets }: Stage, random: Random, document: Document): { readonly [name: string]: unknown } {
  const words = renderWords(document, (asset) => assets.find(({ address }) => address === asset))
  const isHonest = random.percent(97)
  return {
    document,
    policy: isHonest || random.percent(50) ? hashDocument(document) : random.hash(),
    words: isHonest || random.percent(50) ? words : `${words} And a pony.`,
  }
}

type Held = { readonly document: Document; readonly version: number; readonly created: number }

/** What the operator's client reads of an agent. */
function readPolicy(stage: Stage, agent: Agent): Held | undefined {
  const answer = stage.ask('policy/policy', { account: agent.address }) as
    | { readonly document: unknown; readonly version: number }
    | undefined
  const account = stage.ask('accounts/account', { address: agent.address }) as { readonly created?: number } | undefined
  if (answer === undefined || account?.created === undefined) return undefined
  return { document: documentCodec.fromJson(answer.document, ''), version: answer.version, created: account.created }
}

/** Who changes an agent: its owner mostly, then the agent itself or a stranger. */
function changerOf(
  { owners }: Stage,
  random: Random,
  { owner, key, address }: Agent,
): { readonly account: Address.Address; readonly by: Person } {
  const place = random.int(100)
  if (place < 90) return { account: owner.address, by: owner }
  if (place < 95) return { account: address, by: key }
  const stranger = random.pick(owners)
  return { account: stranger.address, by: stranger }
}

/** The agent's account, or its key, which stands for it. */
const nameOf = (random: Random, { address, key }: Agent): Address.Address =>
  random.percent(85) ? address : key.address

function changing(stage: Stage, random: Random, definition: Definition): Op | undefined {
  if (stage.agents.length === 0) return undefined
  const agent = random.pick(stage.agents)
  const changer = changerOf(stage, random, agent)
  return signNative(stage, random, { definition, ...changer, fields: { agent: nameOf(random, agent) } })
}

/** A change of the document; `isTighter` decides which of the two messages carries it. */
function redocumenting(stage: Stage, random: Random, change: (from: Document) => Document): Op | undefined {
  if (stage.agents.length === 0) return undefined
  const agent = random.pick(stage.agents)
  const held = readPolicy(stage, agent)
  if (held === undefined) return undefined
  const document = change(held.document)
  const isTighter = isTightening(held.document, document, held.created) !== random.percent(5)
  const fields = {
    agent: nameOf(random, agent),
    baseVersion: random.percent(96) ? held.version : held.version - 1 + random.int(3),
    ...signedParts(stage, random, document),
  }
  const definition = isTighter ? tightenPolicy : proposePolicy
  return signNative(stage, random, { definition, ...changerOf(stage, random, agent), fields })
}

export const policyActions: Actions = {
  'an owner creates an agent': (stage, random) => {
    const owner = random.pick(stage.owners)
    const key = random.percent(95) ? random.pick(stage.keys) : random.pick(stage.owners)
    const document = createDocument(stage, random)
    const fields = {
      salt: random.hash(),
      key: key.address,
      ...signedParts(stage, random, random.percent(92) ? document : spoilDocument(stage, random, document)),
    }
    const prover = random.percent(96) ? key : random.pick(stage.keys)
    const native = { definition: createAgent, account: owner.address, by: owner, fields, proofs: [prover] }
    return signNative(stage, random, native)
  },

  'an owner creates the same agent again': (stage, random) => {
    const earlier = stage.said.find(({ message }) => message.type === createAgent.type)
    const owner = stage.owners.find(({ address }) => address === earlier?.message['account'])
    const key = stage.keys.find(({ address }) => address === earlier?.message['key'])
    if (earlier === undefined || owner === undefined || key === undefined) return undefined
    const { salt, document, policy, words } = earlier.message
    const fields = { salt, key: key.address, document, policy, words }
    return signNative(stage, random, {
      definition: createAgent,
      account: owner.address,
      by: owner,
      fields,
      proofs: [key],
    })
  },

  'an agent creates an agent': (stage, random) => {
    if (stage.agents.length === 0) return undefined
    const { address, key } = random.pick(stage.agents)
    const next = random.pick(stage.keys)
    const parts = signedParts(stage, random, createDocument(stage, random))
    const fields = { salt: random.hash(), key: next.address, ...parts }
    return signNative(stage, random, { definition: createAgent, account: address, by: key, fields, proofs: [next] })
  },

  'an owner freezes an agent': (stage, random) => changing(stage, random, freeze),
  'an owner lets an agent go on': (stage, random) => changing(stage, random, unfreeze),
  'an owner changes a policy': (stage, random) =>
    redocumenting(stage, random, (from) => changeDocument(stage, random, from)),
  'an owner writes a new policy': (stage, random) => redocumenting(stage, random, () => createDocument(stage, random)),
  'an owner writes a wrong policy': (stage, random) =>
    redocumenting(stage, random, (from) => spoilDocument(stage, random, from)),

  'an owner takes money back': (stage, random) => {
    if (stage.agents.length === 0) return undefined
    const agent = random.pick(stage.agents)
    const asset = pickAsset(stage, random)
    const amount = pickAmount(stage, random, { account: agent.address, asset })
    const named = random.percent(95) ? nameOf(random, agent) : pickPayer(stage, random).account
    const fields = { agent: named, asset, amount }
    return signNative(stage, random, { definition: sweep, ...changerOf(stage, random, agent), fields })
  },
}
