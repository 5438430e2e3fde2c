// A fetch that pays. It speaks x402 as the official client does, and adds what a program needs that runs without anybody watching:
// budgets, one payment per call, and answers from the ledger where the seller's word is not enough.
import type { Account } from '../account.ts'
import { getAsset } from '../chain.ts'
import type { Client } from '../client.ts'
import { ownError } from '../errors.ts'
import { unitsOf, type Amount } from '../money.ts'
import { ask, makeCall, type Call } from './call.ts'
import { createNamedCalls } from './namedCalls.ts'
import { createPriceMemory, routeOf } from './priceMemory.ts'
import { createPurchase, type Payer, type Price, type Purchase } from './purchase.ts'
import { createPurse, type Purse, type Spending } from './purse.ts'
import { readRequest } from './request.ts'
import { discard } from './send.ts'

/** The most that is signed here. The ledger holds the agent's own budget beside it. */
export type SpendingLimits = {
  /** For one call. */
  readonly perCall: Amount
  /** In all, for as long as this fetch lives: it is counted in memory, and another fetch, or this program anew, begins at nothing. */
  readonly total?: Amount
}

/** How a fetch pays. */
export type PayingFetchOptions = {
  /** The key that pays: an owner's or an agent's. */
  readonly signer: Account
  readonly budget: SpendingLimits
  /** By symbol or address; default the chain's first. Nothing else is ever paid with. */
  readonly asset?: string
  /** Asked before each price that is signed. Default: every price within the budget is fine. */
  readonly approve?: (price: Price) => boolean | Promise<boolean>
  /** Another fetch than the global one. */
  readonly fetch?: typeof globalThis.fetch
  /** How long one request may take until its answer begins. Default 30,000 ms. */
  readonly timeoutMs?: number
  /** How long a call may take, its retries and the reading of its answer included. Default 90,000 ms. */
  readonly deadlineMs?: number
  /** Origins that may be paid without https, such as `http://api:4021`. Loopback always may. */
  readonly insecureOrigins?: readonly string[]
}

/** What a call may say beside what fetch understands. */
export type PayingInit = RequestInit & {
  /** Less than `budget.perCall`, for this call. */
  readonly maxAmount?: Amount
  /**
   * A name of the caller's own. Calls of one route under one name are one purchase: whoever repeats it sends the same payment, and never
   * pays twice. The thousand names used last are kept in memory, and beyond them those that are under way or whose payment may still be
   * made: a program that has ended knows none of them, and a payment whose outcome it left unknown (`sdk/outcome_unknown`) is asked for
   * with `getPayment` before it is bought anew.
   */
  readonly callId?: string
}

/** A fetch that pays. */
export type PayingFetch = {
  /**
   * Fetches, and pays when it is asked to: at most once, at most what the budget allows.
   *
   * @throws PaymentRefused when the ledger does not make the payment; LedgerError `sdk/…` for everything else
   */
  (input: RequestInfo | URL, init?: PayingInit): Promise<Response>
  /**
   * What it would cost, and remembers it; undefined when it is free. Sends the request without a payment.
   *
   * @throws LedgerError `sdk/body_not_replayable` for a body that can be read only once
   */
  quote(input: RequestInfo | URL, init?: RequestInit): Promise<Price | undefined>
  /** What was spent of the budget. What is left of it is known from the first call on. */
  spending(): Spending
}

const defaultTimeoutMs = 30_000
const defaultDeadlineMs = 90_000

/** Creates a fetch that pays. Nothing is sent before the first call. */
export function createPayingFetch(client: Client, options: PayingFetchOptions): PayingFetch {
  const { signer, budget, approve, insecureOrigins = [], timeoutMs = defaultTimeoutMs } = options
  const { deadlineMs = defaultDeadlineMs } = options
  const memory = createPriceMemory()
  const namedCalls = createNamedCalls()
  let purse: Purse | undefined

  async function prepare(
    input: RequestInfo | URL,
    init: RequestInit,
  ): Promise<Omit<Call, 'purchase' | 'payer' | 'max'>> {
    const outgoing = await readRequest(input, init)
    const [endsMs, deadline] = [Date.now() + deadlineMs, AbortSignal.timeout(deadlineMs)]
    const chain = await client.chain()
    const payable = { chain, asset: getAsset(chain, options.asset), url: outgoing.url }
    const send = options.fetch ?? globalThis.fetch.bind(globalThis)
    return { outgoing, memory, payable, fetch: send, timeoutMs, endsMs, deadline }
  }

  async function payingFetch(input: RequestInfo | URL, init: PayingInit = {}): Promise<Response> {
    const { maxAmount, callId, ...rest } = init
    const call = await prepare(input, rest)
    const { asset } = call.payable
    purse ??= createPurse(budget.total === undefined ? undefined : unitsOf(budget.total, asset))
    const payer: Payer = { client, signer, purse, approve, insecureOrigins }
    const bounds = [budget.perCall, maxAmount ?? budget.perCall].map((amount) => unitsOf(amount, asset))
    const max = bounds[0]! < bounds[1]! ? bounds[0]! : bounds[1]!
    const make = (purchase: Purchase): Promise<Response> => makeCall({ ...call, payer, max, purchase })
    // What was signed for one route goes to no other.
    return callId === undefined
      ? make(createPurchase())
      : namedCalls(`${routeOf(call.outgoing)} ${callId}`, { make, ...call })
  }

  async function quote(input: RequestInfo | URL, init: RequestInit = {}): Promise<Price | undefined> {
    const call = await prepare(input, init)
    if (!call.outgoing.isReplayable)
      throw ownError('body_not_replayable', 'To ask for the price would use the body up: ask without it.')
    const { challenge, response } = await ask(call)
    if (challenge === undefined) {
      await discard(response, call.deadline)
      return undefined
    }
    const { payee, asset, amount } = challenge.offer
    return { url: call.outgoing.url.href, payee, asset, amount }
  }

  const spending = (): Spending => purse?.spending() ?? { spent: 0n, open: 0n, left: undefined }
  return Object.assign(payingFetch, { quote, spending })
}
