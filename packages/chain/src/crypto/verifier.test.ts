// The reference verifier and signer against published vectors and against viem.
import fc from 'fast-check'
import { recoverAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import * as Address from '../codec/Address.ts'
import * as Hash from '../codec/Hash.ts'
import * as Hex from '../codec/Hex.ts'
import { keyKinds } from './signature.ts'
import { addressOfKey, recoverSigner, signDigest } from './verifier.ts'

const stockKey = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const stockAddress = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
const agentKey = '0x456f5f417960ba6fdcb12a9dd8111f109c59fd0689512df3923a32e56460b80a'
const agentAddress = '0x6a21348d86575237664dc3bb1610c5614cb255e6'
const agentDigest = '0x80a45283483934f08eaf64aac4df11223bccc253562e841db3bff71aa604465e'
const agentSignature =
  '0x553b6caa295b6a7d24f680cd586aa91d5b47d550bf8cea92727005d88a8e793c4fcbf2f1406975d5a7b81ad74f5275b708c4b76dbd820ef9ac355e970e34f28d1c'
const highTwin =
  '0x553b6caa295b6a7d24f680cd586aa91d5b47d550bf8cea92727005d88a8e793cb0340d0ebf968a2a5847e528b0ad8a47b1ea2578f1c69142139cfff5c2014eb41b'

function recover(digest: string, signature: string | Uint8Array, signer?: string): Address.Address | undefined {
  return recoverSigner({
    kind: keyKinds.secp256k1,
    digest: Hash.parse(digest)!,
    bytes: typeof signature === 'string' ? Hex.toBytes(signature) : signature,
    ...(signer === undefined ? {} : { signer: Address.parse(signer)! }),
  })
}

describe('vectors (x402 20, agent-policy 22.6)', () => {
  const table: readonly (readonly [string, string, string, string, string])[] = [
    ['agent', agentKey, agentAddress, agentDigest, agentSignature],
    [
      'TransferWithAuthorization',
      stockKey,
      stockAddress,
      '0xfe26487dc3c4f7e24e4c5e796eca875b1aeabf9ead5710acd79f6222f3ea8124',
      '0x896cf473dd71346461fcebaf0d7a68a16756d299a2603ff5dccc4be2a89f94490318c0a5489893210394f3abf9992fbd952b731901e005d8ff8ce6915c7ba7ae1c',
    ],
    [
      'Permit2 exact',
      stockKey,
      stockAddress,
      '0x9d826da416a7aba954c70cc876e239d958713234d49c4d15fea771a717b9f52d',
      '0xf24748b7c7071b04e1ab4e95e1bcbc66c810e196d9482eb3ce7f4921d217cb7d686357b020d223e405b1a02b5960e70cfb5b72e8bd826ff5b2b365d10968d5d11b',
    ],
    [
      'Permit2 upto',
      stockKey,
      stockAddress,
      '0x11d249275ecc5f2a9e90eb358b2252421352926e37dac2d1cabd3a0fd9641ffc',
      '0xddd51f65cc5395622f52f8e8933fe2d3fd753631edae1f9368f10301df024b5f75d754ceb96ef521a31e562df36759c1bc09569489c5a6dc8c4ffdf2b6fdccf51c',
    ],
    [
      'Voucher',
      stockKey,
      stockAddress,
      '0xd48e132c94dcd17b21fe7470534f023f2faebbb8db6b5391f5b8d6f75e463053',
      '0x48b40bfff3bebfbe9e49bd5a0d707adeb458085e4aa8dc8a1cd4c34d1b9388115abc686a061525bf828f4a126948376283a278eac751e85428ccf0e055a44f9f1c',
    ],
    [
      'ReceiveWithAuthorization',
      stockKey,
      stockAddress,
      '0x47063da978598661dec7c68f117d2afc3da70dcb9c23ae6c6f7ed51607c3441e',
      '0x32cbc88a2019de9b17152cbd6f832f705562be1b242101728c2ba73369ed285810af71c1dbe9fc59f358be3dde90c989f66d1cd5d4e20652345c4ce55fe4d51a1b',
    ],
    [
      'Permit',
      stockKey,
      stockAddress,
      '0xdf02f27c11c00b8faaaafed21603d3449d66758e3d7e471250a49416fc4a0843',
      '0x2195511355f185c2ce554d5416a60f08971e01339925cdd45ffcf3ffd245514d66815a7cd900fe1fd4b205fda28a797424acd6b12ecf769e96208780e23920691c',
    ],
  ]
  test.each(table)('%s', (_, key, address, digest, signature) => {
    expect(addressOfKey(Hex.toBytes(key))).toBe(address)
    expect(Hex.fromBytes(signDigest(Hex.toBytes(key), Hex.toBytes(digest)))).toBe(signature)
    expect(recover(digest, signature)).toBe(address)
  })
})

describe('recoverSigner', () => {
  test('refuses the high-s twin, which recovers to the same key', async () => {
    expect(await recoverAddress({ hash: agentDigest, signature: highTwin })).toBe(
      await recoverAddress({ hash: agentDigest, signature: agentSignature }),
    )
    expect(recover(agentDigest, highTwin)).toBeUndefined()
  })
  test('holds a named signer to its name', () => {
    expect(recover(agentDigest, agentSignature, agentAddress)).toBe(agentAddress)
    expect(recover(agentDigest, agentSignature, stockAddress)).toBeUndefined()
  })
  test('finds nobody where r is not the x of a point', () => {
    // 5 is not on the curve: 5^3 + 7 = 132 has no square root.
    const bytes = Hex.toBytes(agentSignature)
    bytes.fill(0, 0, 32)
    bytes[31] = 5
    expect(recover(agentDigest, bytes)).toBeUndefined()
  })
  test('finds nobody at infinity', () => {
    // With R = G and s equal to the digest, the key would be r⁻¹(sR - zG) = 0.
    const bytes = Hex.toBytes(
      `0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798${'00'.repeat(31)}071b`,
    )
    expect(recover(`0x${'00'.repeat(31)}07`, bytes)).toBeUndefined()
  })
  test('accepts a digest of zero, as libsecp256k1 does', () => {
    const key = Hex.toBytes(agentKey)
    expect(recover(Hash.zero, signDigest(key, new Uint8Array(32)))).toBe(agentAddress)
  })
  test('any bytes give an address or nobody', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 130 }), hexOf(32), fc.constantFrom(1, 2, 3, 4), (bytes, digest, kind) => {
        const signer = recoverSigner({ kind, digest: digest as Hash.Hash, bytes })
        expect(signer === undefined || bytes.length === 65).toBe(true)
      }),
    )
  })
  test('agrees with viem wherever r, s and v are in range', async () => {
    const inRange = fc.tuple(hexOf(32), hexOf(31), hexOf(31), fc.constantFrom('1b', '1c'))
    await fc.assert(
      fc.asyncProperty(inRange, async ([digest, r, s, v]) => {
        const signature: Hex.Hex = `0x00${r.slice(2)}00${s.slice(2)}${v}`
        const expected = await recoverAddress({ hash: digest, signature }).then(Address.parse, () => undefined)
        expect(recover(digest, signature)).toBe(expected)
      }),
      { numRuns: 60 },
    )
  })
})

describe('signDigest', () => {
  test('signs as viem does', async () => {
    await fc.assert(
      fc.asyncProperty(hexOf(31), hexOf(32), async (seed, digest) => {
        const key: Hex.Hex = `0x01${seed.slice(2)}`
        const account = privateKeyToAccount(key)
        const signature = Hex.fromBytes(signDigest(Hex.toBytes(key), Hex.toBytes(digest)))
        expect(signature).toBe(await account.sign({ hash: digest }))
        expect(recover(digest, signature)).toBe(Address.parse(account.address))
      }),
      { numRuns: 40 },
    )
  })
  test('takes no other digest and no impossible key', () => {
    const key = Hex.toBytes(agentKey)
    expect(() => signDigest(key, new Uint8Array(31))).toThrow('A digest has 32 bytes, not 31.')
    const order = Hex.toBytes('0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141')
    for (const bad of [new Uint8Array(32), order, key.subarray(1)]) {
      expect(() => signDigest(bad, new Uint8Array(32))).toThrow(Error)
      expect(() => addressOfKey(bad)).toThrow(Error)
    }
  })
})

function hexOf(length: number): fc.Arbitrary<Hex.Hex> {
  return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Hex.fromBytes(bytes))
}
