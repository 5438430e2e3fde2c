// EIP-712 against the constants and vectors that x402 wallets and contracts use, and against viem.
import fc from 'fast-check'
import { hashDomain, hashTypedData } from 'viem'
import type { TypedDataDefinition } from 'viem'
import { describe, expect, test } from 'vitest'
import * as Hex from '../codec/Hex.ts'
import { createDomain, createStruct, digest, typedData } from './eip712.ts'
import type { Domain, DomainFields, Field, FieldType, Struct } from './eip712.ts'

/** Reads `Name(type field,…)` as documents print it, so that a test states the table and nothing else. */
function structOf(typeString: string): Struct {
  const open = typeString.indexOf('(')
  const fields = typeString
    .slice(open + 1, -1)
    .split(',')
    .map((member): Field => {
      const [type, name] = member.split(' ')
      return { name: name!, type: type as FieldType }
    })
  return createStruct(typeString.slice(0, open), fields)
}

const transfer = structOf(
  'TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)',
)
const receive = structOf(
  'ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)',
)
const permit = structOf('Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)')
const voucher = structOf('Voucher(bytes32 channelId,uint128 maxClaimableAmount)')
const refund = structOf('Refund(bytes32 channelId,uint256 nonce,uint128 amount)')

describe('type hashes of x402 (x402 1.3)', () => {
  const table: readonly (readonly [string, string])[] = [
    [transfer.typeString, '0x7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267'],
    [receive.typeString, '0xd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de8'],
    [
      'CancelAuthorization(address authorizer,bytes32 nonce)',
      '0x158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a1597429',
    ],
    [permit.typeString, '0x6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9'],
    [
      'TokenPermissions(address token,uint256 amount)',
      '0x618358ac3db8dc274f0cd8829da7e234bd48cd73c4a740aede1adec9846d06a1',
    ],
    ['Witness(address to,uint256 validAfter)', '0xd97b3239a7f32295517bd14cb074edfdd188dfe5eb42f802bb26d4fd1eb12c37'],
    [
      'Witness(address to,address facilitator,uint256 validAfter)',
      '0xd4171c445a74218b01d4fd8af34ff1106580ea1e36ff837e64484bfaa2253b75',
    ],
    ['DepositWitness(bytes32 channelId)', '0xba0000097e86dabe64178afe31109221193339a6861598f2133fcbdc92c84479'],
    [voucher.typeString, '0x1e1bd6ff84c3e0d9029a292b212e039c0ca97ec497c55191a4a5874294609a69'],
    [refund.typeString, '0xbe23ad087435072cd69b49cc5b92de10ee610fce7ae0ab428307972d764bb216'],
    [
      'ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)',
      '0x30b9a0367528fca13c3e8ec6134c3113f1887ebe7a1ad61de0955aac288b0cf5',
    ],
    [
      'Offer(uint256 version,string resourceUrl,string scheme,string network,string asset,string payTo,string amount,uint256 validUntil)',
      '0x85143d3249b5e62ed5edd3d59a352d4e1181c775ff4f762f9c8a617f6bf1e97d',
    ],
    [
      'Receipt(uint256 version,string network,string resourceUrl,string payer,uint256 issuedAt,string transaction)',
      '0x616944bc4bb51b3d5fcbba8c559f76d57a93ac1e0d6659f1abbe95f92300c06f',
    ],
  ]
  test.each(table)('%s', (typeString, typeHash) => {
    expect(structOf(typeString).typeString).toBe(typeString)
    expect(Hex.fromBytes(structOf(typeString).typeHash)).toBe(typeHash)
  })
})

const permit2 = '0x000000000022D473030F116dDEE9F6B43aC78BA3'
const settlement = '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003'
const token = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const payer = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
const payTo = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const collector = '0x4020806089470a89826cB9fB1f4059150b550004'
const tokenDomain = createDomain({ name: 'Test USD', version: '1', chainId: 31337, verifyingContract: token })
const permit2Domain = createDomain({ name: 'Permit2', chainId: 31337, verifyingContract: permit2 })
const batchDomain = createDomain({
  name: 'x402 Batch Settlement',
  version: '1',
  chainId: 31337,
  verifyingContract: settlement,
})

describe('domains (x402 1.2, 20)', () => {
  const table: readonly (readonly [string, Domain, string, string])[] = [
    [
      'token',
      tokenDomain,
      'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)',
      '0xc53ddeec773054caa8597fb91df3887ed57787473e101988906e8e32fb98843b',
    ],
    [
      'Permit2, without version',
      permit2Domain,
      'EIP712Domain(string name,uint256 chainId,address verifyingContract)',
      '0x4d553c58ae79a6c4ba64f0e690a5d1cd2deff8c6b91cf38300e0f2b76f9ee346',
    ],
    [
      'batch settlement',
      batchDomain,
      'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)',
      '0xbf720f8d28a5c76a2f7743512598984fa4b90dd1efdb19af73f64cc6587d68af',
    ],
  ]
  test.each(table)('%s', (_, domain, typeString, separator) => {
    expect(domain.struct.typeString).toBe(typeString)
    expect(Hex.fromBytes(domain.separator)).toBe(separator)
  })
  test('type hashes', () => {
    expect(Hex.fromBytes(tokenDomain.struct.typeHash)).toBe(
      '0x8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f',
    )
    expect(Hex.fromBytes(permit2Domain.struct.typeHash)).toBe(
      '0x8cad95687ba82c2ce50e74f7b754645e5117c3a5bec8151c0726d5857980a866',
    )
  })
})

describe('digests (x402 20, agent-policy 22.6)', () => {
  const deadline = 2_000_000_000
  const channel = '0x3dba7b750189e416712e643b7f71b0f6a79d0cce7f84596a48d48205120ffbce'
  const dollarDomain = createDomain({
    name: 'Turnpike USD',
    version: '1',
    chainId: 402402,
    verifyingContract: '0x7474747474747474747474747474747474747401',
  })
  const table: readonly (readonly [string, Struct, Domain, readonly unknown[], string])[] = [
    [
      'TransferWithAuthorization',
      transfer,
      tokenDomain,
      [payer, payTo, 1000n, 0, deadline, `0x${'11'.repeat(32)}`],
      '0xfe26487dc3c4f7e24e4c5e796eca875b1aeabf9ead5710acd79f6222f3ea8124',
    ],
    [
      'ReceiveWithAuthorization to the collector',
      receive,
      tokenDomain,
      [payer, collector, 10_000n, 0, deadline, '0x22178cf8be0e34ee7a4b5e3f49d647a881cbad3531e8ecc7b0ecfe0b7469cb82'],
      '0x47063da978598661dec7c68f117d2afc3da70dcb9c23ae6c6f7ed51607c3441e',
    ],
    [
      'Permit to Permit2',
      permit,
      tokenDomain,
      [payer, permit2, 1000n, 0n, BigInt(deadline)],
      '0xdf02f27c11c00b8faaaafed21603d3449d66758e3d7e471250a49416fc4a0843',
    ],
    [
      'Voucher',
      voucher,
      batchDomain,
      [channel, 1000n],
      '0xd48e132c94dcd17b21fe7470534f023f2faebbb8db6b5391f5b8d6f75e463053',
    ],
    [
      'Refund',
      refund,
      batchDomain,
      [channel, 0, 500n],
      '0x593c3d5ffb896add60ca16378a0587f58c7322fd1e4aab4b3ebacd1fc5fda980',
    ],
    [
      'TransferWithAuthorization of the agent vector',
      transfer,
      dollarDomain,
      [
        '0x6a21348d86575237664dc3Bb1610c5614Cb255E6',
        '0x1111111111111111111111111111111111111111',
        10_000,
        0,
        1_800_000_300,
        '0x6ab5dc75411aae0f50107ca8bed196cb969b0b3f2a3d3bc798fb6cb0db28e9ac',
      ],
      '0x80a45283483934f08eaf64aac4df11223bccc253562e841db3bff71aa604465e',
    ],
  ]
  test.each(table)('%s', (_, struct, domain, values, expected) => {
    expect(Hex.fromBytes(digest(domain, struct.hash(values)))).toBe(expected)
    expect(viemDigest(struct, domain, values)).toBe(expected)
  })
})

/** What a wallet makes of the object that it would be handed, after a trip through JSON. */
function viemDigest(struct: Struct, domain: Domain, values: readonly unknown[]): string {
  const shown: TypedDataDefinition = JSON.parse(JSON.stringify(typedData(struct, domain, values)))
  return hashTypedData(shown)
}

describe('typedData', () => {
  test('is the whole object that wallets take', () => {
    const values = ['0x' + '0A'.repeat(20), `0x${'11'.repeat(32)}`]
    const cancel = structOf('CancelAuthorization(address authorizer,bytes32 nonce)')
    expect(typedData(cancel, permit2Domain, values)).toEqual({
      domain: { name: 'Permit2', chainId: 31337, verifyingContract: permit2 },
      types: {
        EIP712Domain: [
          { name: 'name', type: 'string' },
          { name: 'chainId', type: 'uint256' },
          { name: 'verifyingContract', type: 'address' },
        ],
        CancelAuthorization: [
          { name: 'authorizer', type: 'address' },
          { name: 'nonce', type: 'bytes32' },
        ],
      },
      primaryType: 'CancelAuthorization',
      message: { authorizer: values[0], nonce: values[1] },
    })
  })
  test('shows integers beyond 2^53 exactly', () => {
    expect(typedData(voucher, batchDomain, [`0x${'00'.repeat(32)}`, (1n << 128n) - 1n]).message).toEqual({
      channelId: `0x${'00'.repeat(32)}`,
      maxClaimableAmount: '340282366920938463463374607431768211455',
    })
  })
  test('shows nothing that cannot be signed', () => {
    expect(() => typedData(voucher, batchDomain, [`0x${'00'.repeat(32)}`, 1n << 128n])).toThrow(
      'Voucher.maxClaimableAmount is not a uint128.',
    )
  })
})

describe('values outside their type', () => {
  const refused: readonly (readonly [FieldType, unknown])[] = [
    ['address', '0x' + '11'.repeat(19)],
    ['address', '0x' + '11'.repeat(21)],
    ['address', '0x' + 'zz'.repeat(20)],
    ['address', 'ab' + '11'.repeat(20)],
    ['address', undefined],
    ['bytes32', '0x' + '11'.repeat(31)],
    ['bytes32', new Uint8Array(32)],
    ['uint32', 2 ** 32],
    ['uint32', -1],
    ['uint32', 0.5],
    ['uint32', Number.NaN],
    ['uint64', 1n << 64n],
    ['uint64', 2 ** 53],
    ['uint64', -1n],
    ['uint128', 1n << 128n],
    ['uint256', 1n << 256n],
    ['uint256', '1'],
    ['string', 1],
    ['string', '\ud800'],
  ]
  test.each(refused)('%s refuses %s', (type, value) => {
    expect(() => createStruct('One', [{ name: 'field', type }]).hash([value])).toThrow(`One.field is not a ${type}.`)
  })
  test('a value too few or too many', () => {
    expect(() => voucher.hash([`0x${'00'.repeat(32)}`])).toThrow('Voucher has 2 fields, but 1 values are given.')
    expect(() => voucher.hash([`0x${'00'.repeat(32)}`, 1, 1])).toThrow('Voucher has 2 fields, but 3 values are given.')
  })
  test('a field named twice', () => {
    const field: Field = { name: 'to', type: 'address' }
    expect(() => createStruct('Twice', [field, field])).toThrow('The struct Twice names a field twice.')
  })
  test('a refused message leaves nothing behind in the next one', () => {
    const values = [`0x${'22'.repeat(32)}`, 7n]
    const before = Hex.fromBytes(voucher.hash(values))
    expect(() => voucher.hash([`0x${'ff'.repeat(32)}`, -1n])).toThrow('Voucher.maxClaimableAmount is not a uint128.')
    voucher.hash([`0x${'ff'.repeat(32)}`, (1n << 128n) - 1n])
    expect(Hex.fromBytes(voucher.hash(values))).toBe(before)
  })
})

/** A type with values that it can hold: the edges, small numbers and anything between. */
const typedValue: fc.Arbitrary<readonly [FieldType, unknown]> = fc.oneof(
  hexOf(20).map((value) => ['address', value] as const),
  hexOf(32).map((value) => ['bytes32', value] as const),
  fc.string({ unit: 'grapheme', maxLength: 300 }).map((value) => ['string', value] as const),
  integerOf('uint32', 32n),
  integerOf('uint64', 64n),
  integerOf('uint128', 128n),
  integerOf('uint256', 256n),
)

function hexOf(length: number): fc.Arbitrary<Hex.Hex> {
  return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Hex.fromBytes(bytes))
}

function integerOf(type: FieldType, bits: bigint): fc.Arbitrary<readonly [FieldType, unknown]> {
  const max = (1n << bits) - 1n
  const numberMax = max > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(max)
  return fc
    .oneof(fc.bigInt({ min: 0n, max }), fc.constantFrom(0n, max, max >> 1n), fc.integer({ min: 0, max: numberMax }))
    .map((value) => [type, value] as const)
}

describe('against viem', () => {
  test('any flat struct in any domain', () => {
    const domains: fc.Arbitrary<DomainFields> = fc.record(
      {
        name: fc.string({ unit: 'grapheme' }),
        chainId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        version: fc.string(),
        verifyingContract: hexOf(20),
      },
      { requiredKeys: ['name', 'chainId'] },
    )
    fc.assert(
      fc.property(domains, fc.array(typedValue, { minLength: 1, maxLength: 12 }), (fields, members) => {
        const domain = createDomain(fields)
        const table = members.map(([type], i): Field => ({ name: `field${i}`, type }))
        const struct = createStruct('Anything', table)
        const values = members.map(([, value]) => value)
        // Twice, because the second message lies in the scratch of the first.
        struct.hash(members.map(([type]) => (type === 'string' ? 'x' : type.startsWith('uint') ? 1 : filled(type))))
        expect(Hex.fromBytes(digest(domain, struct.hash(values)))).toBe(viemDigest(struct, domain, values))
      }),
      { numRuns: 300 },
    )
  })
  test('a separator', () => {
    const types = { EIP712Domain: [...tokenDomain.struct.fields] }
    const { name, version, chainId } = tokenDomain
    expect(Hex.fromBytes(tokenDomain.separator)).toBe(
      hashDomain({ domain: { name, version: version!, chainId, verifyingContract: token }, types }),
    )
  })
})

function filled(type: FieldType): string {
  return '0x' + 'ff'.repeat(type === 'address' ? 20 : 32)
}
