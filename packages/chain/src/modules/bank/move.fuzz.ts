// T82: whatever happens, in whatever order, no unit is made or lost. Random histories of every operation against books kept from events.
import fastCheck from 'fast-check'
import { expect, test } from 'vitest'
import {
  authorize,
  cancelOp,
  dollar,
  documentWith,
  dollarCap,
  given,
  holdOp,
  openAgent,
  operator,
  payOp,
  person,
  settleOp,
  testDollar,
  type Authorization,
  type Given,
} from '../../../testing/index.ts'
import * as Address from '../../codec/Address.ts'
import * as Hash from '../../codec/Hash.ts'
import type { ReceiptWithEvents } from '../../kernel/dispatch.ts'
import type { Op } from '../../wire/op.ts'
import { resolve } from '../accounts/index.ts'
import * as faucet from '../faucet/wire.ts'
import * as payments from '../payments/wire.ts'
import * as policy from '../policy/wire.ts'
import * as token from '../token/wire.ts'
import { balanceOf, supplyOf } from './index.ts'
import { balances } from './state.ts'
import { transferred } from './wire.ts'

const owner = person('owner')
const agentKeys = [person('first key'), person('second key')] as const
const people = [owner, person('seller'), operator, ...agentKeys] as const
const assets = [dollar, testDollar] as const

type World = {
  readonly chain: Given
  readonly agents: readonly ReturnType<typeof openAgent>[]
  /** Authorizations made so far, to be settled, held again or cancelled later. */
  readonly made: { readonly by: (typeof people)[number]; readonly of: Authorization }[]
}

function world(): World {
  const chain = given()
  for (const who of [owner, operator, people[1]]) for (const asset of assets) chain.fund(who, 5_000n, asset)
  const caps = [
    dollarCap('minute', { kind: 'rolling', windowMs: 60_000, buckets: 6 }, { maxAmount: 900n }),
    dollarCap('life', { kind: 'lifetime' }, { maxAmount: 4_000n }),
  ]
  const document = documentWith({ caps, assets: [dollar, testDollar] })
  const agents = agentKeys.map((key) => openAgent(chain, { owner, key, document }))
  for (const { address } of agents) for (const asset of assets) chain.fund(address, 2_000n, asset)
  return { chain, agents, made: [] }
}

const step = fastCheck.record({
  kind: fastCheck.constantFrom(
    ...([
      'drip',
      'transfer',
      'charge',
      'charge',
      'authorize',
      'authorize',
      'authorize',
      'settle',
      'settle',
      'hold',
      'cancel',
      'refund',
      'freeze',
      'unfreeze',
      'unfreeze',
      'sweep',
    ] as const),
  ),
  who: fastCheck.nat(people.length - 1),
  to: fastCheck.nat(people.length - 1),
  asset: fastCheck.nat(assets.length - 1),
  amount: fastCheck.oneof(fastCheck.bigInt({ min: 1n, max: 700n }), fastCheck.bigInt({ min: 0n, max: 3n })),
  pick: fastCheck.nat(),
  wait: fastCheck.constantFrom(0, 0, 0, 1, 999, 5_000, 40_000),
})
const histories = fastCheck.array(fastCheck.array(step, { minLength: 1, maxLength: 6, size: 'max' }), {
  maxLength: 30,
  size: 'max',
})
type Step = typeof step extends fastCheck.Arbitrary<infer S> ? S : never

/** The operation of a step. */
function opOf({ chain, agents, made }: World, { kind, who, to, asset: at, amount, pick }: Step): Op {
  const by = people[who]!
  const payee = people[to]!.address
  const asset = assets[at]!
  const agent = agents[pick % agents.length]!
  const earlier = made[pick % Math.max(made.length, 1)]
  const money = { asset, amount }
  if (kind === 'drip') return chain.native(faucet.drip, { to: payee, ...money }, operator)
  if (kind === 'transfer') return chain.native(token.transfer, { to: payee, ...money, reference: Hash.zero }, by)
  if (kind === 'refund') return chain.native(payments.refund, { payer: payee, ...money, payment: Hash.zero }, by)
  if (kind === 'freeze') return chain.native(policy.freeze, { agent: agent.address }, owner)
  if (kind === 'unfreeze') return chain.native(policy.unfreeze, { agent: agent.address }, owner)
  if (kind === 'sweep') return chain.native(policy.sweep, { agent: agent.address, ...money }, owner)
  if (kind === 'charge') return payOp(chain, agent, { to: payee, amount, asset })
  if (kind === 'authorize' || earlier === undefined) {
    const of = authorize(chain, by, { to: payee, asset, value: amount })
    made.push({ by, of })
    return pick % 2 === 0 ? settleOp(chain, by, of, aliasOf(pick % 5)) : holdOp(chain, by, of)
  }
  if (kind === 'settle') return settleOp(chain, earlier.by, earlier.of, pick % 3 === 0 ? aliasOf(pick % 5) : undefined)
  if (kind === 'hold') return holdOp(chain, earlier.by, earlier.of, { attempt: pick % 4, holdMs: 1 + (pick % 20_000) })
  return cancelOp(chain, earlier.by, earlier.of)
}

function aliasOf(number: number): Hash.Hash {
  return `0x${number.toString(16).padStart(64, 'e')}` as Hash.Hash
}

type Books = Map<string, bigint>

/** Writes the moves that receipts state into the books; the zero address has what was issued, as a debt. */
function enter(books: Books, chain: Given, receipts: readonly ReceiptWithEvents[]): void {
  for (const { events } of receipts)
    for (const { definition, fields } of events) {
      if (definition.number !== transferred.number) continue
      const { from, to, asset, amount } = fields as Parameters<typeof transferred>[0]
      for (const [address, sign] of [
        [from, -1n],
        [to, 1n],
      ] as const) {
        const name = `${resolve(chain.view(), address)} ${asset}`
        books.set(name, (books.get(name) ?? 0n) + sign * amount)
      }
    }
}

test('T82 random histories of every operation keep to the books, and each block to every invariant', () => {
  fastCheck.assert(
    fastCheck.property(histories, (blocks) => {
      const here = world()
      const { chain } = here
      const books: Books = new Map()
      for (const [{ account, asset }, { available }] of balances.entries(chain.view())) {
        books.set(`${account} ${asset}`, available)
        books.set(`${Address.zero} ${asset}`, (books.get(`${Address.zero} ${asset}`) ?? 0n) - available)
      }
      for (const steps of blocks) {
        chain.time += steps[0]!.wait
        const ops = steps.map((of) => opOf(here, of))
        const inOrder = ops.toSorted((a, b) => Number(b.definition.control) - Number(a.definition.control))
        enter(books, chain, chain.block(...inOrder).receipts)
      }
      for (const [name, sum] of books) {
        const [account, asset] = name.split(' ') as [Address.Address, Address.Address]
        const { available, locked } = balanceOf(chain.view(), account, asset)
        if (account === Address.zero) expect([asset, -sum]).toEqual([asset, supplyOf(chain.view(), asset)])
        else expect([name, available + locked]).toEqual([name, sum])
      }
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 15) },
  )
})
