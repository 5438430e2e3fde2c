// Calls to shops that do anything in any order, many at a time, and in the end settle every payment that they were ever shown:
// each call has paid once at most, within its bound, and its budget has counted all of it.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findPayment, getPayment, usd } from '@turnpike/sdk'
import type { LedgerError } from '@turnpike/sdk'
import type { Hash } from '@turnpike/chain/wire'
import { atFacilitator, cent, deliver, demand, offerOf, openHostileShop, openStage, toHeader } from './stage.fixture.ts'
import type { Arrived, Behaviour, Shop, Stage, StagedAgent } from './stage.fixture.ts'

/** Each run is a call; they go together in groups. */
const numRuns = Math.max(1, Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 80) / 40))
const together = { minLength: 30, maxLength: 40 }

const deeds = [
  'deliver',
  'lose',
  'settle and lose',
  'verify and lose',
  'verify, lose and settle later',
  'ask',
  'ask for more',
  'ask for less',
  'settle and ask',
  'settle the first and deliver',
  'verify and ask for more',
  'fail',
  'verify and fail',
  'settle and fail',
  'be busy',
  'settle and be busy',
  'send elsewhere',
  'give',
  'lie',
  'wait',
] as const
type Deed = (typeof deeds)[number]

let stage: Stage
let shop: Shop
let agent: StagedAgent
let payee: string
let scripts: readonly (readonly Deed[])[] = []
const visits = new Map<string, number>()
/** The first payment of each call. */
const firsts = new Map<string, Arrived>()

const settle = async ({ payment }: Arrived): ReturnType<typeof atFacilitator<'settle'>> =>
  atFacilitator(stage, 'settle', payment!)
const verify = async ({ payment }: Arrived): Promise<unknown> => atFacilitator(stage, 'verify', payment!)

/** What a shop does: something with the payment, then something with the request. */
const act: Behaviour = async (arrived, response, request) => {
  const call = new URL(arrived.path, 'http://shop').pathname.slice(1)
  if (arrived.payment === undefined) return demand(response, [offerOf(payee, cent)])
  const first = firsts.get(call) ?? arrived
  firsts.set(call, first)
  const visit = visits.get(call) ?? 0
  visits.set(call, visit + 1)
  const script = scripts[Number(call.split('-')[1])]!
  const deed = script[Math.min(visit, script.length - 1)]!
  if (deed.startsWith('verify')) await verify(arrived)
  const taken = deed.includes('first') ? first : arrived
  const settled = deed.startsWith('settle') || deed === 'deliver' ? await settle(taken) : undefined
  if (deed.endsWith('deliver'))
    return settled!.success ? deliver(response, settled!) : demand(response, [offerOf(payee, cent)])
  if (deed.includes('lose')) {
    request.socket.destroy()
    if (deed.endsWith('later')) setTimeout(() => void settle(arrived), 100)
  } else if (deed.endsWith('ask')) demand(response, [offerOf(payee, cent)])
  else if (deed.endsWith('more')) demand(response, [offerOf(payee, BigInt(visit + 2) * cent)])
  else if (deed.endsWith('less')) demand(response, [offerOf(payee, 1n)])
  else if (deed.endsWith('fail')) response.writeHead(500).end()
  else if (deed.endsWith('busy')) response.writeHead(503, { 'retry-after': '0' }).end()
  else if (deed === 'send elsewhere') response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
  else if (deed === 'give') response.end('here')
  else if (deed === 'lie') response.writeHead(200, { 'PAYMENT-RESPONSE': toHeader({ success: true }) }).end('here')
}

beforeAll(async () => {
  stage = await openStage()
  shop = await openHostileShop(act)
})
afterAll(async () => {
  await shop.close()
  await stage.close()
})

const outcomes: readonly string[] = [
  'sdk/price_changed',
  'sdk/not_accepted',
  'sdk/outcome_unknown',
  'sdk/paid_without_answer',
  'sdk/over_budget',
  'sdk/seller_timeout',
]

/** With these nothing may have arrived: on a busy machine the first request may come too late, with a payment if the price was known. */
const unseen: ReadonlySet<string | undefined> = new Set([
  'sdk/seller_timeout',
  'sdk/over_budget',
  'sdk/outcome_unknown',
])

type Called = {
  readonly code: string | undefined
  readonly nonces: ReadonlySet<string>
  readonly outcome: string | undefined
}

it('T20 T120 T128 pays once for a call at most, whatever a shop does', async () => {
  let round = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.constantFrom(...deeds), { minLength: 1, maxLength: 4 }), together),
      async (given) => {
        scripts = given
        const name = `${++round}`
        agent = await stage.newAgent()
        payee = stage.newPayee().address
        const total = usd('0.60')
        const payingFetch = agent.payingFetch({
          budget: { perCall: 2n * cent, total },
          timeoutMs: 400,
          deadlineMs: 1_500,
        })
        const call = async (i: number): Promise<Called> => {
          const path = `/${name}-${i}`
          const method = i % 3 === 0 ? 'POST' : 'GET'
          const isKnown = i % 2 === 0
          const buy = async (): Promise<Response> => {
            if (isKnown) await payingFetch.quote(shop.url + path, { method })
            return payingFetch(shop.url + path, { method })
          }
          const [code, outcome] = await buy().then(
            (response) => [undefined, findPayment(response)?.outcome] as const,
            (error: LedgerError) => [error.code, undefined] as const,
          )
          const nonces = shop.arrived.flatMap((each) =>
            each.path === path && each.payment !== undefined ? [nonceOf(each)] : [],
          )
          return { code, outcome, nonces: new Set(nonces) }
        }
        const called = await Promise.all(given.map((_, i) => call(i)))
        const before = await Promise.all(called.map(paidFor))
        for (const [i, { code, outcome, nonces }] of called.entries()) {
          if (code !== undefined) expect(outcomes).toContain(code)
          // On a busy machine the very first answer may come too late: then nothing was signed.
          const signedMin = unseen.has(code) ? 0 : 1
          expect(nonces.size, String(given[i])).toBeGreaterThanOrEqual(signedMin)
          expect(nonces.size, String(given[i])).toBeLessThanOrEqual(code === 'sdk/seller_timeout' ? 0 : 1)
          if (code === 'sdk/paid_without_answer' || outcome === 'settled') expect(before[i]).toBeGreaterThan(0n)
        }
        const { spent, open } = payingFetch.spending()
        const seen = shop.arrived
          .filter(({ path }) => path.startsWith(`/${name}-`))
          .filter(({ payment }) => payment !== undefined)
        for (const each of seen) await settle(each)
        const after = await Promise.all(called.map(paidFor))
        for (const paid of after) expect(paid).toBeLessThanOrEqual(2n * cent)
        const sum = after.reduce((all, paid) => all + paid, 0n)
        expect(await agent.paid()).toBe(sum)
        expect(sum).toBeLessThanOrEqual(spent + open)
        expect(spent + open).toBeLessThanOrEqual(60n * cent)
      },
    ),
    // Each run takes as long as its slowest call: a smaller example would take too many of them.
    { numRuns, endOnFailure: true },
  )
})

function nonceOf({ payment }: Arrived): string {
  return (payment!.payload['authorization'] as { readonly nonce: string }).nonce
}

/** What was paid under the nonces of a call, by the ledger's word. */
async function paidFor({ nonces }: Called): Promise<bigint> {
  const payer = agent.key.address
  const found = await Promise.all(
    [...nonces].map((nonce) => getPayment(stage.client, { payer, nonce: nonce as Hash.Hash })),
  )
  return found.reduce((sum, { receipt }) => sum + (receipt?.payment?.amount ?? 0n), 0n)
}
