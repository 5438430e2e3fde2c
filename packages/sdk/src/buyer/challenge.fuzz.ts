// Any header whatsoever is either a challenge that can be signed as it stands, or a typed error; and what is signed says the same as
// what was read.
import { fuzzJsonParser } from '@turnpike/chain/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Address, Units } from '@turnpike/chain/wire'
import { generatePrivateKey, privateKeyAccount } from '../account.ts'
import { chainAnswer, clientOver, dollar } from '../chainAnswer.fixture.ts'
import { getAsset } from '../chain.ts'
import { LedgerError } from '../errors.ts'
import { randomHash } from '../sign.ts'
import { readChallenge } from './challenge.ts'
import { signCredential } from './credential.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 1_000)
const client = clientOver(() => Response.json(chainAnswer()))
const signer = privateKeyAccount(generatePrivateKey())
const codes: readonly string[] = ['sdk/malformed_challenge', 'sdk/no_offer']

const oneOf = (...known: readonly unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: fc.jsonValue() })
const odd = fc.string({ unit: 'binary', maxLength: 20 })
const extra = fc.record({
  name: oneOf('Turnpike USD'),
  version: oneOf('1'),
  paymentFlow: oneOf(undefined, null, 'authorization', 'upfront', 'escrow'),
  assetTransferMethod: oneOf(undefined, null, 'eip3009', 'permit2'),
  more: odd,
})
const offer = fc.record({
  scheme: oneOf('exact'),
  network: oneOf('eip155:402402'),
  asset: oneOf(dollar, dollar.toUpperCase().replace('0X', '0x')),
  payTo: oneOf('0x70997970C51812dc3A010C7d01b50e0d17dc79C8'),
  amount: oneOf('1', '10000', '0', '-1', '1e4', '0x1', '01', String(Units.max), String(Units.max + 1n)),
  maxTimeoutSeconds: oneOf(60, 1e-9, 1e300, -1, 0),
  extra: fc.oneof({ weight: 9, arbitrary: extra }, { weight: 1, arbitrary: fc.jsonValue() as never }),
})
const required = fc.record(
  {
    x402Version: oneOf(2),
    resource: fc.oneof(fc.record({ url: odd, description: odd }), fc.jsonValue()),
    accepts: fc.array(fc.oneof({ weight: 9, arbitrary: offer }, { weight: 1, arbitrary: fc.jsonValue() as never })),
    extensions: fc.oneof(
      fc.record({ 'payment-identifier': fc.jsonValue(), toString: fc.jsonValue() }),
      fc.dictionary(odd, fc.jsonValue()),
    ),
    error: odd,
  },
  { requiredKeys: ['x402Version', 'accepts'] },
)
const toBase64 = (text: string): string => Buffer.from(text).toString('base64')
const header = fc.oneof(
  { weight: 20, arbitrary: required.map((value) => toBase64(JSON.stringify(value))) },
  { weight: 1, arbitrary: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')) },
  { weight: 1, arbitrary: fc.string().map(toBase64) },
  { weight: 1, arbitrary: fc.base64String() },
  { weight: 1, arbitrary: fc.stringMatching(/^[ -~]*$/) },
)

it('T32 of any 402 is a challenge or a typed error, and a challenge is signed as it was read', async () => {
  const chain = await client.chain()
  const payable = { chain, asset: getAsset(chain, undefined), url: new URL('http://shop/') }
  let challenges = 0
  await fc.assert(
    fc.asyncProperty(header, async (text) => {
      const response = new Response(null, { status: 402, headers: { 'PAYMENT-REQUIRED': text } })
      let challenge: ReturnType<typeof readChallenge>
      try {
        challenge = readChallenge(response, payable)
      } catch (error) {
        expect(error).toBeInstanceOf(LedgerError)
        expect(codes).toContain((error as LedgerError).code)
        return
      }
      challenges++
      const { amount, payee, requirements } = challenge.offer
      expect(amount > 0n && amount <= Units.max).toBe(true)
      const nonce = randomHash()
      const signed = await signCredential(client, { challenge, signer, nonce, validBefore: 2_000_000_000 })
      const payload = JSON.parse(Buffer.from(signed.header, 'base64').toString('utf8')) as {
        readonly accepted: unknown
        readonly payload: { readonly authorization: Record<string, string> }
      }
      expect(JSON.stringify(payload.accepted)).toBe(JSON.stringify(requirements))
      const { to, value, from } = payload.payload.authorization
      expect({ to, value, from }).toEqual({ to: payee, value: String(amount), from: signer.address })
      expect([Address.parse(requirements.payTo), requirements.amount]).toEqual([to, value])
    }),
    { numRuns },
  )
  expect(challenges).toBeGreaterThan(numRuns / 10)
})

it('T32 any JSON as a challenge, and what was found before', async () => {
  const chain = await client.chain()
  const payable = { chain, asset: getAsset(chain, undefined), url: new URL('http://shop/') }
  const accepted = {
    scheme: 'exact',
    network: 'eip155:402402',
    asset: dollar,
    payTo: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
    amount: '10000',
    maxTimeoutSeconds: 60,
    extra: { name: 'Turnpike USD', version: '1', paymentFlow: 'upfront' },
  }
  const resource = { url: 'http://shop/', description: '', mimeType: 'text/plain' }
  const outcomes = await fuzzJsonParser({
    name: 'challenge',
    seeds: [{ x402Version: 2, accepts: [accepted, { ...accepted, amount: '1' }], resource, extensions: {} }],
    errors: [LedgerError],
    judge(json) {
      const headers = { 'PAYMENT-REQUIRED': toBase64(JSON.stringify(json)) }
      const { offer } = readChallenge(new Response(null, { status: 402, headers }), payable)
      expect(String(offer.amount)).toBe(offer.requirements.amount)
      expect(offer.amount > 0n && offer.amount <= Units.max).toBe(true)
      return 'a challenge'
    },
  })
  expect(outcomes).toContain('a challenge')
})
