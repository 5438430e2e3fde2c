// Holds the signer of the load against a published vector and the reference library, so that both sides of a
// measurement are asked to accept a real payment.
import { hashTypedData } from 'viem'
import { expect, test } from 'vitest'
import { authorizationDigest, createPayer, createPayments, domainSeparator, dollar, signDigest } from './payments.ts'

test('EIP-3009 digest and signature equal the published vector', () => {
  const token = {
    address: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
    name: 'Test USD',
    version: '1',
    chainId: 31337,
  }
  const authorization = {
    from: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
    to: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
    value: 1000n,
    validAfter: 0,
    validBefore: 2_000_000_000,
    nonce: `0x${'11'.repeat(32)}`,
  }
  const digest = authorizationDigest(authorization, domainSeparator(token))
  expect(Buffer.from(digest).toString('hex')).toBe('fe26487dc3c4f7e24e4c5e796eca875b1aeabf9ead5710acd79f6222f3ea8124')
  const key = Buffer.from('ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80', 'hex')
  expect(signDigest(digest, key)).toBe(
    '0x896cf473dd71346461fcebaf0d7a68a16756d299a2603ff5dccc4be2a89f94490318c0a5489893210394f3abf9992fbd952b731901e005d8ff8ce6915c7ba7ae1c',
  )
})

test('the digest of the dollar equals that of viem', () => {
  const authorization = {
    from: createPayer('digest', 0).address,
    to: createPayer('digest', 1).address,
    value: 2n ** 128n - 1n,
    validAfter: 1,
    validBefore: 1_900_000_000,
    nonce: `0x${'5a'.repeat(32)}`,
  }
  const { address, ...domain } = dollar
  const field = (name: string, type: string): { name: string; type: string } => ({ name, type })
  const expected = hashTypedData({
    domain: { ...domain, verifyingContract: address as `0x${string}` },
    primaryType: 'TransferWithAuthorization',
    types: {
      TransferWithAuthorization: [
        field('from', 'address'),
        field('to', 'address'),
        field('value', 'uint256'),
        field('validAfter', 'uint256'),
        field('validBefore', 'uint256'),
        field('nonce', 'bytes32'),
      ],
    },
    message: authorization,
  })
  expect(`0x${Buffer.from(authorizationDigest(authorization, domainSeparator(dollar))).toString('hex')}`).toBe(expected)
})

test('the same seed gives the same payments, another run other nonces', () => {
  const payers = [createPayer('same', 0), createPayer('same', 1)]
  const options = {
    count: 4,
    payers,
    payees: ['0x70997970C51812dc3A010C7d01b50e0d17dc79C8'],
    value: 1n,
    validBefore: 1,
  }
  const first = createPayments({ ...options, run: 'a' })
  expect(createPayments({ ...options, run: 'a' })).toEqual(first)
  const nonces = [...first, ...createPayments({ ...options, run: 'b' })].map((payment) => payment.nonce)
  expect(new Set(nonces).size).toBe(8)
})
