// Each invariant of payments says what is wrong when something is, and nothing otherwise.
import { expect, test } from 'vitest'
import { authorize, dollar, given, holdOp, person, settleOp, type Given } from '../../../testing/index.ts'
import type { Hash } from '../../codec/Hash.ts'
import { violations } from '../../kernel/app.ts'
import type { Context } from '../../kernel/context.ts'
import { changeNonce, nonceEntries, type Nonce } from '../accounts/index.ts'
import { aliasCounts, aliasEnds, aliases, aliasRing, holdEnds } from './state.ts'

const payer = person('payer')
const seller = person('seller')
const alias = `0x${'aa'.repeat(32)}` as Hash

function world(): Given {
  const chain = given()
  chain.fund(payer, 1_000n)
  chain.succeed(settleOp(chain, payer, authorize(chain, payer, { to: seller.address, value: 10n }), alias))
  chain.succeed(holdOp(chain, payer, authorize(chain, payer, { to: seller.address, value: 20n })))
  return chain
}

function changeHeld(context: Context, change: Partial<Nonce>): void {
  for (const [{ asset }, row, slot] of nonceEntries(context))
    if (asset === dollar && row.state === 'held') changeNonce(context, slot, { ...row, ...change })
}

const late = { time: Number.MAX_SAFE_INTEGER }
const key = { account: payer.address, alias }

const faults: readonly (readonly [name: string, fault: string, break_: (context: Context) => void])[] = [
  ['payments/holds', 'a hold of another amount', (context) => changeHeld(context, { amount: 21n })],
  ['payments/holds', 'a hold without reservation', (context) => changeHeld(context, { reservation: 1 })],
  ['payments/holds', 'a reservation without hold', (context) => changeHeld(context, { state: 'open' })],
  ['payments/holds', 'a hold that ends at another time', (context) => changeHeld(context, { holdEnds: 1 })],
  ['payments/holds', 'a hold that never ends', (context) => void holdEnds.take({ ...context, ...late })],
  ['payments/aliases', 'an alias that never ends', (context) => void aliasEnds.take({ ...context, ...late })],
  [
    'payments/aliases',
    'an alias without place',
    (context) => aliasRing.remove(context, { account: payer.address, place: 0 }),
  ],
  ['payments/aliases', 'a place without alias', (context) => aliases.remove(context, key)],
  ['payments/aliases', 'a number that was not given yet', (context) => aliasCounts.remove(context, payer.address)],
  [
    'payments/aliases',
    'an alias with the number of another',
    (context) => aliases.put(context, key, { ...aliases.get(context, key), number: 1_024 }),
  ],
]

test.each(faults)('%s finds %s', (name, _, break_) => {
  const chain = world()
  expect(violations(chain.app, chain.view())).toEqual([])
  chain.arrange(break_)
  expect(violations(chain.app, chain.view()).map((found) => found.name)).toContain(name)
})
