// Every action of the client against a real node, and what each moved, asked of the ledger afterwards.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createConfig, startNode, type Node } from '@turnpike/node'
import {
  agentAddress,
  cancelAuthorization,
  charge,
  checkPayment,
  createAgent,
  createClient,
  freezeAgent,
  generatePrivateKey,
  getAccount,
  getAgent,
  getBalance,
  getChain,
  getPayment,
  getPayments,
  getPolicy,
  getReceipt,
  getRefusals,
  PaymentRefused,
  privateKeyAccount,
  randomHash,
  refundPayment,
  requestFaucet,
  saltOfName,
  sendTransfer,
  setPolicy,
  submitOperation,
  sweepAgent,
  unfreezeAgent,
  usd,
  watchBlocks,
  type Account,
  type BlockNotice,
  type Client,
} from '@turnpike/sdk'

let node: Node
let home: string
let client: Client

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'turnpike-sdk-'))
  node = await startNode(createConfig({ home, port: 0, dev: true, logLevel: 'error', segmentBytes: 2_097_152 }))
  client = createClient({ url: node.url, chainId: 402402 })
})

afterAll(async () => {
  await node.close()
  await rm(home, { recursive: true })
})

const newKey = (): Account => privateKeyAccount(generatePrivateKey())

async function fundedOwner(): Promise<Account> {
  const owner = newKey()
  await requestFaucet(client, { address: owner.address, amount: usd('5') })
  return owner
}

/** An owner with an agent that has a dollar and may spend 10 cents, 5 at a time. */
async function ownedAgent(): Promise<{ readonly owner: Account; readonly key: Account; readonly agent: string }> {
  const [owner, key] = [await fundedOwner(), newKey()]
  const budget = { perCall: usd('0.05'), lifetime: usd('0.10') }
  const { agent } = await createAgent(client, { owner, name: 'buyer', key, budget })
  await sendTransfer(client, { signer: owner, to: agent, amount: usd('1') })
  return { owner, key, agent }
}

const balanceOf = async (account: string): Promise<bigint> => (await getBalance(client, { account })).available

describe('owners', () => {
  it('are funded, send, and see both sides', async () => {
    const [owner, other] = [await fundedOwner(), newKey()]
    expect((await getAccount(client, { address: other.address })).kind).toBe('none')
    const receipt = await sendTransfer(client, { signer: owner, to: other.address, amount: usd('1.25') })
    expect(receipt).toMatchObject({
      type: 'token/transfer',
      payment: { payer: owner.address, payee: other.address, amount: 1_250_000n, toll: 0n },
    })
    expect(await balanceOf(owner.address)).toBe(3_750_000n)
    expect(await balanceOf(other.address)).toBe(1_250_000n)
    expect((await getChain(client)).height).toBeGreaterThanOrEqual(receipt.height)
    expect((await getReceipt(client, { operation: receipt.operation })).receipt).toEqual(receipt)
  })

  it('pay with a toll from the payee, and take back at most what was paid', async () => {
    const [buyer, seller] = [await fundedOwner(), newKey()]
    const paid = await charge(client, { signer: buyer, payee: seller.address, amount: usd('2') })
    expect(paid.payment).toMatchObject({ amount: 2_000_000n, toll: 2_000n })
    expect(await balanceOf(seller.address)).toBe(1_998_000n)
    const { operation } = paid
    const refund = await refundPayment(client, { signer: seller, operation, amount: usd('0.5') })
    expect(refund).toMatchObject({ amount: 500_000n, refunded: 500_000n, paid: 2_000_000n, isRepeat: false })
    await expect(refundPayment(client, { signer: seller, operation, amount: usd('1.6') })).rejects.toMatchObject({
      code: 'sdk/refund_too_much',
      values: { paid: 2_000_000n, refunded: 500_000n, left: 1_500_000n, asked: 1_600_000n },
    })
    expect(await balanceOf(buyer.address)).toBe(3_500_000n)
    expect(await balanceOf(seller.address)).toBe(1_498_000n)
    const past = await getPayments(client, { account: seller.address })
    expect(past.map(({ type }) => type)).toEqual(['payments/refund', 'payments/charge'])
  })

  it('cancel a nonce, whose outcome is then known', async () => {
    const owner = await fundedOwner()
    const nonce = randomHash()
    expect(await getPayment(client, { payer: owner.address, nonce })).toMatchObject({ status: 'unknown' })
    await cancelAuthorization(client, { signer: owner, nonce })
    expect(await getPayment(client, { payer: owner.address, nonce })).toMatchObject({ status: 'cancelled' })
  })

  it('are told why money did not move, with the operation that did not move it', async () => {
    const owner = await fundedOwner()
    const refused = sendTransfer(client, { signer: owner, to: newKey().address, amount: usd('6') })
    await expect(refused).rejects.toBeInstanceOf(PaymentRefused)
    await expect(refused).rejects.toMatchObject({
      code: 'bank/balance',
      retry: 'later',
      values: { available: '5000000', needed: '6000000' },
    })
    const error = (await refused.catch((reason: unknown) => reason)) as PaymentRefused
    await requestFaucet(client, { address: owner.address, amount: usd('1') })
    // The same bytes are judged afresh, and once they have succeeded for ever answered with the same receipt.
    const first = await submitOperation(client, error.operation!)
    expect(await submitOperation(client, error.operation!)).toEqual(first)
    expect(await balanceOf(owner.address)).toBe(0n)
  })
})

describe('agents', () => {
  it('stand where their owner and name say, and spend to exactly the end of their budget', async () => {
    const { owner, key, agent } = await ownedAgent()
    const seller = newKey()
    expect(agent).toBe(agentAddress(owner.address, saltOfName('buyer')))
    expect(await getAccount(client, { address: key.address })).toEqual({
      account: agent,
      kind: 'agent',
      owner: owner.address,
    })
    const pay = (text: string): Promise<unknown> =>
      charge(client, { signer: key, payee: seller.address, amount: usd(text) })
    await expect(pay('0.050001')).rejects.toMatchObject({ code: 'policy/cap_payment' })
    await pay('0.05')
    const check = { account: key.address, payee: seller.address, signer: key }
    expect(await checkPayment(client, { ...check, amount: usd('0.05') })).toMatchObject({ decision: 'allow' })
    await pay('0.05')
    expect(await checkPayment(client, { ...check, amount: 1n })).toMatchObject({
      decision: 'deny',
      code: 'policy/cap_lifetime',
      capId: 'life',
    })
    await expect(pay('0.000001')).rejects.toMatchObject({ code: 'policy/cap_lifetime' })
    expect(await balanceOf(agent)).toBe(900_000n)
    const { caps, sentence, status } = await getAgent(client, { agent, signer: owner })
    expect(caps).toMatchObject([
      { id: 'payment', remaining: 50_000n },
      { id: 'life', used: 100_000n, remaining: 0n },
    ])
    expect({ sentence, status }).toMatchObject({
      status: 'active',
      sentence: expect.stringContaining('0.00 USD') as string,
    })
    const refusals = await getRefusals(client, { account: agent, signer: owner })
    expect(refusals.map(({ code }) => code)).toEqual(['policy/cap_lifetime', 'policy/cap_payment'])
  })

  it('stop at once when frozen, go on when unfrozen, and can be emptied', async () => {
    const { owner, key, agent } = await ownedAgent()
    const pay = (): Promise<unknown> => charge(client, { signer: key, payee: newKey().address, amount: usd('0.01') })
    expect((await freezeAgent(client, { agent, owner })).holds).toEqual([])
    await expect(pay()).rejects.toMatchObject({ code: 'policy/frozen', retry: 'owner' })
    const { receipt, effectiveAtMs } = await unfreezeAgent(client, { agent, owner })
    expect(effectiveAtMs).toBe(receipt.timeMs)
    await pay()
    expect((await sweepAgent(client, { agent, owner })).payment?.amount).toBe(990_000n)
    expect(await balanceOf(agent)).toBe(0n)
    await expect(sweepAgent(client, { agent, owner })).rejects.toMatchObject({ code: 'sdk/nothing_to_sweep' })
  })

  it('are tightened at once and loosened by proposal', async () => {
    const { owner, agent } = await ownedAgent()
    const before = await getPolicy(client, { agent, signer: owner })
    const tighter = await setPolicy(client, { agent, owner, budget: { perCall: usd('0.02'), lifetime: usd('0.10') } })
    expect(tighter).toMatchObject({ change: 'tightened', effectiveAtMs: tighter.receipt.timeMs })
    const wider = await setPolicy(client, { agent, owner, budget: { perCall: usd('0.05'), lifetime: usd('0.20') } })
    expect(wider).toMatchObject({ change: 'proposed', loosens: expect.stringContaining('payment') as string })
    const after = await getPolicy(client, { agent, signer: owner })
    expect(after.version).toBe(before.version + 2)
    expect(after.document.caps.map(({ maxAmount }) => maxAmount)).toEqual([50_000n, 200_000n])
  })

  it('name the field of a policy that is not valid', async () => {
    const document = { caps: [], colour: 'red' }
    await expect(createAgent(client, { owner: newKey(), name: 'x', key: newKey(), document })).rejects.toMatchObject({
      code: 'policy/policy_invalid',
      message: expect.stringContaining('colour') as string,
    })
  })
})

it('T98 a client that insists on another chain signs nothing', async () => {
  const other = createClient({ url: node.url, chainId: 8453 })
  await expect(sendTransfer(other, { signer: newKey(), to: newKey().address, amount: 1n })).rejects.toMatchObject({
    code: 'sdk/wrong_chain',
  })
})

it('blocks are watched from behind a height, each once', async () => {
  const { height } = await getChain(client)
  const [owner, other] = [await fundedOwner(), newKey()]
  await charge(client, { signer: owner, payee: other.address, amount: 1_000n })
  const seen: BlockNotice[] = []
  for await (const block of watchBlocks(client, { afterHeight: height })) {
    seen.push(block)
    if (seen.length === 2) break
  }
  expect(seen.map((block) => block.height)).toEqual([height + 1, height + 2])
  expect(seen[1]!.payments).toMatchObject([{ payer: owner.address, payee: other.address, amount: 1_000n, toll: 1n }])
})

describe('what is private', () => {
  it('is told to the account, its owner and the operator, and to nobody else', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'turnpike-sdk-'))
    const reachable = {
      home: directory,
      port: 0,
      dev: true,
      devPublic: true,
      host: '0.0.0.0',
      logLevel: 'error',
    } as const
    const guarded = await startNode(createConfig({ ...reachable, segmentBytes: 2_097_152 }))
    try {
      const url = `http://127.0.0.1:${guarded.port}`
      const open = createClient({ url })
      const [owner, key, stranger] = [newKey(), newKey(), newKey()]
      await requestFaucet(open, { address: owner.address, amount: usd('1') })
      const { agent } = await createAgent(open, { owner, name: 'private', key })
      const ask = async (from: Client, signer?: Account): Promise<unknown> =>
        (await getAgent(from, { agent, ...(signer && { signer }) })).account
      const token = new URL(guarded.pagesUrl).hash.slice(1)
      expect(await ask(open, owner)).toBe(agent)
      expect(await ask(open, key)).toBe(agent)
      expect(await ask(createClient({ url, token }))).toBe(agent)
      for (const signer of [stranger, undefined])
        await expect(ask(open, signer)).rejects.toMatchObject({ code: 'accounts/not_yours' })
      await expect(ask(createClient({ url, token: 'guessed' }))).rejects.toMatchObject({
        code: 'gateway/unknown_token',
      })
      const check = { account: agent, payee: stranger.address, amount: usd('1') }
      await expect(checkPayment(open, { ...check, signer: stranger })).rejects.toMatchObject({
        code: 'accounts/not_yours',
      })
      expect(await checkPayment(open, { ...check, signer: key })).toMatchObject({
        decision: 'deny',
        code: 'policy/cap_payment',
      })
      expect(await getRefusals(open, { account: agent, signer: key })).toEqual([])
      await expect(getRefusals(open, { account: agent, signer: stranger })).rejects.toMatchObject({
        code: 'accounts/not_yours',
      })
    } finally {
      await guarded.close()
      await rm(directory, { recursive: true })
    }
  })
})
