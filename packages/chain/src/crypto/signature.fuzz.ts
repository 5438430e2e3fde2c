// Any bytes as a signature: r, s and v within their bounds, or none.
import { expect, test } from 'vitest'
import { person } from '../../testing/people.ts'
import { fuzzParser } from '../../testing/parserFuzz.ts'
import * as Hash from '../codec/Hash.ts'
import * as Hex from '../codec/Hex.ts'
import { keyKinds, parseSignature } from './signature.ts'

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const real = person('signer').sign(Hash.zero)
const numberOf = (bytes: Uint8Array): bigint => BigInt(Hex.fromBytes(bytes))

test('T32 T83 T126 any bytes as a signature', async () => {
  const outcomes = await fuzzParser({
    name: 'signature',
    seeds: [27, 28].map((v) => Uint8Array.from([...real.subarray(0, 64), v])),
    pieces: [order, order - 1n, order / 2n, 0n].map((each) => Hex.toBytes(`0x${each.toString(16).padStart(64, '0')}`)),
    judge(input) {
      for (const kind of [keyKinds.p256, keyKinds.ed25519, keyKinds.webAuthn])
        expect(parseSignature(kind, input)).toBeUndefined()
      const parsed = parseSignature(keyKinds.secp256k1, input)
      const v = input[64]
      const isOne = input.length === 65 && (v === 27 || v === 28)
      const [r, s] = isOne ? [numberOf(input.subarray(0, 32)), numberOf(input.subarray(32, 64))] : [0n, 0n]
      expect(parsed !== undefined).toBe(r > 0n && r < order && s > 0n && s <= order / 2n)
      return parsed === undefined ? 'none' : `one with recovery ${parsed.recovery}`
    },
  })
  expect(outcomes).toEqual(new Set(['one with recovery 0', 'one with recovery 1', 'none']))
})
