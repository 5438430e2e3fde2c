// The scheme `exact` through HTTP on a whole node: every reason, every repetition, every restart; and the money each time.
import { dollar, freshNonce, person } from '@turnpike/chain/testing'
import { createOp, digestOf, Hex } from '@turnpike/chain/wire'
import { cancelAuthorization, charge } from '@turnpike/chain/wire/payments'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPayment } from '../../../testing/payment.ts'
import type { PaymentBody, PaymentOptions } from '../../../testing/payment.ts'
import { openTestNode } from '../../../testing/gateway.ts'
import type { TestNode } from '../../../testing/gateway.ts'

let node: TestNode
beforeAll(async () => {
  node = await openTestNode()
})
afterAll(() => node.close())

let people = 0
const funded = 1_000_000n

/** A payer with money and a payee without, whom no other test knows. */
async function meet(amount = funded): Promise<{ readonly payer: ReturnType<typeof person>; readonly payee: ReturnType<typeof person> }> {
  people++
  const [payer, payee] = [person(`payer ${people}`), person(`payee ${people}`)]
  if (amount > 0n) await node.fund(payer.address, amount)
  return { payer, payee }
}

type Pair = Awaited<ReturnType<typeof meet>>

function pay({ payer, payee }: Pair, more: Partial<PaymentOptions> = {}): PaymentBody {
  return createPayment({ payer, payee: payee.address, now: node.now, ...more })
}

const verify = (body: unknown): Promise<any> => node.ask('/x402/verify', body) // eslint-disable-line typescript/no-explicit-any
const settle = (body: unknown): Promise<any> => node.ask('/x402/settle', body) // eslint-disable-line typescript/no-explicit-any

function change(body: PaymentBody, edit: (body: PaymentBody) => void): PaymentBody {
  const copy = structuredClone(body)
  edit(copy)
  return copy
}

/** Sets a field both in the requirements and in what the buyer accepted of them, as a seller who wants it so. */
function require(name: string, value: unknown): (body: PaymentBody) => void {
  return (body) => {
    body.paymentRequirements[name] = value
    body.paymentPayload.accepted[name] = value
  }
}

const authorize =
  (name: string, value: unknown) =>
  (body: PaymentBody): void =>
    void (body.paymentPayload.payload.authorization[name] = value)

const both =
  (...edits: readonly ((body: PaymentBody) => void)[]) =>
  (body: PaymentBody): void =>
    edits.forEach((edit) => edit(body))

/** The same signature with the other s: n - s and the other v. */
function flip(signature: string): string {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = order - BigInt(`0x${signature.slice(66, 130)}`)
  return `${signature.slice(0, 66)}${s.toString(16).padStart(64, '0')}${signature.endsWith('1b') ? '1c' : '1b'}`
}

const signature =
  (edit: (signature: string) => unknown) =>
  ({ paymentPayload: { payload } }: PaymentBody): void =>
    void (payload.signature = edit(payload.signature as string))

const exact = (name: string): string => `invalid_exact_evm_${name}`
const stranger = person('stranger').address
const uint128Over = (1n << 128n).toString()
const uint256Over = (1n << 256n).toString()

const faults: readonly (readonly [string, string, (body: PaymentBody) => void, string?])[] = [
  ['a version 1 body', 'invalid_x402_version', (body) => void (body.x402Version = 1)],
  ['a version as text', 'invalid_x402_version', (body) => void (body.x402Version = '2')],
  ['a version 1 payload', 'invalid_x402_version', (body) => void (body.paymentPayload.x402Version = 1)],
  ['another network', 'invalid_network', require('network', 'eip155:84532')],
  ['a wildcard network', 'invalid_network', require('network', 'eip155:*')],
  ['a network with a leading zero', 'invalid_network', require('network', 'eip155:0402402')],
  ['another scheme', 'unsupported_scheme', require('scheme', 'upto')],
  ['a scheme that the buyer did not accept', exact('scheme'), (body) => void (body.paymentPayload.accepted['scheme'] = 'upto')],
  ['a network that the buyer did not accept', exact('network_mismatch'), (body) => void (body.paymentPayload.accepted['network'] = 'eip155:1')],
  ['permit2', 'unsupported_payload_type', require('extra', { name: 'Turnpike USD', version: '1', assetTransferMethod: 'permit2' })],
  ['an unknown transfer method', 'unsupported_payload_type', require('extra', { name: 'Turnpike USD', version: '1', assetTransferMethod: 'magic' })],
  ['a permit2 payload', 'unsupported_payload_type', (body) => void (body.paymentPayload.payload['permit2Authorization'] = {})],
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
  ['nothing to pay', 'invalid_payload', both(require('amount', '0'), authorize('value', '0'))],
  ['more than the ledger can count', exact('insufficient_balance'), both(require('amount', uint128Over), authorize('value', uint128Over)), 'later'],
  ['the largest uint256', exact('insufficient_balance'), both(require('amount', String((1n << 256n) - 1n)), authorize('value', String((1n << 256n) - 1n))), 'later'],
  ['a from that is no address', 'invalid_payload', authorize('from', '0x')],
  ['no from', 'invalid_payload', authorize('from', undefined)],
  ['a short nonce', 'invalid_payload', authorize('nonce', '0x11')],
  ['a nonce as null', 'invalid_payload', authorize('nonce', null)],
  ['a time as a number', 'invalid_payload', authorize('validBefore', 1_900_000_000)],
  ['a validBefore beyond all clocks', 'policy_denied', authorize('validBefore', uint128Over), 'later'],
  ['a validBefore beyond all milliseconds', 'policy_denied', authorize('validBefore', '9007199254740992'), 'later'],
  ['a validAfter beyond all clocks', exact('payload_authorization_valid_after'), authorize('validAfter', uint128Over), 'later'],
  ['no authorization', 'invalid_payload', (body) => Reflect.deleteProperty(body.paymentPayload.payload, 'authorization')],
  ['a list for an authorization', 'invalid_payload', (body) => void (body.paymentPayload.payload.authorization = [] as never)],
  ['a signature that is no text', 'invalid_payload', signature(() => 12)],
  ['a signature that is no hex', 'invalid_payload', signature(() => '0xzz')],
  ['an empty signature', exact('signature'), signature(() => '0x')],
  ['T126 a signature of 64 bytes', exact('signature'), signature((text) => text.slice(0, -2))],
  ['T126 a signature of 66 bytes', exact('signature'), signature((text) => `${text}00`)],
  ['T126 a signature with the other s', exact('signature'), signature(flip)],
  ['T126 a signature of zeros', exact('signature'), signature(() => `0x${'00'.repeat(65)}`)],
  ['T126 a signature with v 0', exact('signature'), signature((text) => `${text.slice(0, -2)}00`)],
  ['T126 a tampered signature', exact('signature'), signature((text) => `${text.slice(0, 10)}${text[10] === '0' ? '1' : '0'}${text.slice(11)}`)],
  ['a tampered nonce', exact('signature'), authorize('nonce', `0x${'77'.repeat(32)}`)],
  ['a tampered validBefore', exact('signature'), ({ paymentPayload: { payload } }) => void (payload.authorization['validBefore'] = String(Number(payload.authorization['validBefore']) + 1))],
  ['a short payment identifier', 'invalid_payload', (body) => void (body.paymentPayload.extensions = { 'payment-identifier': { info: { id: 'short' } } })],
  ['a payment identifier with a blank', 'invalid_payload', (body) => void (body.paymentPayload.extensions = { 'payment-identifier': { info: { id: 'a b'.repeat(8) } } })],
]

describe('one fault', () => {
  let pair: Pair
  beforeAll(async () => {
    pair = await meet()
  })
  afterAll(async () => {
    expect(await node.balance(pair.payer.address)).toBe(funded)
  })

  it.each(faults)('T32 %s: %s, at verify and at settle', async (_name, reason, edit, retry = 'never') => {
    const body = change(pay(pair), edit)
    const from = body.paymentPayload.payload.authorization?.['from']
    const payer = typeof from === 'string' && from.length === 42 ? { payer: from } : {}
    const network = String(body.paymentRequirements['network'])
    expect(await verify(body)).toEqual({ isValid: false, invalidReason: reason, ...payer, extra: { retry } })
    expect(await settle(body)).toEqual({ success: false, errorReason: reason, transaction: '', network, ...payer, extra: { retry } })
  })

  it('of a payer who pays himself', async () => {
    const body = createPayment({ payer: pair.payer, payee: pair.payer.address, now: node.now })
    expect(await verify(body)).toMatchObject({ isValid: false, invalidReason: 'invalid_payload' })
  })

  it('of a payer whom the ledger does not know: no money, later', async () => {
    const poor = await meet(0n)
    expect(await verify(pay(poor))).toMatchObject({ invalidReason: exact('insufficient_balance'), extra: { retry: 'later' } })
    expect(await settle(pay(poor))).toMatchObject({ errorReason: exact('insufficient_balance'), extra: { retry: 'later' } })
  })

  it('of a payment for another chain', async () => {
    expect(await verify(pay(pair, { chainId: 1 }))).toMatchObject({ invalidReason: exact('signature') })
  })

  it('of a validity that is about to end or too long', async () => {
    expect(await verify(pay(pair, { lifetime: 5 }))).toMatchObject({ invalidReason: exact('payload_authorization_valid_before') })
    expect(await settle(pay(pair, { lifetime: 5 }))).toMatchObject({ errorReason: exact('payload_authorization_valid_before') })
    expect(await settle(pay(pair, { lifetime: -1 }))).toMatchObject({ errorReason: exact('payload_authorization_valid_before') })
    expect(await verify(pay(pair, { lifetime: 3_662 }))).toMatchObject({ invalidReason: 'policy_denied', extra: { retry: 'later' } })
    expect(await settle(pay(pair, { lifetime: 3_662 }))).toMatchObject({ errorReason: 'policy_denied', extra: { retry: 'later' } })
  })

  it('never says more to a payee than reason and class', async () => {
    const answer = await verify(pay(pair, { amount: funded + 1n }))
    expect(answer).toEqual({ isValid: false, invalidReason: exact('insufficient_balance'), payer: pair.payer.address, extra: { retry: 'later' } })
  })
})

describe('a payment', () => {
  it('is verified, settled, and paid with the toll taken from the payee', async () => {
    const pair = await meet()
    const body = pay(pair, { amount: 100_000n })
    expect(await verify(body)).toEqual({ isValid: true, payer: pair.payer.address })
    const answer = await settle(body)
    expect(answer).toEqual({ success: true, transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/), network: 'eip155:402402', payer: pair.payer.address })
    expect([await node.balance(pair.payer.address), await node.balance(pair.payee.address)]).toEqual([funded - 100_000n, 99_900n])
    const { receipt, leaf } = await node.ask(`/receipts/${answer.transaction}`)
    expect(receipt).toMatchObject({ op: answer.transaction, type: 'payments/transferWithAuthorization', payment: { amount: '100000', toll: '100' } })
    expect(leaf).toHaveLength(502)
  })

  it('names the payer as the buyer spelled it, and takes addresses in any case', async () => {
    const pair = await meet()
    const body = pay(pair)
    const upper = `0x${pair.payer.address.slice(2).toUpperCase()}`
    body.paymentPayload.payload.authorization['from'] = upper
    require('asset', `0x${dollar.slice(2).toUpperCase()}`)(body)
    require('payTo', `0x${pair.payee.address.slice(2).toUpperCase()}`)(body)
    expect(await verify(body)).toEqual({ isValid: true, payer: upper })
    expect(await settle(body)).toMatchObject({ success: true, payer: upper })
  })

  it('empties an account to exactly zero, and not beyond', async () => {
    const pair = await meet(5_000n)
    expect(await settle(pay(pair, { amount: 5_001n }))).toMatchObject({ success: false, errorReason: exact('insufficient_balance') })
    expect(await settle(pay(pair, { amount: 5_000n }))).toMatchObject({ success: true })
    expect(await node.balance(pair.payer.address)).toBe(0n)
    expect(await settle(pay(pair, { amount: 1n }))).toMatchObject({ success: false, errorReason: exact('insufficient_balance') })
  })

  it('tolerates null for what may be absent', async () => {
    const body = change(pay(await meet()), ({ paymentPayload }) => {
      paymentPayload.extensions = null
      paymentPayload['resource'] = null
    })
    expect(await settle(body)).toMatchObject({ success: true })
  })

  it('is settled whatever maxTimeoutSeconds settle says', async () => {
    const body = pay(await meet())
    expect(await verify(body)).toMatchObject({ isValid: true })
    body.paymentRequirements['maxTimeoutSeconds'] = 0
    expect(await settle(body)).toMatchObject({ success: true })
  })
})

describe('a settle that is repeated', () => {
  const spent = { success: false, errorReason: exact('nonce_already_used') }

  it('T120 succeeds again after one verify, with the first transaction and one debit', async () => {
    const pair = await meet()
    const body = pay(pair)
    await verify(body)
    const first = await settle(body)
    expect(await settle(body)).toEqual(first)
    expect(await node.balance(pair.payer.address)).toBe(funded - 1_000n)
  })

  it('T38 is told no in the upfront flow, where it may be a second purchase', async () => {
    const body = pay(await meet())
    const { transaction } = await settle(body)
    expect(await settle(body)).toMatchObject({ ...spent, transaction, extra: { retry: 'never' } })
  })

  it('T25 is told no after two verifies: two requests, one payment', async () => {
    const body = pay(await meet())
    expect([await verify(body), await verify(body), await verify(body)].map(({ isValid }) => isValid)).toEqual([true, true, true])
    const { transaction, success } = await settle(body)
    expect(success).toBe(true)
    expect(await settle(body)).toMatchObject({ ...spent, transaction })
  })

  it('T44 is no success for another payment under the same nonce', async () => {
    const pair = await meet()
    const nonce = freshNonce()
    await settle(pay(pair, { nonce }))
    expect(await settle(pay(pair, { nonce, amount: 2_000n }))).toMatchObject({ ...spent, transaction: '' })
    expect(await verify(pay(pair, { nonce, amount: 2_000n }))).toMatchObject({ invalidReason: exact('nonce_already_used') })
    expect(await node.balance(pair.payer.address)).toBe(funded - 1_000n)
  })

  it('is no longer valid at verify', async () => {
    const body = pay(await meet())
    await settle(body)
    expect(await verify(body)).toMatchObject({ isValid: false, invalidReason: exact('nonce_already_used') })
  })

  it.each([
    [0, 1],
    [1, 100],
    [2, 1],
  ])('T25 T28 a hundred times at once after %d verifies: one debit, %d successes', async (verifies, successes) => {
    const pair = await meet()
    const body = pay(pair)
    for (let i = 0; i < verifies; i++) await verify(body)
    const answers = await Promise.all(Array.from({ length: 100 }, () => settle(body)))
    expect(answers.filter(({ success }) => success)).toHaveLength(successes)
    expect(new Set(answers.map(({ transaction }) => transaction)).size).toBe(1)
    expect(await node.balance(pair.payer.address)).toBe(funded - 1_000n)
  })

  it('T119 is answered with success after one verify, although somebody else handed it in first', async () => {
    const pair = await meet()
    const body = pay(pair)
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
    const pair = await meet()
    const body = pay(pair, { lifetime: 60 })
    await verify(body)
    const { transaction } = await settle(body)
    node.now += 61_000
    await node.fund(pair.payee.address, 1n) // A block, in which the record is pruned.
    expect(await settle(body)).toMatchObject({ ...spent, transaction })
    expect(await verify(body)).toMatchObject({ isValid: false, invalidReason: exact('payload_authorization_valid_before') })
  })
})

describe('a hold', () => {
  it('T37 T108 keeps the money for the seller whatever the buyer does meanwhile', async () => {
    const pair = await meet(1_000n)
    const body = pay(pair)
    expect(await verify(body)).toMatchObject({ isValid: true })
    expect(await settle(pay(pair))).toMatchObject({ success: false, errorReason: exact('insufficient_balance') })
    expect(await settle(body)).toMatchObject({ success: true })
  })

  it('T129 carries a slow handler past the margin, as long as the authorization is valid', async () => {
    const pair = await meet()
    const body = pay(pair, { lifetime: 30 })
    await verify(body)
    node.now += 28_000
    expect(await settle(body)).toMatchObject({ success: true })
    const late = pay(pair, { lifetime: 30 })
    await verify(late)
    node.now += 31_000
    expect(await settle(late)).toMatchObject({ success: false, errorReason: exact('payload_authorization_valid_before'), transaction: '' })
  })

  it('T36 gives the money back after a minute, and counts as an attempt ever after', async () => {
    const pair = await meet(1_000n)
    const body = pay(pair)
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
    const pair = await meet()
    const bodies = Array.from({ length: 66 }, () => pay(pair, { amount: 10n }))
    for (const body of bodies) expect(await verify(body)).toMatchObject({ isValid: true })
    expect(await node.balance(pair.payer.address)).toBe(funded - 640n)
    expect(await verify(change(bodies[65]!, signature(flip)))).toMatchObject({ isValid: false, invalidReason: exact('signature') })
    for (const body of bodies) expect(await settle(body)).toMatchObject({ success: true })
    expect(await node.balance(pair.payer.address)).toBe(funded - 660n)
  })

  it('writes nothing for a third verify, and still wants the signature', async () => {
    const body = pay(await meet())
    await verify(body)
    await verify(body)
    const { height } = node.ledger.status()
    expect(await verify(body)).toMatchObject({ isValid: true })
    expect(await verify(change(body, signature(flip)))).toMatchObject({ isValid: false, invalidReason: exact('signature') })
    expect(node.ledger.status().height).toBe(height)
  })
})

describe('a payment identifier', () => {
  const identifier = 'pay_7d5d747be160e280504c099d984bcfe0'

  it('keeps a buyer who signs again after a timeout from paying twice', async () => {
    const pair = await meet()
    const first = await settle(pay(pair, { identifier }))
    const again = pay(pair, { identifier })
    expect(await verify(again)).toMatchObject({ isValid: false, invalidReason: exact('nonce_already_used') })
    expect(await settle(again)).toMatchObject({ success: false, errorReason: exact('nonce_already_used'), transaction: first.transaction })
    expect(await node.balance(pair.payer.address)).toBe(funded - 1_000n)
  })

  it('stands for one price', async () => {
    const pair = await meet()
    await settle(pay(pair, { identifier }))
    expect(await settle(pay(pair, { identifier, amount: 2_000n }))).toMatchObject({ success: false, errorReason: exact('nonce_already_used'), transaction: '' })
  })

  it('of one payer means nothing for another', async () => {
    for (const pair of [await meet(), await meet()]) expect(await settle(pay(pair, { identifier }))).toMatchObject({ success: true })
  })
})

describe('a restart', () => {
  it('between verify and settle changes nothing', async () => {
    const pair = await meet(1_000n)
    const body = pay(pair)
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
    const pair = await meet()
    const body = pay(pair)
    for (let i = 0; i < verifies; i++) await verify(body)
    const { transaction } = await settle(body)
    await node.restart()
    expect(await settle(body)).toMatchObject({ success, transaction })
    expect(await node.balance(pair.payer.address)).toBe(funded - 1_000n)
  })
})

describe('GET /payments', () => {
  const outcome = (body: PaymentBody, query = ''): Promise<any> => { // eslint-disable-line typescript/no-explicit-any
    const { from, nonce } = body.paymentPayload.payload.authorization
    return node.ask(`/payments/${dollar}/${String(from)}/${String(nonce)}${query}`)
  }

  it('tells held and settled, by what the payer knows', async () => {
    const body = pay(await meet())
    expect(await outcome(body)).toEqual({ status: 'unknown' })
    await verify(body)
    expect(await outcome(body)).toEqual({ status: 'held', operation: expect.any(String) })
    const { transaction } = await settle(body)
    expect(await outcome(body)).toMatchObject({ status: 'settled', operation: transaction, receipt: { op: transaction } })
  })

  it('goes on telling settled after the record is gone, and says what can never happen any more', async () => {
    const pair = await meet()
    const [paid, unpaid] = [pay(pair, { lifetime: 60 }), pay(pair, { lifetime: 60 })]
    const { transaction } = await settle(paid)
    const { validBefore } = unpaid.paymentPayload.payload.authorization
    expect(await outcome(unpaid, `?validBefore=${String(validBefore)}`)).toEqual({ status: 'unknown' })
    node.now += 61_000
    await node.fund(pair.payee.address, 1n)
    expect(await outcome(paid, `?validBefore=${String(validBefore)}`)).toMatchObject({ status: 'settled', operation: transaction })
    expect(await outcome(unpaid, `?validBefore=${String(validBefore)}`)).toEqual({ status: 'expired' })
    expect(await outcome(unpaid)).toEqual({ status: 'unknown' })
  })

  it('tells what the payer has cancelled, for ever; and nothing settles it', async () => {
    const { payer, payee } = await meet()
    const body = pay({ payer, payee })
    const message = { type: cancelAuthorization.type, asset: dollar, authorizer: payer.address, nonce: body.paymentPayload.payload.authorization['nonce'] }
    const { domains } = node.ledger.protocol
    const bytes = payer.sign(digestOf(domains, cancelAuthorization, message))
    await node.ledger.submit(createOp(domains, { definition: cancelAuthorization, message, signatures: [{ kind: 1, bytes }] }))
    expect(await outcome(body)).toMatchObject({ status: 'cancelled' })
    expect(await verify(body)).toMatchObject({ isValid: false, invalidReason: exact('nonce_already_used') })
    expect(await settle(body)).toMatchObject({ success: false, errorReason: exact('nonce_already_used'), transaction: '' })
  })

  it('knows native payments under the zero address', async () => {
    const { payer, payee } = await meet()
    const nonce = freshNonce()
    const message = { type: charge.type, account: payer.address, payee: payee.address, asset: dollar, amount: 5n, reference: `0x${'00'.repeat(32)}`, nonce, validBefore: node.now + 60_000 }
    const { domains } = node.ledger.protocol
    const bytes = payer.sign(digestOf(domains, charge, message))
    await node.ledger.submit(createOp(domains, { definition: charge, message, signatures: [{ kind: 1, bytes }] }))
    const zero = Hex.fromBytes(new Uint8Array(20))
    expect(await node.ask(`/payments/${zero}/${payer.address}/${nonce}`)).toMatchObject({ status: 'settled', receipt: { type: 'payments/charge' } })
  })

  it.each(['/payments/0x12/0x34/0x56', `/payments/${dollar}/${dollar}/${'0x11'.repeat(1)}`, `/payments/${dollar}/${dollar}/0x${'11'.repeat(32)}?validBefore=-1`])('T32 refuses %s', async (path) => {
    const response = await node.get(path)
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/problem+json'])
  })
})
