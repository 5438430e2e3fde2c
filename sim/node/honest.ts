// Honest people: what they do must come to a good end however often the node dies on the way, because they ask again with the same
// bytes until they are answered.
import { createOp, digestOf, proofsOf, type Definition, type Hash, type Op } from '@turnpike/chain/wire'
import { createAgent, defaultDocument, freeze, hashDocument, renderWords } from '@turnpike/chain/wire/policy'
import { transfer } from '@turnpike/chain/wire/token'
import type { Address } from '@turnpike/chain/wire'
import { agentAddress } from '@turnpike/chain/wire/accounts'
import { tell } from '../auditor/promises.ts'
import type { Random } from '../random.ts'
import { permitAs } from '../workload/signing.ts'
import type { Permission, Person } from '../workload/stage.ts'
import { fieldsOf, textOf } from './clients.ts'
import { handIn } from './people.ts'
import { paymentBody, settleVerified, type Shop } from './shop.ts'

/** Asks the faucet until it answers; it may have given all that it has. */
export async function isFunded(shop: Shop, by: Person): Promise<boolean> {
  const { clients, complain, promises } = shop
  for (;;) {
    const answer = await clients.post('/faucet', { address: by.address, amount: '9000' })
    const { code, operation } = fieldsOf(answer?.body)
    if (answer?.status === 200) {
      complain(tell(promises, operation as Hash.Hash, { by: 'faucet' }))
      return true
    }
    if (code === 'faucet/empty') return false
    if (answer !== undefined && answer.status !== 503)
      complain(`the faucet answers an honest man ${JSON.stringify(answer)}`)
    await clients.think()
  }
}

export type Paying = {
  readonly by: Person
  readonly to: Address.Address
  readonly value?: bigint
  readonly lastingMs?: number
}

/** Signs a payment that is good for a while. */
export function permitOf(
  { stage }: Shop,
  random: Random,
  { by, to, value = 2_000n, lastingMs = 50_000 }: Paying,
): Permission {
  return permitAs(stage, by, {
    type: 'payments/transferWithAuthorization',
    asset: stage.assets[0]!.address,
    from: by.address,
    to,
    value,
    validAfter: 0,
    validBefore: Math.floor((stage.time + lastingMs) / 1_000),
    nonce: random.hash(),
  })
}

/** Pays a seller, who verifies, works and settles. @returns what came of it: `delivered`, `lost`, or why verify said no */
export async function buyOnce(shop: Shop, permission: Permission): Promise<string> {
  const { clients } = shop
  const body = paymentBody(shop.stage, permission, 'authorization')
  for (;;) {
    const verified = await clients.post('/x402/verify', body)
    // A lost verify was perhaps counted: another one makes two, of which only the first settle is told success.
    if (verified?.status === 200) {
      const { isValid, invalidReason } = fieldsOf(verified.body)
      if (isValid !== true) return textOf(invalidReason)
      return (await settleVerified(shop, permission, body)) ? 'delivered' : 'lost'
    }
    await clients.think()
  }
}

type Signing = {
  readonly definition: Definition
  readonly by: Person
  readonly fields: { readonly [name: string]: unknown }
  readonly proofs?: readonly Person[]
}

function signNative({ stage }: Shop, random: Random, { definition, by, fields, proofs = [] }: Signing): Op {
  const { domains } = stage.protocol
  const native = { account: by.address, nonce: random.hash(), validBefore: stage.time + 50_000 }
  const message = { type: definition.type, ...native, ...fields }
  const further = proofsOf(domains, definition, message).map(({ digest }, i) => proofs[i]!.sign(digest))
  const signatures = [by.sign(digestOf(domains, definition, message)), ...further]
  return createOp(domains, {
    definition,
    message,
    signatures: signatures.map((bytes) => ({ kind: 1 as const, bytes })),
  })
}

/** An owner, an agent of his, a seller: money comes, is paid, given to the agent, paid by the agent, and the agent is stopped. */
export async function story(shop: Shop, random: Random): Promise<void> {
  const { stage, complain } = shop
  const [owner, key, seller] = [stage.owners[0]!, stage.keys[0]!, stage.sellers[0]!]
  if (!(await isFunded(shop, owner))) return complain('the faucet of the story is empty')
  await buyOnce(shop, permitOf(shop, random, { by: owner, to: seller.address }))
  const document = defaultDocument(stage.assets[0]!.address)
  const words = renderWords(document, (asset) => stage.assets.find(({ address }) => address === asset))
  const salt = random.hash()
  const fields = { salt, key: key.address, document, policy: hashDocument(document), words }
  await handIn(shop, signNative(shop, random, { definition: createAgent, by: owner, fields, proofs: [key] }), random)
  const agent = agentAddress(owner.address, salt)
  const given = { to: agent, asset: stage.assets[0]!.address, amount: 6_000n, reference: random.hash() }
  await handIn(shop, signNative(shop, random, { definition: transfer, by: owner, fields: given }), random)
  const shown = permitOf(shop, random, { by: key, to: seller.address })
  await Promise.all([buyOnce(shop, shown), buyOnce(shop, shown)])
  await handIn(shop, signNative(shop, random, { definition: freeze, by: owner, fields: { agent } }), random)
  const refused = await buyOnce(shop, permitOf(shop, random, { by: key, to: seller.address }))
  if (refused !== 'policy_denied') complain(`the payment of a frozen agent: ${refused}`)
}
