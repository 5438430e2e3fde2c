// The scheme `exact` through HTTP on a whole node: every repetition and every restart, and the money each time.
import { dollar, freshNonce } from '@turnpike/chain/testing'
import type { Address } from '@turnpike/chain/wire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { change, flip, require, signature } from '../../../testing/edits.ts'
import { openTestNode } from '../../../testing/gateway.ts'
import type { Answered, TestNode } from '../../../testing/gateway.ts'
import { funded, meet, pay } from '../../../testing/payment.ts'
import { aliasOf } from './exact.ts'

let node: TestNode
beforeAll(async () => {
  node = await openTestNode()
})
afterAll(() => node.close())

const verify = (body: unknown): Promise<Answered> => node.ask('/x402/verify', body)
const settle = (body: unknown): Promise<Answered> => node.ask('/x402/settle', body)
const exact = (name: string): string => `invalid_exact_evm_${name}`

describe('a payment', () => {
  it('is verified, settled, and paid with the toll taken from the payee', async () => {
    const pair = await meet(node)
    const body = pay(node, pair, { amount: 100_000n })
    expect(await verify(body)).toEqual({ isValid: true, payer: pair.payer.address })
    const answer = await settle(body)
    expect(answer).toEqual({
      success: true,
      transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      network: 'eip155:402402',
      payer: pair.payer.address,
    })
    expect([await node.balance(pair.payer.address), await node.balance(pair.payee.address)]).toEqual([
      funded - 100_000n,
      99_900n,
    ])
    const { receipt, leaf } = await node.ask(`/receipts/${answer.transaction}`)
    expect(receipt).toMatchObject({
      op: answer.transaction,
      type: 'payments/transferWithAuthorization',
      payment: { amount: '100000', toll: '100' },
    })
    expect(leaf).toHaveLength(502)
  })

  it('is held no longer than its chain allows, whatever the seller asks for', async () => {
    const brief = await openTestNode({ params: { holdMaxMs: 10_000 } })
    const body = pay(brief, await meet(brief))
    expect(await brief.ask('/x402/verify', body)).toMatchObject({ isValid: true })
    expect(await brief.ask('/x402/settle', body)).toMatchObject({ success: true })
    await brief.close()
  })

  it('names the payer as the buyer spelled it, and takes addresses in any case', async () => {
    const pair = await meet(node)
    const body = pay(node, pair)
    const upper = `0x${pair.payer.address.slice(2).toUpperCase()}`
    body.paymentPayload.payload.authorization['from'] = upper
    require('asset', `0x${dollar.slice(2).toUpperCase()}`)(body)
    require('payTo', `0x${pair.payee.address.slice(2).toUpperCase()}`)(body)
    expect(await verify(body)).toEqual({ isValid: true, payer: upper })
    expect(await settle(body)).toMatchObject({ success: true, payer: upper })
  })

  it('empties an account to exactly zero, and not beyond', async () => {
    const pair = await meet(node, 5_000n)
    expect(await settle(pay(node, pair, { amount: 5_001n }))).toMatchObject({
      success: false,
      errorReason: exact('insufficient_balance'),
    })
    expect(await settle(pay(node, pair, { amount: 5_000n }))).toMatchObject({ success: true })
    expect(await node.balance(pair.payer.address)).toBe(0n)
    expect(await settle(pay(node, pair, { amount: 1n }))).toMatchObject({
      success: false,
      errorReason: exact('insufficient_balance'),
    })
  })

  it('tolerates null for what may be absent', async () => {
    const body = change(pay(node, await meet(node)), ({ paymentPayload }) => {
      paymentPayload.extensions = null
      paymentPayload['resource'] = null
    })
    expect(await settle(body)).toMatchObject({ success: true })
  })

  it('is settled whatever maxTimeoutSeconds settle says', async () => {
    const body = pay(node, await meet(node))
    expect(await verify(body)).toMatchObject({ isValid: true })
    body.paymentRequirements['maxTimeoutSeconds'] = 0
    expect(await settle(body)).toMatchObject({ success: true })
  })
})

describe('a settle that is repeated', () => {
  const spent = { success: false, errorReason: exact('nonce_already_used') }

  it('T120 succeeds again after one verify, with the first transaction and one debit', async () => {
    const pair = await meet(node)
    const body = pay(node, pair)
    await verify(body)
    const first = await settle(body)
    expect(await settle(body)).toEqual(first)
    expect(await node.balance(pair.payer.address)).toBe(funded - 1_000n)
  })

  it('T38 is told no in the upfront flow, where it may be a second purchase', async () => {
    const body = pay(node, await meet(node))
    const { transaction } = await settle(body)
    expect(await settle(body)).toMatchObject({ ...spent, transaction, extra: { retry: 'never' } })
  })

  it('T25 is told no after two verifies: two requests, one payment', async () => {
    const body = pay(node, await meet(node))
    expect([await verify(body), await verify(body), await verify(body)].map(({ isValid }) => isValid)).toEqual([
      true,
      true,
      true,
    ])
    const { transaction, success } = await settle(body)
    expect(success).toBe(true)
    expect(await settle(body)).toMatchObject({ ...spent, transaction })
  })

  it('T44 is no success for another payment under the same nonce', async () => {
    const pair = await meet(node)
    const nonce = freshNonce()
    await settle(pay(node, pair, { nonce }))
    expect(await settle(pay(node, pair, { nonce, amount: 2_000n }))).toMatchObject({ ...spent, transaction: '' })
    expect(await verify(pay(node, pair, { nonce, amount: 2_000n }))).toMatchObject({
      invalidReason: exact('nonce_already_used'),
    })
    expect(await node.balance(pair.payer.address)).toBe(funded - 1_000n)
  })

  it('is no longer valid at verify', async () => {
    const body = pay(node, await meet(node))
    await settle(body)
    expect(await verify(body)).toMatchObject({ isValid: false, invalidReason: exact('nonce_already_used') })
  })

  it.each([
    [0, 1],
    [1, 100],
    [2, 1],
  ])('T25 T28 a hundred times at once after %d verifies: one debit, %d successes', async (verifies, successes) => {
    const pair = await meet(node)
    const body = pay(node, pair)
    for (let i = 0; i < verifies; i++) await verify(body)
    const answers = await Promise.all(Array.from({ length: 100 }, () => settle(body)))
    expect(answers.filter(({ success }) => success)).toHaveLength(successes)
    expect(new Set(answers.map(({ transaction }) => transaction)).size).toBe(1)
    expect(await node.balance(pair.payer.address)).toBe(funded - 1_000n)
  })

  it('T119 is answered with success after one verify, although somebody else handed it in first', async () => {
    const pair = await meet(node)
    const body = pay(node, pair)
    await verify(body)
    const { value, validAfter, validBefore, ...parties } = body.paymentPayload.payload.authorization
    const op = {
      type: 'payments/transferWithAuthorization',
      asset: dollar,
      ...parties,
      value,
      validAfter: Number(validAfter),
      validBefore: Number(validBefore),
      signatures: [body.paymentPayload.payload.signature],
    }
    const { result } = await node.ask('/rpc', { jsonrpc: '2.0', id: 1, method: 'turnpike_submit', params: [op] })
    expect(await settle(body)).toMatchObject({ success: true, transaction: result.op })
  })

  it('is never a success once its record is gone, but names the transaction', async () => {
    const pair = await meet(node)
    const body = pay(node, pair, { lifetime: 60 })
    await verify(body)
    const { transaction } = await settle(body)
    node.now += 61_000
    await node.fund(pair.payee.address, 1n) // A block, in which the record is pruned.
    expect(await settle(body)).toMatchObject({ ...spent, transaction })
    expect(await verify(body)).toMatchObject({
      isValid: false,
      invalidReason: exact('payload_authorization_valid_before'),
    })
  })
})

describe('a hold', () => {
  it('T37 T108 keeps the money for the seller whatever the buyer does meanwhile', async () => {
    const pair = await meet(node, 1_000n)
    const body = pay(node, pair)
    expect(await verify(body)).toMatchObject({ isValid: true })
    expect(await settle(pay(node, pair))).toMatchObject({ success: false, errorReason: exact('insufficient_balance') })
    expect(await settle(body)).toMatchObject({ success: true })
  })

  it('T129 carries a slow handler past the margin, as long as the authorization is valid', async () => {
    const pair = await meet(node)
    const body = pay(node, pair, { lifetime: 30 })
    await verify(body)
    node.now += 28_000
    expect(await settle(body)).toMatchObject({ success: true })
    const late = pay(node, pair, { lifetime: 30 })
    await verify(late)
    node.now += 31_000
    expect(await settle(late)).toMatchObject({
      success: false,
      errorReason: exact('payload_authorization_valid_before'),
      transaction: '',
    })
  })

  it('T36 gives the money back after a minute, and counts as an attempt ever after', async () => {
    const pair = await meet(node, 1_000n)
    const body = pay(node, pair)
    await verify(body)
    expect(await node.balance(pair.payer.address)).toBe(0n)
    node.now += 61_000
    await node.fund(pair.payee.address, 1n)
    expect(await node.balance(pair.payer.address)).toBe(1_000n)
    const first = await settle(body)
    expect(first).toMatchObject({ success: true })
    expect(await settle(body)).toEqual(first)
  })

  it('is left out beyond sixty-four, and verify answers all the same', async () => {
    const pair = await meet(node)
    const bodies = Array.from({ length: 66 }, () => pay(node, pair, { amount: 10n }))
    for (const body of bodies) expect(await verify(body)).toMatchObject({ isValid: true })
    expect(await node.balance(pair.payer.address)).toBe(funded - 640n)
    expect(await verify(change(bodies[65]!, signature(flip)))).toMatchObject({
      isValid: false,
      invalidReason: exact('signature'),
    })
    for (const body of bodies) expect(await settle(body)).toMatchObject({ success: true })
    expect(await node.balance(pair.payer.address)).toBe(funded - 660n)
  })

  it('writes nothing for a third verify, and still wants the signature', async () => {
    const body = pay(node, await meet(node))
    await verify(body)
    await verify(body)
    const { height } = node.ledger.status()
    expect(await verify(body)).toMatchObject({ isValid: true })
    expect(await verify(change(body, signature(flip)))).toMatchObject({
      isValid: false,
      invalidReason: exact('signature'),
    })
    expect(node.ledger.status().height).toBe(height)
  })
})

it('derives the alias of an identifier as everybody does (agent-policy 22.6)', () => {
  const account = '0x6a21348d86575237664dc3bb1610c5614cb255e6' as Address.Address
  const alias = '0xa511c922095e8b3a80058af155d292a6db9dafbce3d59b8c78a19ff29d35f4a3'
  expect(aliasOf(account, 'pay_7d5d747be160e280504c099d984bcfe0')).toBe(alias)
})

describe('a payment identifier', () => {
  const identifier = 'pay_7d5d747be160e280504c099d984bcfe0'

  it('keeps a buyer who signs again after a timeout from paying twice', async () => {
    const pair = await meet(node)
    const first = await settle(pay(node, pair, { identifier }))
    const again = pay(node, pair, { identifier })
    expect(await verify(again)).toMatchObject({ isValid: false, invalidReason: exact('nonce_already_used') })
    expect(await settle(again)).toMatchObject({
      success: false,
      errorReason: exact('nonce_already_used'),
      transaction: first.transaction,
    })
    expect(await node.balance(pair.payer.address)).toBe(funded - 1_000n)
  })

  it('stands for one price', async () => {
    const pair = await meet(node)
    await settle(pay(node, pair, { identifier }))
    expect(await settle(pay(node, pair, { identifier, amount: 2_000n }))).toMatchObject({
      success: false,
      errorReason: exact('nonce_already_used'),
      transaction: '',
    })
  })

  it('of one payer means nothing for another', async () => {
    for (const pair of [await meet(node), await meet(node)])
      expect(await settle(pay(node, pair, { identifier }))).toMatchObject({ success: true })
  })
})

describe('a restart', () => {
  it('between verify and settle changes nothing', async () => {
    const pair = await meet(node, 1_000n)
    const body = pay(node, pair)
    await verify(body)
    await node.restart()
    expect(await node.balance(pair.payer.address)).toBe(0n)
    const first = await settle(body)
    expect(first).toMatchObject({ success: true })
    expect(await settle(body)).toEqual(first)
  })

  it.each([
    [0, false],
    [1, true],
    [2, false],
  ])('between two settles after %d verifies leaves the second one a success: %s', async (verifies, success) => {
    const pair = await meet(node)
    const body = pay(node, pair)
    for (let i = 0; i < verifies; i++) await verify(body)
    const { transaction } = await settle(body)
    await node.restart()
    expect(await settle(body)).toMatchObject({ success, transaction })
    expect(await node.balance(pair.payer.address)).toBe(funded - 1_000n)
  })
})
