// The cases of a purchase, each for any official client at any official server: what happens, and where the money is then.
// Each asserts it for agent, payee and budget; that the toll of all of them has arrived is asserted where they are run.
import { freezeAgent, unfreezeAgent } from '@turnpike/sdk'
import { expect, vi } from 'vitest'
import { reasonOf } from './bought.ts'
import { nonceOf, readCredential } from './buyer.ts'
import type { Bought } from './bought.ts'
import { tollOf } from './market.ts'
import { clientOf } from './pairs.ts'
import type { Flow } from './seller.ts'
import { price } from './stall.ts'
import type { Stall, Terms } from './stall.ts'

/** One case. */
export type Case = {
  readonly name: string
  /** Default: both. */
  readonly flows?: readonly Flow[]
  readonly terms?: Terms
  /** Gives what was paid in all. */
  run(stall: Stall): Promise<bigint>
}

const spent = 'invalid_exact_evm_nonce_already_used'

/** Nothing was bought, for this reason; the handler has run so many times so far. */
function expectRefused(stall: Stall, answer: Bought, reason: string, runs = 0): void {
  expect([answer.status, reasonOf(answer)]).toEqual([402, reason])
  expect(stall.runs()).toBe(runs)
}

/** What the server asked of its facilitator for one purchase. */
function expectCalls(stall: Stall): void {
  const calls = stall.calls().map(({ path }) => path)
  expect(calls).toEqual(stall.pair.flow === 'upfront' ? ['/x402/settle'] : ['/x402/verify', '/x402/settle'])
}

const paid: Case = {
  name: 'paid: the answer, its receipt, and the money',
  async run(stall) {
    const { account, buyer, payee, watch, market } = stall
    const bought = await stall.buy()
    expect(bought).toMatchObject({
      status: 200,
      body: { answer: '/thing 1' },
      settled: { success: true, network: 'eip155:402402', payer: buyer.address },
    })
    await watch.expectMoved(price)
    const { body } = await market.books.get(`/receipts/${bought.settled?.transaction}`)
    const payment = {
      payer: buyer.address.toLowerCase(),
      account,
      payee,
      amount: String(price),
      toll: String(tollOf(price)),
    }
    expect(body).toMatchObject({ receipt: { op: bought.settled?.transaction, payment } })
    expectCalls(stall)
    return price
  },
}

const unpaid: Case = {
  name: 'unpaid: 402 says what it costs, and nothing moves',
  async run(stall) {
    const answer = await stall.present()
    expect(answer).toMatchObject({ status: 402, required: { x402Version: 2, error: 'Payment required' } })
    expect(answer.required?.accepts).toMatchObject([
      { scheme: 'exact', network: 'eip155:402402', amount: String(price), payTo: stall.payee },
    ])
    expect(stall.runs()).toBe(0)
    await stall.watch.expectMoved(0n)
    return 0n
  },
}

const wrongAmount: Case = {
  name: 'wrong amount: neither a smaller offer nor a smaller signature buys',
  async run(stall) {
    const required = (await stall.present()).required!
    const [asked] = required.accepts
    const cheap = { ...required, accepts: [{ ...asked!, amount: String(price - 1n) }] }
    const cheaper = await stall.present(await stall.buyer.sign(cheap))
    expect([cheaper.status, cheaper.required?.error]).toEqual([402, 'No matching payment requirements'])
    const pretending = await stall.buyer.sign(cheap, (payload) => ({ ...payload, accepted: asked! }))
    expectRefused(stall, await stall.present(pretending), 'invalid_exact_evm_payload_authorization_value_mismatch')
    await stall.watch.expectMoved(0n)
    return 0n
  },
}

const underfunded: Case = {
  name: 'T37 underfunded: refused to the unit, and the same credential buys after a top-up',
  terms: { hiring: { funds: price - 1n } },
  async run(stall) {
    const { account, payee, market } = stall
    const bought = await stall.buy()
    expectRefused(stall, bought, 'invalid_exact_evm_insufficient_balance')
    await stall.watch.expectMoved(0n)
    await market.books.fund(account, 1n)
    const watch = await market.watchAmongOthers({ agent: account, payee })
    expect(await stall.present(bought.credential)).toMatchObject({ status: 200 })
    await watch.expectMoved(price)
    expect(await market.books.balanceOf(account)).toBe(0n)
    return price
  },
}

const overTheCap: Case = {
  name: 'T04 over the cap: the budget is used to its end, and not beyond',
  terms: { hiring: { lifetime: '0.02' } },
  async run(stall) {
    expect((await stall.buy()).status).toBe(200)
    expect((await stall.buy()).status).toBe(200)
    expectRefused(stall, await stall.buy(), 'policy_denied', 2)
    await stall.watch.expectMoved(2n * price)
    return 2n * price
  },
}

const frozen: Case = {
  name: 'frozen: refused until the owner lets it pay again',
  async run(stall) {
    const { account: agent, owner, market, watch } = stall
    await freezeAgent(market.client, { agent, owner })
    expectRefused(stall, await stall.buy(), 'policy_denied')
    await watch.expectMoved(0n)
    await unfreezeAgent(market.client, { agent, owner })
    expect((await stall.buy()).status).toBe(200)
    await watch.expectMoved(price)
    return price
  },
}

const expired: Case = {
  name: 'expired: an authorization without six seconds to live is refused',
  terms: { price: { maxTimeoutSeconds: 5 } },
  async run(stall) {
    expectRefused(stall, await stall.buy(), 'invalid_exact_evm_payload_authorization_valid_before')
    await stall.watch.expectMoved(0n)
    return 0n
  },
}

const replayed: Case = {
  name: 'T25 replayed: the same credential buys once, one after another and at once',
  async run(stall) {
    const first = await stall.buy()
    expect(first.status).toBe(200)
    const copies = [1, 2, 3].map(() => stall.present(first.credential))
    for (const again of [await stall.present(first.credential), ...(await Promise.all(copies))]) {
      expectRefused(stall, again, spent, 1)
      if (stall.pair.flow === 'upfront') expect(again.settled?.transaction).toBe(first.settled?.transaction)
    }
    const second = await stall.buyer.sign((await stall.present()).required!)
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => stall.present(second)))
    expect(answers.filter(({ status }) => status === 200).length).toBe(1)
    expect(answers.filter((answer) => reasonOf(answer) === spent).length).toBe(4)
    await stall.watch.expectMoved(2n * price)
    return 2n * price
  },
}

const failedBefore: Case = {
  name: 'handler fails: nothing is paid, the hold ends by itself, and the money can buy again',
  flows: ['authorization'],
  terms: {
    hiring: { funds: price },
    price: { maxTimeoutSeconds: 10 },
    work: async () => Promise.reject(new Error('out of stock')),
  },
  async run({ account, buyer, market, watch, ...stall }) {
    const failed = await stall.buy()
    expect(failed).toMatchObject({ status: 500, body: { error: 'the handler failed' }, settled: undefined })
    await watch.expectMoved(0n, price)
    const isFree = async (): Promise<void> => expect(await market.books.lockedOf(account)).toBe(0n)
    await vi.waitFor(isFree, { timeout: 30_000, interval: 250 })
    await watch.expectMoved(0n)
    const nonce = nonceOf(failed.credential)
    expect((await market.books.outcomeOf({ payer: buyer.address, nonce })).status).not.toBe('settled')
    return 0n
  },
}

const failedAfter: Case = {
  name: 'handler fails: it is paid, and the failed answer says by which operation',
  flows: ['upfront'],
  terms: { work: async () => Promise.reject(new Error('out of stock')) },
  async run(stall) {
    const failed = await stall.buy()
    expect(failed).toMatchObject({
      status: 500,
      settled: { success: true, transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/) as string },
    })
    await stall.watch.expectMoved(price)
    return price
  },
}

const restarted: Case = {
  name: 'T05 T120 facilitator killed and restarted between verify and settle: the hold is kept, and it is paid once',
  flows: ['authorization'],
  terms: { hiring: { funds: price }, work: (stall) => stall.meet(), isDirect: true },
  async run(stall) {
    expect(await stall.buy()).toMatchObject({ status: 200, settled: { success: true } })
    expect(stall.runs()).toBe(1)
    await stall.watch.expectMoved(price)
    return price
  },
}

const killed: Case = {
  name: 'T120 killed after settle, before its answer arrives: paid once, never delivered twice, and the buyer learns of it',
  async run(stall) {
    const { buyer, market, watch } = stall
    stall.onAnswer = async ({ path }) => {
      if (path !== '/x402/settle') return 'pass'
      await stall.meet()
      return 'lose'
    }
    const lost = await stall.buy()
    expect(lost).toMatchObject({ status: 402, settled: { success: false, transaction: '' } })
    await watch.expectMoved(price)

    stall.onAnswer = async () => 'pass'
    const ran = stall.pair.flow === 'upfront' ? 0 : 1
    expectRefused(stall, await stall.present(lost.credential), spent, ran)
    await watch.expectMoved(price)

    const outcome = await market.books.outcomeOf({ payer: buyer.address, nonce: nonceOf(lost.credential) })
    const operation = expect.stringMatching(/^0x[0-9a-f]{64}$/) as string
    expect(outcome).toMatchObject({ status: 'settled', operation })
    // The server's own repetition of the call: success for the payment that was verified once, and never a second debit.
    const settle = stall.calls().findLast(({ path }) => path === '/x402/settle')
    const { body } = await market.books.post('/x402/settle', JSON.parse(settle?.body ?? ''))
    expect(body).toMatchObject({ success: stall.pair.flow === 'authorization', transaction: outcome.operation })
    await watch.expectMoved(price)
    return price
  },
}

/** Clients that may spend only ours pay there; those that can't be told take the first, and lose nothing where they have none. */
async function payAmongTwo(stall: Stall, isOursFirst: boolean): Promise<bigint> {
  const bought = await stall.buy()
  if (!isOursFirst && !clientOf(stall.pair.client).hasSpendControls) {
    expectRefused(stall, bought, 'invalid_exact_evm_insufficient_balance')
    await stall.watch.expectMoved(0n)
    return 0n
  }
  expect(bought).toMatchObject({ status: 200, settled: { success: true, network: 'eip155:402402' } })
  expect(readCredential(bought.credential).accepted.network).toBe('eip155:402402')
  await stall.watch.expectMoved(price)
  return price
}

const oursFirst: Case = {
  name: 'two accepts, ours first: every client pays here',
  terms: { otherChain: 'second' },
  run: (stall) => payAmongTwo(stall, true),
}

const oursSecond: Case = {
  name: 'two accepts, ours second: a client that may spend only ours pays here, another loses nothing',
  terms: { otherChain: 'first' },
  run: (stall) => payAmongTwo(stall, false),
}

/** The extension payment-identifier, which every one of these clients can send. */
export const named: Case = {
  name: 'payment-identifier: a purchase signed again under its name is not paid again',
  terms: { hiring: { paymentId: () => 'order_0123456789abcdef' }, identifiesPayments: true },
  async run(stall) {
    const first = await stall.buy()
    expect(first.status).toBe(200)
    const second = await stall.buy()
    expect(second.credential).not.toBe(first.credential)
    expectRefused(stall, second, spent, 1)
    await stall.watch.expectMoved(price)
    return price
  },
}

/** Cases in which nothing breaks. */
export const plainCases: readonly Case[] = [
  paid,
  unpaid,
  wrongAmount,
  underfunded,
  overTheCap,
  frozen,
  expired,
  replayed,
  oursFirst,
  oursSecond,
]

/** Cases in which a handler fails or the node is killed; where it is, once for all purchases of the case. */
export const brokenCases: readonly Case[] = [failedBefore, failedAfter, restarted, killed]
