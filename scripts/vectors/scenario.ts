// The short chain of the vectors: every message, every event and some refusals, told as one story of an owner, her agent,
// a buyer with a stock wallet, and a shop.
import type { Recording } from './recording.ts'
import { createRecording } from './recording.ts'
import { dollar, operator, person, testDollar } from '@turnpike/chain/testing'
import { Hash, keccak256, Text, type Address } from '@turnpike/chain/wire'
import { agentAddress } from '@turnpike/chain/wire/accounts'
import { drip } from '@turnpike/chain/wire/faucet'
import { cancelAuthorization, charge, hold, refund, transferWithAuthorization } from '@turnpike/chain/wire/payments'
import * as policy from '@turnpike/chain/wire/policy'
import { transfer } from '@turnpike/chain/wire/token'
import { agentDocument, findAsset, slowDocument, tighterDocument } from './documents.ts'

/** Everyone in the story; the key of each is the SHA-256 of `turnpike test <name>`. */
export const people = {
  operator,
  owner: person('owner'),
  agentKey: person('agent key'),
  buyer: person('buyer'),
  shop: person('shop'),
}

const { owner, agentKey, buyer, shop } = people

/** The agent's salt: Keccak-256 of its name. */
export const salt = Hash.fromBytes(keccak256(Text.toBytes('helper')))

/** The agent's account, from owner and salt. */
export const agent = agentAddress(owner.address, salt)

type Fields = { readonly [name: string]: unknown }

const reference = Hash.parse(`0x${'5e'.repeat(32)}`)!
const alias = Hash.parse(`0x${'a1'.repeat(32)}`)!
const attempt = (number: number): Uint8Array => new Uint8Array(16).fill(number)

/** The chain of the vectors, recorded. */
export function recordChain(): Recording {
  const chain = createRecording()
  fund(chain)
  openAgent(chain)
  payAsAgent(chain)
  payByAuthorization(chain)
  holdAndSettle(chain)
  takeBack(chain)
  boundAgent(chain)
  return chain
}

function fund(chain: Recording): void {
  const give = (to: Address.Address, asset: Address.Address, amount: bigint) =>
    chain.native(drip, { to, asset, amount }, { by: operator })
  chain.block(
    give(owner.address, dollar, 20_000_000n),
    give(owner.address, testDollar, 1_000_000_000n),
    give(buyer.address, dollar, 5_000_000n),
  )
}

function signed(document: policy.PolicyDocument): Fields {
  return { policy: policy.hashDocument(document), words: policy.renderWords(document, findAsset), document }
}

function openAgent(chain: Recording): void {
  chain.block(
    chain.native(
      policy.createAgent,
      { salt, key: agentKey.address, ...signed(agentDocument) },
      { by: owner, proofs: [agentKey] },
    ),
  )
  const fields = { to: agent, asset: dollar, amount: 2_000_000n, reference: Hash.zero }
  chain.block(chain.native(transfer, fields, { by: owner }))
}

function payAsAgent(chain: Recording): void {
  const pay = (amount: bigint) =>
    chain.native(charge, { payee: shop.address, asset: dollar, amount, reference }, { by: agentKey, account: agent })
  chain.block(pay(50_000n), pay(3n))
  chain.refuse(pay(100_001n))
}

type Terms = { readonly from: Address.Address; readonly value: bigint; readonly nonce: Hash.Hash }

function authorization(chain: Recording, { from, value, nonce }: Terms): Fields {
  const validBefore = Math.floor(chain.time / 1_000) + 300
  return { asset: dollar, from, to: shop.address, value, validAfter: 0, validBefore, nonce }
}

function payByAuthorization(chain: Recording): void {
  const buyers = authorization(chain, { from: buyer.address, value: 1_000_000n, nonce: chain.nonce() })
  const agents = authorization(chain, { from: agentKey.address, value: 25_000n, nonce: chain.nonce() })
  chain.block(
    chain.sign(transferWithAuthorization, buyers, { by: buyer, relay: { alias } }),
    chain.sign(transferWithAuthorization, agents, { by: agentKey }),
  )
  const nonce = chain.nonce()
  const tooMuch = authorization(chain, { from: buyer.address, value: 4_000_001n, nonce })
  chain.refuse(chain.sign(transferWithAuthorization, tooMuch, { by: buyer }))
  const forged = authorization(chain, { from: buyer.address, value: 1n, nonce })
  chain.refuse(chain.sign(transferWithAuthorization, forged, { by: shop }))
}

function holdAndSettle(chain: Recording): void {
  const terms = authorization(chain, { from: agentKey.address, value: 10_000n, nonce: chain.nonce() })
  const take = (number: number) =>
    chain.sign(hold, { ...terms, holdMs: 30_000 }, { by: agentKey, relay: { attempt: attempt(number) } })
  chain.block(take(1))
  chain.block(take(2))
  chain.block(chain.sign(transferWithAuthorization, terms, { by: agentKey }))
  const lapsing = authorization(chain, { from: agentKey.address, value: 20_000n, nonce: chain.nonce() })
  chain.block(chain.sign(hold, { ...lapsing, holdMs: 5_000 }, { by: agentKey, relay: { attempt: attempt(3), alias } }))
  chain.wait(5_000)
}

function takeBack(chain: Recording): void {
  const nonce = chain.nonce()
  const payment = chain.blocks[3]!.ops[0]!.id
  chain.block(
    chain.sign(cancelAuthorization, { asset: dollar, authorizer: buyer.address, nonce }, { by: buyer }),
    chain.native(refund, { payer: agentKey.address, asset: dollar, amount: 50_000n, payment }, { by: shop }),
  )
}

function boundAgent(chain: Recording): void {
  const change = (baseVersion: number, document: policy.PolicyDocument) => ({ agent, baseVersion, ...signed(document) })
  const pay = () =>
    chain.native(
      charge,
      { payee: buyer.address, asset: dollar, amount: 1_000n, reference: Hash.zero },
      { by: agentKey, account: agent },
    )
  chain.block(chain.native(policy.tightenPolicy, change(1, tighterDocument), { by: owner }))
  chain.refuse(chain.native(policy.tightenPolicy, change(2, agentDocument), { by: owner }))
  chain.refuse(pay())
  chain.block(chain.native(policy.freeze, { agent }, { by: owner }))
  chain.refuse(pay())
  chain.block(chain.native(policy.unfreeze, { agent }, { by: owner }))
  chain.block(chain.native(policy.proposePolicy, change(4, slowDocument), { by: owner }))
  chain.block(chain.native(policy.proposePolicy, change(5, agentDocument), { by: owner }))
  chain.wait(slowDocument.change.loosenDelayMs)
  chain.block(chain.native(policy.sweep, { agent, asset: dollar, amount: 500_000n }, { by: owner }))
}
