// A refusal leaves nothing behind: blocks with refused and repeated operations between the others commit to the same as blocks without.
import { expect, test } from 'vitest'
import {
  agentOp,
  authorize,
  cancelOp,
  codeOf,
  dollar,
  forger,
  freshNonce,
  given,
  holdOp,
  openAgent,
  operator,
  payOp,
  person,
  settleOp,
  type Given,
} from '../../../testing/index.ts'
import * as Hash from '../../codec/Hash.ts'
import { recoverSigner } from '../../crypto/verifier.ts'
import { executeBlock, unmake } from '../../kernel/execute.ts'
import type { Op } from '../../wire/op.ts'
import * as faucet from '../faucet/wire.ts'
import * as policy from '../policy/wire.ts'
import * as token from '../token/wire.ts'
import * as payments from './wire.ts'

const owner = person('owner')
const key = person('agent key')
const seller = person('seller')
const stranger = person('stranger')

type Here = { readonly chain: Given; readonly agent: ReturnType<typeof openAgent> }

function world(): Here {
  const chain = given({ params: { accountMin: '5' } })
  chain.fund(owner, 1_000n)
  const agent = openAgent(chain, { owner, key })
  chain.fund(agent.address, 1_000n)
  return { chain, agent }
}

/** One operation of every kind that succeeds. */
function soundOps({ chain, agent }: Here): readonly Op[] {
  const held = authorize(chain, key, { to: seller.address, value: 20n })
  const transfer = { to: seller.address, asset: dollar, amount: 10n, reference: Hash.zero }
  return [
    agentOp(chain, { owner, key: person('second key') }),
    holdOp(chain, key, held),
    chain.native(token.transfer, transfer, owner),
    payOp(chain, agent, { to: seller.address, amount: 30n }),
    settleOp(chain, key, held, freshNonce()),
    cancelOp(chain, key, authorize(chain, key, { to: seller.address, value: 1n })),
    chain.native(policy.sweep, { agent: agent.address, asset: dollar, amount: 1n }, owner),
    chain.native(faucet.drip, { to: stranger.address, asset: dollar, amount: 5n }, operator),
  ]
}

/** Operations that are refused, some of them after they have written: a nonce, a count, a lock, an account. */
function refusedOps({ chain, agent }: Here): readonly Op[] {
  const someone = person('someone new').address
  const transfer = { to: someone, asset: dollar, amount: 4n, reference: Hash.zero }
  const refund = { payer: someone, asset: dollar, amount: 2_000n, payment: Hash.zero }
  return [
    chain.native(token.transfer, transfer, owner),
    chain.native(token.transfer, { ...transfer, amount: 100_000n }, owner),
    chain.native(token.transfer, { ...transfer, amount: 5n }, forger(owner)),
    chain.native(payments.refund, refund, owner),
    payOp(chain, agent, { to: seller.address, amount: 100_001n }),
    settleOp(chain, key, authorize(chain, key, { to: someone, value: 99_999n }), freshNonce()),
    holdOp(chain, key, authorize(chain, key, { to: someone, value: 99_999n })),
    holdOp(chain, key, authorize(chain, key, { to: someone, value: 4n })),
    cancelOp(chain, stranger, authorize(chain, stranger, { to: someone, value: 4n })),
    agentOp(chain, { owner, key }),
    chain.native(policy.unfreeze, { agent: agent.address }, owner),
    chain.native(policy.sweep, { agent: agent.address, asset: dollar, amount: 100_000n }, owner),
    chain.native(faucet.drip, { to: someone, asset: dollar, amount: 4n }, operator),
  ]
}

test('T82 a block with refused and repeated operations commits to the same as the block without', () => {
  const here = world()
  const { app, state, time } = here.chain
  const [sound, refused] = [soundOps(here), refusedOps(here)]
  const mixed = sound.flatMap((op, i) => [...refused.slice(0, i + 6), op, ...(i > 0 ? [sound[i - 1]!] : [])])
  const [plainly, among] = [sound, mixed].map((ops) => {
    const result = executeBlock(app, state, { height: state.head.height + 1, time, ops }, recoverSigner)
    unmake(state, result)
    return result
  })
  expect(plainly!.outcomes.map(codeOf)).toEqual(sound.map(() => 'success'))
  expect(among!.outcomes).toHaveLength(mixed.length)
  expect(among!.receipts).toEqual(plainly!.receipts)
  expect(among!.leaves).toEqual(plainly!.leaves)
  expect(among!.writes).toBe(plainly!.writes)
  expect(among!.head).toEqual(plainly!.head)
})

test('a block of nothing but refusals is not made', () => {
  const here = world()
  const { height, appHash } = here.chain.state.head
  const result = here.chain.block(...refusedOps(here))
  expect(result.outcomes.map(codeOf)).not.toContain('success')
  expect(result.idle).toBe(true)
  expect(here.chain.state.head).toMatchObject({ height, appHash })
})
