// The budget of a paying fetch against shops that say one thing and take another: it never counts less than was paid.
import type { SettleResponse } from '@x402/core/types'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createPayingFetch, usd } from '@turnpike/sdk'
import type { Account } from '@turnpike/sdk'
import { atFacilitator, cent, deliver, demand, offerOf, openScene, openStage } from './stage.fixture.ts'
import type { Arrived, Behaviour, Shop, Stage, StagedAgent } from './stage.fixture.ts'

let stage: Stage
let shop: Shop
let agent: StagedAgent
let payee: string

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())
afterEach(() => shop.close())

async function open(paid: Behaviour, unpaid?: Behaviour): Promise<void> {
  ;({ agent, payee, shop } = await openScene(stage, { paid, unpaid }))
}

type Named = { readonly nonce: string; readonly validBefore: string }

/** What the only payment that arrived says. */
function authorization(): Named {
  return shop.arrived.find(({ payment }) => payment !== undefined)!.payment!.payload['authorization'] as Named
}

const settle = async ({ payment }: Arrived): Promise<SettleResponse> => atFacilitator(stage, 'settle', payment!)

/** A shop that once sold for five cents, asks for one unit now, and settles which of both payments it is told to. */
async function openCheaper(taken: 'first' | 'last'): Promise<void> {
  let price = 5n * cent
  const shown: Arrived[] = []
  await open(
    async (arrived, response) => {
      shown.push(arrived)
      if (shown.length === 1) deliver(response, await settle(arrived))
      else if (shown.length === 2) demand(response, [offerOf(payee, (price = 1n))])
      else deliver(response, await settle(shown[taken === 'first' ? 1 : 2]!))
    },
    (_arrived, response) => demand(response, [offerOf(payee, price)]),
  )
}

it('T20 counts the dearest that was signed when a shop asks for less and takes the first', async () => {
  await openCheaper('first')
  const payingFetch = agent.payingFetch({ budget: { perCall: usd('0.05'), total: usd('0.12') } })
  for (let call = 0; call < 2; call++) expect((await payingFetch(`${shop.url}/thing`)).status).toBe(200)
  expect(await agent.paid()).toBe(10n * cent)
  expect(payingFetch.spending()).toEqual({ spent: 10n * cent, open: 0n, left: 2n * cent })
})

it('counts what the ledger says in the place of what a shop said', async () => {
  await openCheaper('last')
  const payingFetch = agent.payingFetch()
  await payingFetch(`${shop.url}/thing`)
  const named = { callId: 'order 1' }
  await payingFetch(`${shop.url}/thing`, named)
  expect(payingFetch.spending()).toMatchObject({ spent: 10n * cent, open: 0n })
  await payingFetch(`${shop.url}/thing`, named)
  expect(await agent.paid()).toBe(5n * cent + 1n)
  expect(payingFetch.spending()).toMatchObject({ spent: 5n * cent + 1n, open: 0n })
})

it('T22 a redirect after the payment names the payment that may still be taken', async () => {
  await open((_arrived, response) => void response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end())
  const payingFetch = agent.payingFetch()
  const error = await payingFetch(`${shop.url}/thing`).catch((reason: unknown) => reason)
  const { nonce } = authorization()
  expect(error).toMatchObject({
    code: 'sdk/outcome_unknown',
    values: { amount: cent, nonce },
    cause: { code: 'sdk/redirect_refused' },
  })
  expect(payingFetch.spending()).toMatchObject({ spent: 0n, open: cent })
})

it('fixes the end of a payment when it is signed, and not when that fails and is tried again later', async () => {
  let maxTimeoutSeconds = 1
  await open(
    async (arrived, response) => deliver(response, await settle(arrived)),
    (_arrived, response) => demand(response, [offerOf(payee, cent, { maxTimeoutSeconds })]),
  )
  let isBroken = true
  const sign: Account['sign'] = async (digest) => {
    if (isBroken) throw new Error('the vault is closed')
    return agent.key.sign(digest)
  }
  const payingFetch = createPayingFetch(stage.client, { signer: { ...agent.key, sign }, budget: { perCall: cent } })
  const named = { callId: 'order 1' }
  await expect(payingFetch(`${shop.url}/thing`, named)).rejects.toThrow('the vault is closed')
  ;[isBroken, maxTimeoutSeconds] = [false, 60]
  const triedAtSeconds = Date.now() / 1_000
  await payingFetch.quote(`${shop.url}/thing`)
  expect((await payingFetch(`${shop.url}/thing`, named)).status).toBe(200)
  expect(Number(authorization().validBefore)).toBeGreaterThan(triedAtSeconds + 50)
  expect(await agent.paid()).toBe(cent)
})
