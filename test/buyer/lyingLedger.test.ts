// A ledger that answers late, twice, wrongly or not at all when our client asks what became of its payment: at most one payment, of what
// was agreed, whatever the shop did, and a typed outcome each time.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient, createPayingFetch, findPayment, usd } from '@turnpike/sdk'
import type { LedgerError } from '@turnpike/sdk'
import { atFacilitator, cent, demand, deliver, dollar, offerOf, openHostileShop, openStage } from './stage.fixture.ts'
import type { Behaviour, Shop, Stage } from './stage.fixture.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

type Lie = (path: string, truth: () => Promise<Response>, payee: string) => Promise<Response>

const say = (body: unknown, status = 200): Promise<Response> => Promise.resolve(Response.json(body, { status }))
const zero = `0x${'00'.repeat(32)}`

/** A receipt as a node would tell it, of a payment that need not be. */
function receiptOf(path: string, payee: string, amount = cent): unknown {
  const [, , asset, payer] = path.split('/')
  const payment = { payer, account: payer, payee, asset, amount: String(amount), toll: '0' }
  const place = { height: 1, sequence: 1, time: 1_800_000_000_000, policyVersion: 1 }
  return { op: zero, type: 'payments/transferWithAuthorization', kind: 'payment', payment, reference: zero, ...place }
}

const held = 'says that it is held'
const lies: { readonly [name: string]: Lie } = {
  'tells the truth': (_, truth) => truth(),
  'does not answer': () => new Promise(() => undefined),
  'hangs up': () => Promise.reject(new TypeError('fetch failed')),
  'is broken': () => say({}, 500),
  'is busy': () => say({ code: 'gateway/overloaded', retry: 'later' }, 503),
  'knows no such path': () => say({ code: 'gateway/not_found' }, 404),
  'speaks no JSON': () => Promise.resolve(new Response('<html>')),
  'answers with a list': () => say([]),
  'knows nothing of it': () => say({ status: 'unknown' }),
  [held]: () => say({ status: 'held' }),
  'says that it has expired': () => say({ status: 'expired' }),
  'says that it was cancelled': () => say({ status: 'cancelled' }),
  'says that it is settled, without a receipt': () => say({ status: 'settled', operation: zero }),
  'says that it is settled': (path, _, payee) =>
    say({ status: 'settled', operation: zero, receipt: receiptOf(path, payee) }),
  'says that more is settled': (path, _, payee) =>
    say({ status: 'settled', operation: zero, receipt: receiptOf(path, payee, 100n * cent) }),
  'says that it is settled to somebody else': (path) =>
    say({ status: 'settled', operation: zero, receipt: receiptOf(path, dollar) }),
}

const outcomes: ReadonlySet<string | undefined> = new Set([
  undefined,
  'sdk/not_accepted',
  'sdk/outcome_unknown',
  'sdk/paid_without_answer',
  'sdk/payment_cancelled',
  'sdk/payment_expired',
  'sdk/seller_timeout',
])

type Bought = {
  readonly code: string | undefined
  readonly nonces: number
  readonly paid: bigint
  readonly late: bigint
}

/** One purchase at a shop that loses its first answers, before or after it has settled, with a ledger that lies. */
async function buy(
  name: string,
  { lie, isSettled }: { readonly lie: Lie; readonly isSettled: boolean },
): Promise<Bought> {
  const agent = await stage.newAgent()
  const payee = stage.newPayee().address
  let answers = 0
  const behaviour: Behaviour = async ({ payment }, response, request) => {
    if (payment === undefined) return demand(response, [offerOf(payee, cent)])
    if (isSettled) await atFacilitator(stage, 'settle', payment)
    if (answers++ === 0) return void request.socket.destroy()
    const settled = await atFacilitator(stage, 'settle', payment)
    if (settled.success) deliver(response, settled)
    else demand(response, [offerOf(payee, cent)])
  }
  const shop: Shop = await openHostileShop(behaviour)
  const client = createClient({
    url: stage.url,
    fetch(input, init) {
      const { pathname } = new URL(input as string)
      const truth = (): Promise<Response> => fetch(input, init)
      if (!pathname.startsWith('/payments/')) return truth()
      const patience = AbortSignal.timeout(300)
      const aborted = new Promise<never>((_, reject) => {
        patience.addEventListener('abort', () => reject(patience.reason as Error))
      })
      return Promise.race([lie(pathname, truth, payee), aborted])
    },
  })
  const budget = { perCall: usd('0.05') }
  // What is held is waited for as long as the call may take.
  const deadlineMs = name === held ? 4_000 : 60_000
  const payingFetch = createPayingFetch(client, { signer: agent.key, budget, deadlineMs })
  const code = await payingFetch(`${shop.url}/thing`).then(
    (response) => (findPayment(response) === undefined ? 'free' : undefined),
    (error: LedgerError) => error.code,
  )
  const paid = await agent.paid()
  const shown = shop.arrived.flatMap(({ payment }) => payment ?? [])
  for (const payment of shown) await atFacilitator(stage, 'settle', payment)
  const nonces = new Set(shown.map(({ payload }) => (payload['authorization'] as { readonly nonce: string }).nonce))
  await shop.close()
  return { code, nonces: nonces.size, paid, late: await agent.paid() }
}

it.each([true, false])(
  'T70 T120 T128 one payment at most when it was settled before (%s) and the ledger lies',
  async (isSettled) => {
    const results = await Promise.all(
      Object.entries(lies).map(async ([name, lie]) => ({ name, ...(await buy(name, { lie, isSettled })) })),
    )
    for (const { name, code, nonces, paid, late } of results) {
      expect([name, outcomes.has(code) ? 'typed' : code]).toEqual([name, 'typed'])
      // On a busy machine the time of a call may be over before anything was signed.
      const isSigned = name !== held || code !== 'sdk/seller_timeout' || nonces > 0
      expect([name, nonces]).toEqual([name, isSigned ? 1 : 0])
      expect([name, late]).toEqual([name, isSettled && isSigned ? cent : late])
      expect([name, paid <= cent && late <= cent]).toEqual([name, true])
    }
    expect(results[0]).toMatchObject({
      code: isSettled ? 'sdk/paid_without_answer' : undefined,
      paid: cent,
      late: cent,
    })
  },
)
