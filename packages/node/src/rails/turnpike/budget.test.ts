// Agents behind the facilitator: their budget holds, and nobody without a key of the account learns anything of it.
import { person } from '@turnpike/chain/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freezeAgent, openAgent } from '../../../testing/agent.ts'
import { openTestNode } from '../../../testing/gateway.ts'
import type { Answered, TestNode } from '../../../testing/gateway.ts'
import { createPayment } from '../../../testing/payment.ts'
import type { PaymentBody } from '../../../testing/payment.ts'

let node: TestNode
const owner = person('budget owner')
const payee = person('budget payee').address
let count = 0

beforeAll(async () => {
  node = await openTestNode()
  await node.fund(owner.address, 1_000_000n)
})
afterAll(() => node.close())

type Agent = { readonly key: ReturnType<typeof person>; readonly account: Awaited<ReturnType<typeof openAgent>> }

/** An agent with money; the default policy allows $0.10 per payment. */
async function meet(policy?: unknown): Promise<Agent> {
  count++
  const key = person(`budget key ${count}`)
  const account = await openAgent(node, { owner, key, policy })
  await node.fund(account, 10_000_000n)
  return { key, account }
}

const pay = ({ key }: Agent, amount: bigint): PaymentBody => createPayment({ payer: key, payee, now: node.now, amount })
const verify = (body: unknown): Promise<Answered> => node.ask('/x402/verify', body)
const settle = (body: unknown): Promise<Answered> => node.ask('/x402/settle', body)

describe('a budget', () => {
  it('is paid from to its end, and not one unit beyond', async () => {
    const agent = await meet()
    expect(await settle(pay(agent, 100_000n))).toMatchObject({ success: true })
    const refused = pay(agent, 100_001n)
    expect(await verify(refused)).toEqual({
      isValid: false,
      invalidReason: 'policy_denied',
      payer: agent.key.address,
      extra: { retry: 'never' },
    })
    expect(await settle(refused)).toEqual({
      success: false,
      errorReason: 'policy_denied',
      transaction: '',
      network: 'eip155:402402',
      payer: agent.key.address,
      extra: { retry: 'never' },
    })
    for (let paid = 100_000n; paid < 1_000_000n; paid += 100_000n)
      expect(await settle(pay(agent, 100_000n))).toMatchObject({ success: true })
    expect(await settle(pay(agent, 1n))).toMatchObject({
      success: false,
      errorReason: 'policy_denied',
      extra: { retry: 'later' },
    })
    expect(await node.balance(agent.account)).toBe(9_000_000n)
  })

  it('T108 counts what is held: verified payments are settled, whatever else is tried', async () => {
    const agent = await meet()
    const held = Array.from({ length: 10 }, () => pay(agent, 100_000n))
    for (const body of held) expect(await verify(body)).toMatchObject({ isValid: true })
    expect(await verify(pay(agent, 1n))).toMatchObject({ isValid: false, invalidReason: 'policy_denied' })
    for (const body of held) expect(await settle(body)).toMatchObject({ success: true })
  })

  it('T108 of a frozen agent pays what was verified before, and nothing else', async () => {
    const agent = await meet()
    const before = pay(agent, 1_000n)
    await verify(before)
    await freezeAgent(node, { owner, agent: agent.account })
    expect(await settle(pay(agent, 1_000n))).toMatchObject({
      success: false,
      errorReason: 'policy_denied',
      extra: { retry: 'owner' },
    })
    expect(await verify(pay(agent, 1_000n))).toMatchObject({
      isValid: false,
      invalidReason: 'policy_denied',
      extra: { retry: 'owner' },
    })
    expect(await settle(before)).toMatchObject({ success: true })
  })

  it('is not found out by trying amounts without a key: the signature is judged first', async () => {
    const agent = await meet()
    for (const amount of [1n, 100_000n, 100_001n, 1_000_001n]) {
      const { payload } = pay(agent, amount).paymentPayload
      const forged = createPayment({ payer: person('budget thief'), payee, now: node.now, amount })
      forged.paymentPayload.payload.authorization = payload.authorization
      expect(await verify(forged)).toMatchObject({
        invalidReason: 'invalid_exact_evm_signature',
        extra: { retry: 'never' },
      })
      expect(await settle(forged)).toMatchObject({
        errorReason: 'invalid_exact_evm_signature',
        extra: { retry: 'never' },
      })
    }
  })

  it('under a hundred payments at once is never exceeded', async () => {
    const agent = await meet()
    const answers = await Promise.all(Array.from({ length: 100 }, () => settle(pay(agent, 50_000n))))
    expect(answers.filter(({ success }) => success)).toHaveLength(20)
    expect(await node.balance(agent.account)).toBe(9_000_000n)
  })
})
