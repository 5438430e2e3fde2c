// Payments as an attacker writes them, against a real node: the same payment in another spelling is the same payment, a second
// signature over the same content is none, odd JSON is no way around a field, and the books say what moved.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPayee, createPayer, createPayments } from '../../bench/payments.ts'
import { openBooks } from '../processes/books.ts'
import type { Books } from '../processes/books.ts'
import { createHome, startTurnpike } from '../processes/turnpike.ts'
import type { NodeProcess } from '../processes/turnpike.ts'

const home = createHome()
const funds = 1_000_000n
const value = 1_000n
let node: NodeProcess
let books: Books
beforeAll(async () => {
  node = await startTurnpike({ home: home.path })
  books = openBooks(node.url)
})
afterAll(async () => {
  await books.close()
  expect(await node.stop()).toBe(0)
  expect(node.errors()).toBe('')
  home.remove()
})

type Fields = Record<string, unknown>
type Body = {
  readonly x402Version: number
  readonly paymentPayload: { readonly payload: { signature: string; authorization: Fields }; extensions?: unknown }
  readonly paymentRequirements: Fields & { extra: unknown }
}

let number = 0
let payer: ReturnType<typeof createPayer>
let payee: string
let sound: Body
beforeEach(async () => {
  payer = createPayer('abuse payments', ++number)
  payee = createPayee('abuse payments', number)
  await books.fund(payer.address, funds)
  sound = create(value)
})

function create(amount: bigint): Body {
  const [payment] = createPayments({
    count: 1,
    payers: [payer],
    payees: [payee],
    value: amount,
    run: `abuse ${number} ${amount}`,
    validBefore: Math.floor(Date.now() / 1_000) + 300,
  })
  return JSON.parse(payment!.body) as Body
}

type Told = {
  readonly success?: boolean
  readonly errorReason?: string
  readonly transaction?: string
  readonly code?: string
}

async function settle(body: unknown): Promise<Told> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await fetch(`${node.url}/x402/settle`, { method: 'POST', body: text })
  expect([200, 400]).toContain(answer.status)
  return (await answer.json()) as Told
}

async function expectPaid(amount: bigint): Promise<void> {
  expect(await books.balanceOf(payer.address)).toBe(funds - amount)
  expect(await books.balanceOf(payee)).toBe(amount - amount / 1_000n)
}

const upper = (hex: unknown): string => `0x${(hex as string).slice(2).toUpperCase()}`

describe('T25 T83 the same payment in another spelling', () => {
  const spellings: readonly (readonly [string, (body: Body) => void])[] = [
    [
      'the nonce in capitals',
      ({ paymentPayload: { payload } }) =>
        void (payload.authorization['nonce'] = upper(payload.authorization['nonce'])),
    ],
    [
      'the payer in capitals',
      ({ paymentPayload: { payload } }) => void (payload.authorization['from'] = upper(payload.authorization['from'])),
    ],
    [
      'the signature in capitals',
      ({ paymentPayload: { payload } }) => void (payload.signature = upper(payload.signature)),
    ],
    [
      'unknown fields',
      ({ paymentPayload: { payload } }) => void Object.assign(payload.authorization, { memo: 'x', toString: 1 }),
    ],
    [
      'the asset in capitals',
      ({ paymentRequirements }) => void (paymentRequirements['asset'] = upper(paymentRequirements['asset'])),
    ],
  ]
  it.each(spellings)('%s is paid once, and told to be spent by the same transaction', async (_name, respell) => {
    const { transaction } = await settle(sound)
    const again = structuredClone(sound)
    respell(again)
    expect(await settle(again)).toMatchObject({
      success: false,
      errorReason: 'invalid_exact_evm_nonce_already_used',
      transaction,
    })
    await expectPaid(value)
  })

  it.each<readonly [string, (nonce: string) => unknown]>([
    ['zeros before it', (nonce) => `0x${'00'.repeat(4)}${nonce.slice(2)}`],
    ['no zeros before it', (nonce) => `0x${nonce.slice(2).replace(/^0+/, '').slice(1)}`],
    ['a capital X', (nonce) => `0X${nonce.slice(2)}`],
    ['no prefix', (nonce) => nonce.slice(2)],
    ['blanks around it', (nonce) => ` ${nonce} `],
    ['as a decimal', (nonce) => BigInt(nonce).toString()],
    ['as base64', (nonce) => Buffer.from(nonce.slice(2), 'hex').toString('base64')],
    ['as base64url', (nonce) => Buffer.from(nonce.slice(2), 'hex').toString('base64url')],
    ['as a list', (nonce) => [nonce]],
    [
      'full-width digits',
      (nonce) => nonce.replaceAll(/[0-9]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)),
    ],
  ])('a nonce with %s is no nonce', async (_name, respell) => {
    const { authorization } = sound.paymentPayload.payload
    authorization['nonce'] = respell(authorization['nonce'] as string)
    expect(await settle(sound)).toMatchObject({ success: false, errorReason: 'invalid_payload' })
    await expectPaid(0n)
  })
})

describe('T83 T126 a second signature over the same content', () => {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const seconds: readonly (readonly [string, (signature: string) => string, string])[] = [
    [
      'the high s with the other v, which the curve accepts',
      (text) =>
        `${text.slice(0, 66)}${(order - BigInt(`0x${text.slice(66, 130)}`)).toString(16)}${text.endsWith('1b') ? '1c' : '1b'}`,
      'invalid_exact_evm_signature',
    ],
    [
      'v of 0 and 1',
      (text) => `${text.slice(0, 130)}${text.endsWith('1b') ? '00' : '01'}`,
      'invalid_exact_evm_signature',
    ],
    [
      'v with the chain in it',
      (text) => `${text.slice(0, 130)}${text.endsWith('1b') ? '25' : '26'}`,
      'invalid_exact_evm_signature',
    ],
    ['a byte behind it', (text) => `${text}00`, 'invalid_exact_evm_signature'],
    ['base64', (text) => Buffer.from(text.slice(2), 'hex').toString('base64'), 'invalid_payload'],
    ['base64url', (text) => Buffer.from(text.slice(2), 'hex').toString('base64url'), 'invalid_payload'],
  ]
  it.each(seconds)('%s is refused before and after the first', async (_name, second, errorReason) => {
    const forged = structuredClone(sound)
    forged.paymentPayload.payload.signature = second(sound.paymentPayload.payload.signature)
    expect(await settle(forged)).toMatchObject({ success: false, errorReason })
    await expectPaid(0n)
    expect(await settle(sound)).toMatchObject({ success: true })
    expect((await settle(forged)).success).toBe(false)
    await expectPaid(value)
  })
})

describe('T32 names that every object has', () => {
  it('carry no field that is not there itself', async () => {
    const hidden = (fields: unknown): string => `{"__proto__":${JSON.stringify(fields)}}`
    const { paymentPayload, paymentRequirements } = sound
    const text = (payload: string, requirements: string): string =>
      `{"x402Version":2,"paymentPayload":${payload},"paymentRequirements":${requirements}}`
    expect(await settle(hidden(sound))).toMatchObject({ code: 'gateway/malformed' })
    expect(await settle(text(hidden(paymentPayload), JSON.stringify(paymentRequirements)))).toMatchObject({
      success: false,
    })
    expect(await settle(text(JSON.stringify(paymentPayload), hidden(paymentRequirements)))).toMatchObject({
      errorReason: 'invalid_payment_requirements',
    })
    const extra = JSON.stringify({ ...paymentRequirements, extra: 0 }).replace(
      /"extra":0/,
      `"extra":${hidden(paymentRequirements.extra)}`,
    )
    expect(await settle(text(JSON.stringify(paymentPayload), extra))).toMatchObject({
      errorReason: 'invalid_exact_evm_missing_eip712_domain',
    })
    await expectPaid(0n)
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    '%s is no method, no query, no scheme, no network, no asset',
    async (name) => {
      const rpc = async (method: string, params: readonly unknown[]): Promise<unknown> =>
        (await books.post('/rpc', { jsonrpc: '2.0', id: 1, method, params })).body
      expect(await rpc(name, [])).toMatchObject({ error: { code: -32_601 } })
      for (const args of [{}, JSON.parse(`{"${name}":{}}`), name, [name]])
        expect(await rpc('turnpike_query', [name, args])).toMatchObject({ error: { code: -32_000 } })
      expect(await rpc('turnpike_submit', [JSON.parse(`{"type":"${name}"}`)])).toMatchObject({
        error: { code: -32_000 },
      })
      for (const field of ['scheme', 'network', 'asset'])
        expect(
          (await settle({ ...sound, paymentRequirements: { ...sound.paymentRequirements, [field]: name } })).success,
        ).toBe(false)
      await expectPaid(0n)
    },
  )

  it('the last of two equal names counts, for node and signature alike', async () => {
    const text = JSON.stringify(sound).replace('"value":"1000"', '"value":"1","value":"1000"')
    expect(await settle(text)).toMatchObject({ success: true })
    await expectPaid(value)
  })
})

describe('T32 text that is none', () => {
  it.each(['\\ud800', '\\udc00', '\\ud800\\ud800', 'a\\ud83d', '\\u0000', '\\u202e', '\\ufeff'])(
    '%s in any field is told as text again, whole, or not at all',
    async (odd) => {
      for (const field of ['scheme', 'network', 'amount', 'asset', 'payTo'])
        expect(
          (
            await settle(
              JSON.stringify(sound)
                .replace(`"paymentRequirements":{`, `"paymentRequirements":{"${field}":"${odd}","was":{`)
                .replace(/}$/, '}}'),
            )
          ).success,
        ).not.toBe(true)
      const named = structuredClone(sound)
      named.paymentPayload.extensions = {
        'payment-identifier': { info: { id: `${JSON.parse(`"${odd}"`)}aaaaaaaaaaaaaaaa` } },
      }
      expect(await settle(named)).toMatchObject({ errorReason: 'invalid_payload' })
      await expectPaid(0n)
    },
  )

  it('bytes that are no UTF-8 move nothing', async () => {
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xef, 0xbb, 0xbf]]) {
      const body = Buffer.concat([Buffer.from('{"x402Version":2,"a":"'), Buffer.from(bytes), Buffer.from('"}')])
      const answer = await fetch(`${node.url}/x402/settle`, { method: 'POST', body })
      expect(answer.status).toBe(400)
    }
  })
})

describe('T112 amounts at the edges of every width', () => {
  const edges = [
    funds + 1n,
    ...[31n, 32n, 53n, 63n, 64n, 96n, 127n, 128n, 255n].flatMap((bits) => [
      (1n << bits) - 1n,
      1n << bits,
      (1n << bits) + 1n,
    ]),
  ]
  it.each(edges.map(String))('%s is more than there is', async (amount) => {
    expect(await settle(create(BigInt(amount)))).toMatchObject({
      errorReason: 'invalid_exact_evm_insufficient_balance',
    })
    await expectPaid(0n)
  })

  it('all that there is, and then nothing', async () => {
    expect(await settle(create(funds))).toMatchObject({ success: true })
    expect(await settle(create(1n))).toMatchObject({ errorReason: 'invalid_exact_evm_insufficient_balance' })
    await expectPaid(funds)
  })

  it.each(['-1', '-0', '1.0', '1e3', '0x3e8', '1_000', '１０００', '1000n', 'NaN', 'Infinity', '9'.repeat(10_000)])(
    '%s is no amount',
    async (amount) => {
      sound.paymentRequirements['amount'] = amount
      sound.paymentPayload.payload.authorization['value'] = amount
      expect((await settle(sound)).errorReason).toBe('invalid_payment_requirements')
      await expectPaid(0n)
    },
  )

  it.each(['1e999', '-1e999', '1E400', '123456789012345678901234567890', '0.1e1', '-0'])(
    'the JSON number %s stands for no field',
    async (text) => {
      for (const field of ['amount', 'value', 'validAfter', 'validBefore', 'nonce'])
        expect(
          (await settle(JSON.stringify(sound).replaceAll(new RegExp(`"${field}":"[^"]*"`, 'g'), `"${field}":${text}`)))
            .success,
        ).not.toBe(true)
      await expectPaid(0n)
    },
  )
})
