// Agents as their owners make and stop them: signed operations handed to the ledger of a node under test.
import { freshNonce } from '@turnpike/chain/testing'
import type { Person } from '@turnpike/chain/testing'
import { createOp, digestOf, proofsOf } from '@turnpike/chain/wire'
import type { Address, Definition, Hash } from '@turnpike/chain/wire'
import { completeDocument, createAgent, freeze, hashDocument, renderWords } from '@turnpike/chain/wire/policy'
import type { TestNode } from './gateway.ts'

const dollar = '0x7474747474747474747474747474747474747401' as Address.Address
const assetFacts = { symbol: 'pUSD', decimals: 6, currency: 'USD' }

type Signed = {
  readonly definition: Definition
  readonly fields: { readonly [name: string]: unknown }
  readonly by: Person
  readonly proof?: Person
}

/** Hands in a native operation; account, nonce and validBefore are filled in. */
async function submitNative(node: TestNode, { definition, fields, by, proof }: Signed): Promise<Hash.Hash> {
  const message = {
    type: definition.type,
    account: by.address,
    nonce: freshNonce(),
    validBefore: node.now + 60_000,
    ...fields,
  }
  const { domains } = node.ledger.protocol
  const first = { kind: 1 as const, bytes: by.sign(digestOf(domains, definition, message)) }
  const proofs =
    proof === undefined
      ? []
      : proofsOf(domains, definition, message).map(({ digest }) => ({ kind: 1 as const, bytes: proof.sign(digest) }))
  const { receipt } = await node.ledger.submit(
    createOp(domains, { definition, message, signatures: [first, ...proofs] }),
  )
  return receipt.receipt.reference
}

/** Opens an agent whose pay key is `key`; answers its address. */
export async function openAgent(
  node: TestNode,
  { owner, key, policy = {} }: { readonly owner: Person; readonly key: Person; readonly policy?: unknown },
): Promise<Address.Address> {
  const document = completeDocument(policy, dollar)
  const fields = {
    salt: freshNonce(),
    key: key.address,
    policy: hashDocument(document),
    words: renderWords(document, (asset) => (asset === dollar ? assetFacts : undefined)),
    document,
  }
  const reference = await submitNative(node, { definition: createAgent, fields, by: owner, proof: key })
  return reference.slice(0, 42) as Address.Address
}

/** Freezes an agent. */
export async function freezeAgent(
  node: TestNode,
  { owner, agent }: { readonly owner: Person; readonly agent: Address.Address },
): Promise<void> {
  await submitNative(node, { definition: freeze, fields: { agent }, by: owner })
}
