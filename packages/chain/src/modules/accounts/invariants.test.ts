// Each invariant of accounts says what is wrong when something is, and nothing otherwise.
import { expect, test } from 'vitest'
import { authorize, given, openAgent, person, settleOp, type Given } from '../../../testing/index.ts'
import { violations } from '../../kernel/app.ts'
import type { Context } from '../../kernel/context.ts'
import { accounts, expiring, keys, nonces } from './state.ts'

const owner = person('owner')
const seller = person('seller')
const stranger = person('stranger').address

function world(): Given {
  const chain = given()
  chain.fund(owner, 100n)
  chain.succeed(settleOp(chain, owner, authorize(chain, owner, { to: seller.address, value: 10n })))
  openAgent(chain, { owner, key: person('agent key') })
  return chain
}

function changeOwner(
  context: Context,
  change: { readonly live?: number; readonly cancelled?: number; readonly agents?: number },
): void {
  accounts.put(context, owner.address, { ...accounts.get(context, owner.address), ...change })
}

function agentOf(context: Context): typeof owner.address {
  for (const [account, { kind }] of accounts.entries(context)) if (kind === 'agent') return account
  throw new Error('There is no agent.')
}

const faults: readonly (readonly [name: string, fault: string, break_: (context: Context) => void])[] = [
  [
    'accounts/keys',
    'a key of an owner account',
    (context) => keys.put(context, stranger, { account: owner.address, removed: false }),
  ],
  [
    'accounts/keys',
    'a key that is an account',
    (context) => keys.put(context, seller.address, { account: agentOf(context), removed: true }),
  ],
  ['accounts/owners', 'an agent that is not counted', (context) => changeOwner(context, { agents: 0 })],
  [
    'accounts/owners',
    'an agent without owner',
    (context) =>
      accounts.put(context, agentOf(context), { ...accounts.get(context, agentOf(context)), owner: stranger }),
  ],
  ['accounts/nonces', 'a live nonce that is not counted', (context) => changeOwner(context, { live: 1 })],
  ['accounts/nonces', 'a cancelled nonce that does not exist', (context) => changeOwner(context, { cancelled: 1 })],
  [
    'accounts/nonces',
    'a nonce that never ends',
    (context) => {
      while (expiring.take({ ...context, time: Number.MAX_SAFE_INTEGER }) !== undefined);
    },
  ],
  [
    'accounts/nonces',
    'a nonce that is gone',
    (context) => {
      for (const [{ address }, , slot] of nonces.entries(context))
        if (address === owner.address) return nonces.removeAt(context, slot)
    },
  ],
]

test.each(faults)('%s finds %s', (name, _, break_) => {
  const chain = world()
  expect(violations(chain.app, chain.view())).toEqual([])
  chain.arrange(break_)
  expect(violations(chain.app, chain.view()).map((found) => found.name)).toContain(name)
})
