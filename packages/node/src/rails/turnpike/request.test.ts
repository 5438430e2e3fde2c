// Payments with one fault each, at verify and at settle: the same reason at both, and no money moved.
import { person } from '@turnpike/chain/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { all, authorize, change, flip, require, signature } from '../../../testing/edits.ts'
import type { Edit } from '../../../testing/edits.ts'
import { openTestNode } from '../../../testing/gateway.ts'
import type { Answered, TestNode } from '../../../testing/gateway.ts'
import { createPayment, funded, meet, pay } from '../../../testing/payment.ts'
import type { Pair } from '../../../testing/payment.ts'

let node: TestNode
beforeAll(async () => {
  node = await openTestNode()
})
afterAll(() => node.close())

const verify = (body: unknown): Promise<Answered> => node.ask('/x402/verify', body)
const settle = (body: unknown): Promise<Answered> => node.ask('/x402/settle', body)

const exact = (name: string): string => `invalid_exact_evm_${name}`
const stranger = person('stranger').address
const uint128Over = (1n << 128n).toString()
const uint256Over = (1n << 256n).toString()

const faults: readonly (readonly [string, string, Edit, string?])[] = [
  ['a version 1 body', 'invalid_x402_version', (body) => void (body.x402Version = 1)],
  ['a version as text', 'invalid_x402_version', (body) => void (body.x402Version = '2')],
  ['a version 1 payload', 'invalid_x402_version', (body) => void (body.paymentPayload.x402Version = 1)],
  ['another network', 'invalid_network', require('network', 'eip155:84532')],
  ['a wildcard network', 'invalid_network', require('network', 'eip155:*')],
  ['a network with a leading zero', 'invalid_network', require('network', 'eip155:0402402')],
  ['another scheme', 'unsupported_scheme', require('scheme', 'upto')],
  [
    'a scheme that the buyer did not accept',
    exact('scheme'),
    (body) => void (body.paymentPayload.accepted['scheme'] = 'upto'),
  ],
  [
    'a network that the buyer did not accept',
    exact('network_mismatch'),
    (body) => void (body.paymentPayload.accepted['network'] = 'eip155:1'),
  ],
  [
    'permit2',
    'unsupported_payload_type',
    require('extra', { name: 'Turnpike USD', version: '1', assetTransferMethod: 'permit2' }),
  ],
  [
    'an unknown transfer method',
    'unsupported_payload_type',
    require('extra', { name: 'Turnpike USD', version: '1', assetTransferMethod: 'magic' }),
  ],
  [
    'a permit2 payload',
    'unsupported_payload_type',
    (body) => void (body.paymentPayload.payload['permit2Authorization'] = {}),
  ],
  ['no domain', exact('missing_eip712_domain'), require('extra', undefined)],
  ['null for a domain', exact('missing_eip712_domain'), require('extra', null)],
  ['a domain without version', exact('missing_eip712_domain'), require('extra', { name: 'Turnpike USD' })],
  ['another token name', exact('token_name_mismatch'), require('extra', { name: 'USDC', version: '1' })],
  ['another token version', exact('token_version_mismatch'), require('extra', { name: 'Turnpike USD', version: '2' })],
  ['an unknown asset', 'asset_not_deployed_contract', require('asset', stranger)],
  ['an asset that is no address', 'invalid_payment_requirements', require('asset', '0x12')],
  ['a payTo that is no address', 'invalid_payment_requirements', require('payTo', 'shop.example')],
  ['a hexadecimal amount wanted', 'invalid_payment_requirements', require('amount', '0x3e8')],
  ['an amount wanted with a leading zero', 'invalid_payment_requirements', require('amount', '01000')],
  ['an amount wanted as a number', 'invalid_payment_requirements', require('amount', 1000)],
  ['a negative amount wanted', 'invalid_payment_requirements', require('amount', '-1000')],
  ['another payee', exact('recipient_mismatch'), require('payTo', stranger)],
  ['a lower price', exact('payload_authorization_value_mismatch'), require('amount', '999')],
  ['a higher price', exact('payload_authorization_value_mismatch'), require('amount', '1001')],
  ['a hexadecimal value', 'invalid_payload', authorize('value', '0x3e8')],
  ['a value with a leading zero', 'invalid_payload', authorize('value', '01000')],
  ['a value with an exponent', 'invalid_payload', authorize('value', '1e3')],
  ['a value with a blank', 'invalid_payload', authorize('value', ' 1000')],
  ['a value with a plus', 'invalid_payload', authorize('value', '+1000')],
  ['a value as a number', 'invalid_payload', authorize('value', 1000)],
  ['an empty value', 'invalid_payload', authorize('value', '')],
  ['a value above uint256', 'invalid_payload', authorize('value', uint256Over)],
  ['nothing to pay', 'invalid_payload', all(require('amount', '0'), authorize('value', '0'))],
  [
    'more than the ledger can count',
    exact('insufficient_balance'),
    all(require('amount', uint128Over), authorize('value', uint128Over)),
    'later',
  ],
  [
    'the largest uint256',
    exact('insufficient_balance'),
    all(require('amount', String((1n << 256n) - 1n)), authorize('value', String((1n << 256n) - 1n))),
    'later',
  ],
  ['a from that is no address', 'invalid_payload', authorize('from', '0x')],
  ['no from', 'invalid_payload', authorize('from', undefined)],
  ['a short nonce', 'invalid_payload', authorize('nonce', '0x11')],
  ['a nonce as null', 'invalid_payload', authorize('nonce', null)],
  ['a time as a number', 'invalid_payload', authorize('validBefore', 1_900_000_000)],
  ['a validBefore beyond all clocks', 'policy_denied', authorize('validBefore', uint128Over), 'later'],
  ['a validBefore beyond all milliseconds', 'policy_denied', authorize('validBefore', '9007199254740992'), 'later'],
  [
    'a validAfter beyond all clocks',
    exact('payload_authorization_valid_after'),
    authorize('validAfter', uint128Over),
    'later',
  ],
  [
    'no authorization',
    'invalid_payload',
    (body) => Reflect.deleteProperty(body.paymentPayload.payload, 'authorization'),
  ],
  [
    'a list for an authorization',
    'invalid_payload',
    (body) => void (body.paymentPayload.payload.authorization = [] as never),
  ],
  ['a signature that is no text', 'invalid_payload', signature(() => 12)],
  ['a signature that is no hex', 'invalid_payload', signature(() => '0xzz')],
  ['an empty signature', exact('signature'), signature(() => '0x')],
  ['T126 a signature of 64 bytes', exact('signature'), signature((text) => text.slice(0, -2))],
  ['T126 a signature of 66 bytes', exact('signature'), signature((text) => `${text}00`)],
  ['T126 a signature with the other s', exact('signature'), signature(flip)],
  ['T126 a signature of zeros', exact('signature'), signature(() => `0x${'00'.repeat(65)}`)],
  ['T126 a signature with v 0', exact('signature'), signature((text) => `${text.slice(0, -2)}00`)],
  [
    'T126 a tampered signature',
    exact('signature'),
    signature((text) => `${text.slice(0, 10)}${text[10] === '0' ? '1' : '0'}${text.slice(11)}`),
  ],
  ['a tampered nonce', exact('signature'), authorize('nonce', `0x${'77'.repeat(32)}`)],
  [
    'a tampered validBefore',
    exact('signature'),
    ({ paymentPayload: { payload } }) =>
      void (payload.authorization['validBefore'] = String(Number(payload.authorization['validBefore']) + 1)),
  ],
  [
    'a short payment identifier',
    'invalid_payload',
    (body) => void (body.paymentPayload.extensions = { 'payment-identifier': { info: { id: 'short' } } }),
  ],
  [
    'a payment identifier with a blank',
    'invalid_payload',
    (body) => void (body.paymentPayload.extensions = { 'payment-identifier': { info: { id: 'a b'.repeat(8) } } }),
  ],
]

describe('one fault', () => {
  let pair: Pair
  beforeAll(async () => {
    pair = await meet(node)
  })
  afterAll(async () => {
    expect(await node.balance(pair.payer.address)).toBe(funded)
  })

  const rows = faults.map(([name, reason, edit, retry = 'never']) => ({ name, reason, edit, retry }))
  it.each(rows)('T32 $name: $reason, at verify and at settle', async ({ reason, edit, retry }) => {
    const body = change(pay(node, pair), edit)
    const from = body.paymentPayload.payload.authorization?.['from']
    const payer = typeof from === 'string' && from.length === 42 ? { payer: from } : {}
    const network = String(body.paymentRequirements['network'])
    expect(await verify(body)).toEqual({ isValid: false, invalidReason: reason, ...payer, extra: { retry } })
    expect(await settle(body)).toEqual({
      success: false,
      errorReason: reason,
      transaction: '',
      network,
      ...payer,
      extra: { retry },
    })
  })

  it('of a payer who pays himself', async () => {
    const body = createPayment({ payer: pair.payer, payee: pair.payer.address, now: node.now })
    expect(await verify(body)).toMatchObject({ isValid: false, invalidReason: 'invalid_payload' })
  })

  it('of a payer whom the ledger does not know: no money, later', async () => {
    const poor = await meet(node, 0n)
    expect(await verify(pay(node, poor))).toMatchObject({
      invalidReason: exact('insufficient_balance'),
      extra: { retry: 'later' },
    })
    expect(await settle(pay(node, poor))).toMatchObject({
      errorReason: exact('insufficient_balance'),
      extra: { retry: 'later' },
    })
  })

  it('of a payment for another chain', async () => {
    expect(await verify(pay(node, pair, { chainId: 1 }))).toMatchObject({ invalidReason: exact('signature') })
  })

  it('of a validity that is about to end or too long', async () => {
    expect(await verify(pay(node, pair, { lifetime: 5 }))).toMatchObject({
      invalidReason: exact('payload_authorization_valid_before'),
    })
    expect(await settle(pay(node, pair, { lifetime: 5 }))).toMatchObject({
      errorReason: exact('payload_authorization_valid_before'),
    })
    expect(await settle(pay(node, pair, { lifetime: -1 }))).toMatchObject({
      errorReason: exact('payload_authorization_valid_before'),
    })
    expect(await verify(pay(node, pair, { lifetime: 3_662 }))).toMatchObject({
      invalidReason: 'policy_denied',
      extra: { retry: 'later' },
    })
    expect(await settle(pay(node, pair, { lifetime: 3_662 }))).toMatchObject({
      errorReason: 'policy_denied',
      extra: { retry: 'later' },
    })
  })

  it('never says more to a payee than reason and class', async () => {
    const answer = await verify(pay(node, pair, { amount: funded + 1n }))
    expect(answer).toEqual({
      isValid: false,
      invalidReason: exact('insufficient_balance'),
      payer: pair.payer.address,
      extra: { retry: 'later' },
    })
  })
})
