// What became of a payment, as its payer can ask: live, pruned, cancelled, native.
import { dollar, freshNonce } from '@turnpike/chain/testing'
import { createOp, digestOf, Hex } from '@turnpike/chain/wire'
import { cancelAuthorization, charge } from '@turnpike/chain/wire/payments'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestNode } from '../../../testing/gateway.ts'
import type { Answered, TestNode } from '../../../testing/gateway.ts'
import { meet, pay } from '../../../testing/payment.ts'
import type { PaymentBody } from '../../../testing/payment.ts'

let node: TestNode
beforeAll(async () => {
  node = await openTestNode()
})
afterAll(() => node.close())

const verify = (body: unknown): Promise<Answered> => node.ask('/x402/verify', body)
const settle = (body: unknown): Promise<Answered> => node.ask('/x402/settle', body)
const exact = (name: string): string => `invalid_exact_evm_${name}`

describe('GET /payments', () => {
  const outcome = (body: PaymentBody, query = ''): Promise<Answered> => {
    const { from, nonce } = body.paymentPayload.payload.authorization
    return node.ask(`/payments/${dollar}/${String(from)}/${String(nonce)}${query}`)
  }

  it('tells held and settled, by what the payer knows', async () => {
    const body = pay(node, await meet(node))
    expect(await outcome(body)).toEqual({ status: 'unknown' })
    await verify(body)
    expect(await outcome(body)).toEqual({ status: 'held', operation: expect.any(String) })
    const { transaction } = await settle(body)
    expect(await outcome(body)).toMatchObject({
      status: 'settled',
      operation: transaction,
      receipt: { op: transaction },
    })
  })

  it('goes on telling settled after the record is gone, and says what can never happen any more', async () => {
    const pair = await meet(node)
    const [paid, unpaid] = [pay(node, pair, { lifetime: 60 }), pay(node, pair, { lifetime: 60 })]
    const { transaction } = await settle(paid)
    const { validBefore } = unpaid.paymentPayload.payload.authorization
    expect(await outcome(unpaid, `?validBefore=${String(validBefore)}`)).toEqual({ status: 'unknown' })
    node.now += 61_000
    await node.fund(pair.payee.address, 1n)
    expect(await outcome(paid, `?validBefore=${String(validBefore)}`)).toMatchObject({
      status: 'settled',
      operation: transaction,
    })
    expect(await outcome(unpaid, `?validBefore=${String(validBefore)}`)).toEqual({ status: 'expired' })
    expect(await outcome(unpaid)).toEqual({ status: 'unknown' })
  })

  it('tells what the payer has cancelled, for ever; and nothing settles it', async () => {
    const { payer, payee } = await meet(node)
    const body = pay(node, { payer, payee })
    const message = {
      type: cancelAuthorization.type,
      asset: dollar,
      authorizer: payer.address,
      nonce: body.paymentPayload.payload.authorization['nonce'],
    }
    const { domains } = node.ledger.protocol
    const bytes = payer.sign(digestOf(domains, cancelAuthorization, message))
    await node.ledger.submit(
      createOp(domains, { definition: cancelAuthorization, message, signatures: [{ kind: 1, bytes }] }),
    )
    expect(await outcome(body)).toMatchObject({ status: 'cancelled' })
    expect(await verify(body)).toMatchObject({ isValid: false, invalidReason: exact('nonce_already_used') })
    expect(await settle(body)).toMatchObject({
      success: false,
      errorReason: exact('nonce_already_used'),
      transaction: '',
    })
  })

  it('knows native payments under the zero address', async () => {
    const { payer, payee } = await meet(node)
    const nonce = freshNonce()
    const message = {
      type: charge.type,
      account: payer.address,
      payee: payee.address,
      asset: dollar,
      amount: 5n,
      reference: `0x${'00'.repeat(32)}`,
      nonce,
      validBefore: node.now + 60_000,
    }
    const { domains } = node.ledger.protocol
    const bytes = payer.sign(digestOf(domains, charge, message))
    await node.ledger.submit(createOp(domains, { definition: charge, message, signatures: [{ kind: 1, bytes }] }))
    const zero = Hex.fromBytes(new Uint8Array(20))
    expect(await node.ask(`/payments/${zero}/${payer.address}/${nonce}`)).toMatchObject({
      status: 'settled',
      receipt: { type: 'payments/charge' },
    })
  })

  it.each([
    '/payments/0x12/0x34/0x56',
    `/payments/${dollar}/${dollar}/${'0x11'.repeat(1)}`,
    `/payments/${dollar}/${dollar}/0x${'11'.repeat(32)}?validBefore=-1`,
  ])('T32 refuses %s', async (path) => {
    const response = await node.get(path)
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/problem+json'])
  })
})
