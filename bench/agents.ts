// Agents for the benchmark of the core: each under a policy with as many counted caps as asked for, made by real operations.
import { findAsset, viewOf } from '@turnpike/chain'
import type { State } from '@turnpike/chain'
import { Address, Hash, keccak256, sha256 } from '@turnpike/chain/wire'
import type { AnyMessage, Definition, Op } from '@turnpike/chain/wire'
import * as faucet from '@turnpike/chain/wire/faucet'
import * as policy from '@turnpike/chain/wire/policy'

/** How many counters a measured policy has. */
export const counters = [5] as const

/** Owners have at most 1,024 agents each, and 60 free operations a minute. */
const agentsPerOwner = 50
const dollar = Address.parse('0x7474747474747474747474747474747474747401')!

type Create = (definition: Definition, fields: AnyMessage, by: Address.Address) => Op
type Options = {
  readonly count: number
  readonly counters: number
  readonly state: State
  readonly operator: Address.Address
  readonly addressOf: (index: number) => Address.Address
  readonly create: Create
  readonly run: (ops: readonly Op[]) => void
}

/** The addresses of the keys with which new agents pay. */
export function createAgents({
  count,
  counters: capCount,
  state,
  operator,
  addressOf,
  create,
  run,
}: Options): readonly Address.Address[] {
  const caps = Array.from({ length: capCount }, (_, i) => ({
    id: `cap${i}`,
    scope: { kind: 'all' },
    denom: { currency: 'USD' },
    per: i === capCount - 1 ? { kind: 'lifetime' } : { kind: 'rolling', windowMs: 3_600_000 * (i + 1), buckets: 60 },
    maxAmount: '1000000000000',
    onBreach: 'deny',
  }))
  const document = policy.parsePolicy({ caps, maxAuthLifetimeMs: { native: 60_000, eip3009: 3_600_000 } }, dollar)
  const words = policy.renderWords(document, (asset) => findAsset(viewOf(state, 0), asset))
  const keys: Address.Address[] = []
  for (let at = 0; at < count; at += agentsPerOwner) {
    const owner = addressOf(count + at)
    run([create(faucet.drip, { type: 'faucet/drip', to: owner, asset: dollar, amount: 1n }, operator)])
    const ops = Array.from({ length: Math.min(agentsPerOwner, count - at) }, (_, i) => {
      const key = addressOf(at + i)
      keys.push(key)
      const salt = Hash.fromBytes(sha256(keccak256(Uint8Array.of(i))))
      return create(
        policy.createAgent,
        { type: 'policy/createAgent', salt, key, policy: policy.hashDocument(document), words, document },
        owner,
      )
    })
    run(ops)
  }
  return keys
}
