// What is signed here is what a wallet signs: held against viem, which shares no line with us.
import { describe, expect, it } from 'vitest'
import { hashTypedData, keccak256, recoverAddress, stringToHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { typedData, nativeDomain, Hash, type Op } from '@turnpike/chain/wire'
import { agentAddress, keyProof } from '@turnpike/chain/wire/accounts'
import * as payments from '@turnpike/chain/wire/payments'
import * as policy from '@turnpike/chain/wire/policy'
import * as token from '@turnpike/chain/wire/token'
import { generatePrivateKey, privateKeyAccount } from './account.ts'
import { keyProofDigest } from './actions/createAgent.ts'
import { saltOfName } from './agentName.ts'
import { chainAnswer, clientOver, dollar } from './chainAnswer.fixture.ts'
import { documentOf, signDocument } from './policyDocument.ts'
import { randomHash, signAuthorization, signNative } from './sign.ts'

const hex = '0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318'
const signer = privateKeyAccount(hex)
const agentKey = privateKeyAccount('0x8da4ef21b864d2cc526dbdb2a120bd2874c36c9d0a1fb7f8c63d7f7a8b41de8f')
const client = clientOver(() => Response.json(chainAnswer()))

/** The digest as viem computes it, from the same object that a wallet is shown. */
function viemHash(of: Op): string {
  const { struct, signedValues, family } = of.definition
  const domain =
    family === 'native'
      ? { name: 'Turnpike', version: '1', chainId: 402402 }
      : { name: 'Turnpike USD', version: '1', chainId: 402402, verifyingContract: dollar as `0x${string}` }
  const values = signedValues(of.message)
  const message = Object.fromEntries(struct.fields.map(({ name }, i) => [name, values[i]]))
  return hashTypedData({ domain, types: { [struct.name]: struct.fields }, primaryType: struct.name, message })
}

describe('signed operations', () => {
  it('have the digests and signers that viem finds', async () => {
    const chain = await client.chain()
    const signed = signDocument(chain, documentOf(chain, {}))
    const pay = { asset: chain.assets[0]!.address, amount: 1_000n, reference: randomHash() }
    const change = { agent: agentKey.address, baseVersion: 1, ...signed }
    const ops = [
      await signNative(client, payments.charge, { payee: agentKey.address, ...pay }, { signer }),
      await signNative(client, token.transfer, { to: agentKey.address, ...pay }, { signer }),
      await signNative(client, policy.freeze, { agent: agentKey.address }, { signer }),
      await signNative(client, policy.tightenPolicy, change, { signer }),
      await signNative(
        client,
        policy.createAgent,
        { salt: saltOfName('a'), key: agentKey.address, ...signed },
        { signer, proofs: [agentKey] },
      ),
      await signAuthorization(
        client,
        payments.cancelAuthorization,
        { asset: chain.assets[0]!.address, authorizer: signer.address, nonce: randomHash() },
        signer,
      ),
    ]
    for (const op of ops) {
      expect(op.digest).toBe(viemHash(op))
      const signature = `0x${Buffer.from(op.signatures[0]!.bytes).toString('hex')}` as const
      expect((await recoverAddress({ hash: op.digest, signature })).toLowerCase()).toBe(signer.address)
    }
  })

  it('carry the proof of an agent key, over KeyProof of owner, salt and key', async () => {
    const data = typedData(keyProof, nativeDomain(402402), [signer.address, saltOfName('a'), agentKey.address])
    const { domain, types, primaryType, message } = data
    const expected = hashTypedData({
      domain,
      types,
      primaryType,
      message,
    })
    expect(await keyProofDigest(client, { owner: signer.address, name: 'a', key: agentKey.address })).toBe(expected)
  })

  it('are valid for a minute and have a nonce of their own', async () => {
    const before = Date.now()
    const [first, second] = [
      await signNative(client, policy.freeze, { agent: agentKey.address }, { signer }),
      await signNative(client, policy.freeze, { agent: agentKey.address }, { signer }),
    ]
    const validBefore = first.message['validBefore'] as number
    expect(validBefore).toBeGreaterThanOrEqual(before + 60_000)
    expect(validBefore).toBeLessThanOrEqual(Date.now() + 60_000)
    expect(first.message['nonce']).not.toBe(second.message['nonce'])
  })

  it('T98 are not made for another chain than the one insisted on, nor after the node changes chains', async () => {
    const pinned = clientOver(() => Response.json(chainAnswer({ chainId: 1 })), { chainId: 402402 })
    await expect(signNative(pinned, policy.freeze, { agent: agentKey.address }, { signer })).rejects.toMatchObject({
      code: 'sdk/wrong_chain',
    })
    let chainId = 402402
    const moving = clientOver(() => Response.json(chainAnswer({ chainId })))
    await moving.chain()
    chainId = 84532
    await expect(moving.refresh()).rejects.toMatchObject({
      code: 'sdk/wrong_chain',
      values: { expected: 402402, found: 84532 },
    })
  })
})

describe('local keys', () => {
  it('T178 sign as viem signs, and the same way twice', async () => {
    const digest = Hash.parse(keccak256(stringToHex('turnpike')))!
    const theirs = privateKeyToAccount(hex)
    expect(signer.address).toBe(theirs.address.toLowerCase())
    expect(await signer.sign(digest)).toBe(await theirs.sign({ hash: digest }))
    expect(await signer.sign(digest)).toBe(await signer.sign(digest))
  })

  it('are fresh each time, and refused when they are none, without being repeated', () => {
    const [one, two] = [generatePrivateKey(), generatePrivateKey()]
    expect(one).not.toBe(two)
    expect(privateKeyToAccount(one).address.toLowerCase()).toBe(privateKeyAccount(one).address)
    for (const bad of ['', '0x12', `0x${'0'.repeat(64)}`, `0x${'f'.repeat(64)}`, 'f'.repeat(64)]) {
      expect(() => privateKeyAccount(bad)).toThrow(expect.objectContaining({ code: 'sdk/key_invalid' }))
    }
    const secret = `0x${'f'.repeat(64)}`
    expect(() => privateKeyAccount(secret)).not.toThrow(secret)
  })
})

describe('names of agents', () => {
  it('lead to one address per owner', () => {
    expect(saltOfName('Ä')).toBe(keccak256(stringToHex('Ä')))
    const salt = saltOfName('research')
    const tag = Buffer.from('turnpike/agent/v1').toString('hex')
    const hashed = keccak256(`0x${tag}${signer.address.slice(2)}${salt.slice(2)}`)
    expect(agentAddress(signer.address, salt)).toBe(`0x${hashed.slice(-40)}`)
  })
})
