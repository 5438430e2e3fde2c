// Calls with names of their callers' own: one name is one purchase, for as long as it could be paid twice.
import type { SettleResponse } from '@x402/core/types'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { atFacilitator, cent, deliver, demand, offerOf, openScene, openStage } from './stage.fixture.ts'
import type { Arrived, Behaviour, Scene, Shop, Stage, StagedAgent } from './stage.fixture.ts'

let stage: Stage
let shop: Shop
let agent: StagedAgent
let payee: string
let credentials: Scene['credentials']

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())
afterEach(() => shop.close())

/** A shop that asks for money at `/thing`, and gives away everything else. */
async function open(paid: Behaviour): Promise<void> {
  const unpaid: Behaviour = ({ path }, response) =>
    path === '/thing' ? demand(response, [offerOf(payee, cent)]) : void response.end('free')
  ;({ agent, payee, shop, credentials } = await openScene(stage, { paid, unpaid }))
}

const settle = async ({ payment }: Arrived): Promise<SettleResponse> => atFacilitator(stage, 'settle', payment!)

/** Calls what is free under so many names. */
async function callOthers(
  payingFetch: ReturnType<StagedAgent['payingFetch']>,
  [from, to]: [number, number],
): Promise<void> {
  for (let next = from; next < to; next += 50) {
    const group = Array.from({ length: Math.min(50, to - next) }, (_, i) => `other ${next + i}`)
    await Promise.all(group.map(async (callId) => (await payingFetch(`${shop.url}/free`, { callId })).text()))
  }
}

it('T120 a name whose payment may still be made is kept, however many come after it', async () => {
  let losses = 0
  await open(async (arrived, response, request) => {
    if (losses++ === 0) return void request.socket.destroy()
    deliver(response, await settle(arrived))
  })
  const payingFetch = agent.payingFetch()
  const order = { method: 'POST', body: 'order', callId: 'order 1' }
  await expect(payingFetch(`${shop.url}/thing`, order)).rejects.toMatchObject({ code: 'sdk/outcome_unknown' })
  await callOthers(payingFetch, [0, 1_001])
  expect((await payingFetch(`${shop.url}/thing`, order)).status).toBe(200)
  expect([credentials().length, new Set(credentials()).size]).toEqual([2, 1])
  expect(await agent.paid()).toBe(cent)
})

it('T120 a name that is used again is not the next one to be forgotten', async () => {
  const answers = new Map<string, SettleResponse>()
  await open(async (arrived, response) => {
    const settled = answers.get(arrived.credential!) ?? (await settle(arrived))
    answers.set(arrived.credential!, settled)
    deliver(response, settled)
  })
  const payingFetch = agent.payingFetch()
  const order = { callId: 'order 1' }
  // Once it was looked up, the ledger has said that it is paid.
  for (let call = 0; call < 2; call++) expect((await payingFetch(`${shop.url}/thing`, order)).status).toBe(200)
  await callOthers(payingFetch, [0, 999])
  expect((await payingFetch(`${shop.url}/thing`, order)).status).toBe(200)
  await callOthers(payingFetch, [999, 1_400])
  expect((await payingFetch(`${shop.url}/thing`, order)).status).toBe(200)
  expect(new Set(credentials()).size).toBe(1)
  await callOthers(payingFetch, [1_400, 2_401])
  expect((await payingFetch(`${shop.url}/thing`, order)).status).toBe(200)
  expect(new Set(credentials()).size).toBe(2)
  expect(await agent.paid()).toBe(2n * cent)
})

it('T120 who loses patience while another call of its name is under way sends nothing', async () => {
  const arrivedOnce = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  await open(async (arrived, response) => {
    arrivedOnce.resolve()
    await goOn.promise
    deliver(response, await settle(arrived))
  })
  const payingFetch = agent.payingFetch()
  const first = payingFetch(`${shop.url}/thing`, { callId: 'order 1' })
  await arrivedOnce.promise
  const impatient = new AbortController()
  const second = payingFetch(`${shop.url}/thing`, { callId: 'order 1', signal: impatient.signal })
  impatient.abort(new Error('enough'))
  await expect(second).rejects.toThrow('enough')
  expect(credentials()).toHaveLength(1)
  // A name under way is not forgotten either: whoever calls it waits, and has the answer to the same payment.
  await callOthers(payingFetch, [0, 1_001])
  const third = payingFetch(`${shop.url}/thing`, { callId: 'order 1' })
  goOn.resolve()
  expect([(await first).status, (await third).status]).toEqual([200, 200])
  expect([credentials().length, new Set(credentials()).size]).toEqual([2, 1])
  expect(await agent.paid()).toBe(cent)
})
