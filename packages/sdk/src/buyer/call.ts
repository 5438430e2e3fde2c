// One call of a paying fetch, from the first request to the answer: at most one payment, whatever the seller answers, and an end
// that the caller chose.
import type { PaymentOutcome } from '../actions/getPayment.ts'
import { LedgerError, ownError } from '../errors.ts'
import { findJson, isSameTerms, readChallenge, type Challenge, type Payable } from './challenge.ts'
import type { Credential } from './credential.ts'
import { keyOf, lookUp, outcomeUnknown } from './outcome.ts'
import { notePayment, type Payment } from './payment.ts'
import { routeOf, type PriceMemory } from './priceMemory.ts'
import { authorize, renew, type Payer, type Purchase } from './purchase.ts'
import { findRefusal } from './refusal.ts'
import type { Outgoing } from './request.ts'
import { discard, send, untilAborted } from './send.ts'

/** A call on its way. */
export type Call = {
  readonly payer: Payer
  readonly memory: PriceMemory
  readonly purchase: Purchase
  readonly outgoing: Outgoing
  readonly payable: Payable
  /** The most that this call may cost, in base units. */
  readonly max: bigint
  readonly fetch: typeof globalThis.fetch
  readonly timeoutMs: number
  /** When the call ends, in ms. */
  readonly endsMs: number
  readonly deadline: AbortSignal
}

type Step =
  | { readonly do: 'answer'; readonly response: Response }
  | { readonly do: 'pay'; readonly challenge: Challenge; readonly isRemembered: boolean }
  /** The same bytes once more. */
  | { readonly do: 'repeat'; readonly waitMs: number }

/** So often one call sends a payment. */
const sendsMax = 3
const renewalsMax = 1
const firstWaitMs = 250
/** No seller makes us wait longer at a time. */
const waitMaxMs = 5_000
/** Statuses that say nothing of what became of the request. */
const lostStatuses: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504])

/** Makes the call. @throws LedgerError, PaymentRefused; the caller's reason when it aborts before anything was paid */
export async function makeCall(call: Call): Promise<Response> {
  let step = call.purchase.signed.length > 0 ? await resume(call) : await begin(call)
  while (step.do !== 'answer') {
    if (step.do === 'pay') {
      const { payer, purchase, outgoing, max, endsMs, deadline } = call
      const demand = { challenge: step.challenge, url: outgoing.url, max, endsMs, deadline, ends: endsOf(call) }
      await authorize(payer, purchase, demand)
      purchase.isRemembered = step.isRemembered
    } else await pause(call, step.waitMs)
    step = await pay(call)
  }
  return step.response
}

/** Whoever knows the price pays at once; everybody else asks. */
async function begin(call: Call): Promise<Step> {
  const { memory, outgoing, max } = call
  const { url, isReplayable } = outgoing
  const known = memory.find(routeOf(outgoing))
  // A price that is too high may have come down; a body that can be read only once cannot be used up to find out.
  if (known !== undefined && (known.challenge.offer.amount <= max || !isReplayable)) {
    const { resource } = known.challenge
    const isOfAddress = resource.url === known.url
    const challenge = isOfAddress ? { ...known.challenge, resource: { ...resource, url: url.href } } : known.challenge
    return { do: 'pay', challenge, isRemembered: true }
  }
  if (!isReplayable) {
    const message = `The price of ${url.origin}${url.pathname} is not known, and the body can be sent only once.`
    throw ownError('body_not_replayable', message)
  }
  const { challenge, response } = await ask(call)
  return challenge === undefined ? { do: 'answer', response } : { do: 'pay', challenge, isRemembered: false }
}

/** What a request that pays nothing is answered, and what it costs, if it costs something. */
export type Asked = { readonly response: Response; readonly challenge?: Challenge }

/** Sends a request that pays nothing. */
export async function ask(call: Omit<Call, 'purchase' | 'payer' | 'max'>): Promise<Asked> {
  const { outgoing, memory, payable, deadline } = call
  const response = await send(outgoing, call)
  if (response.status !== 402) return { response }
  await discard(response, deadline)
  const challenge = readChallenge(response, payable)
  memory.set(routeOf(outgoing), { challenge, url: outgoing.url.href })
  return { response, challenge }
}

/** A call that its caller repeats: what became of it comes first. */
async function resume(call: Call): Promise<Step> {
  const { payer, purchase } = call
  const outcome = await lookUp(payer.client, purchase.signed)
  const { status } = outcome
  purchase.sends = 0
  purchase.renewals = 0
  if (status === 'expired' || status === 'cancelled') {
    payer.purse.release(purchase.nonce)
    renew(purchase)
    return begin(call)
  }
  if (status === 'settled') noteSettled(call, outcome)
  return { do: 'repeat', waitMs: 0 }
}

async function pay(call: Call): Promise<Step> {
  const { outgoing, purchase } = call
  const { header: credential } = purchase.credential!
  purchase.sends++
  let response: Response
  try {
    response = await send(outgoing, { ...call, credential })
  } catch (error) {
    return onLost(call, error)
  }
  const { status } = response
  if (status === 402) return onTurnedDown(call, response)
  if (lostStatuses.has(status)) {
    await discard(response, call.deadline)
    return onLost(call, new Error(`${outgoing.url.origin} answered ${status}.`), retryAfterMs(response))
  }
  return status >= 500 ? onFailure(call, response) : onAnswer(call, response)
}

/** An answer. Whether it was paid is what the seller says; callers who want to know ask the ledger. */
function onAnswer({ purchase, payer, memory, outgoing }: Call, response: Response): Step {
  const credential = purchase.credential!
  const isClaimed = findJson(response.headers.get('PAYMENT-RESPONSE'))?.['success'] === true
  if (isClaimed) payer.purse.claim(purchase.nonce)
  // It may be free by now: the next call asks.
  else if (response.ok && !purchase.isSettled) memory.forget(routeOf(outgoing))
  const outcome: Payment['outcome'] = purchase.isSettled ? 'settled' : isClaimed ? 'claimed' : 'unasked'
  return { do: 'answer', response: notePayment(response, credential, outcome) }
}

/** The seller failed. An answer as well, unless it was paid for. */
async function onFailure(call: Call, response: Response): Promise<Step> {
  const { payer, purchase } = call
  const outcome = await lookUp(payer.client, purchase.signed).catch((error: unknown) => ({ error }))
  if ('error' in outcome || outcome.status === 'settled') await discard(response, call.deadline)
  if ('error' in outcome) throw outcome.error
  const { status } = outcome
  if (status === 'settled') throw noteSettled(call, outcome)
  if (status === 'expired' || status === 'cancelled') payer.purse.release(purchase.nonce)
  return { do: 'answer', response: notePayment(response, purchase.credential!, status) }
}

/** The seller has our payment and says that it is not paid: because it cannot be, because it wants more, or because it lies. */
async function onTurnedDown(call: Call, response: Response): Promise<Step> {
  const { payer, purchase, outgoing, memory, deadline } = call
  const credential = purchase.credential!
  const hasRun = response.headers.has('PAYMENT-RESPONSE')
  const offered = findChallenge(call, response)
  await discard(response, deadline)
  const outcome = await lookUp(payer.client, purchase.signed)
  const { status } = outcome
  const mayRepeat = canRepeat(call) && (outgoing.isIdempotent || !hasRun)
  if (status === 'settled') throw noteSettled(call, outcome)
  if (status === 'expired' || status === 'cancelled') return onImpossible(call, { status, mayRepeat, offered })
  if (offered !== undefined && !isSameTerms(credential.challenge, offered)) {
    memory.set(routeOf(outgoing), { challenge: offered, url: outgoing.url.href })
    if (purchase.isRemembered && status === 'unknown' && mayRepeat)
      return { do: 'pay', challenge: offered, isRemembered: false }
    // Whoever asks for more after every payment never delivers (T20, T128).
    if (!purchase.isRemembered) memory.forget(routeOf(outgoing))
    const terms = about(credential, { now: offered.offer.amount })
    throw ownError('price_changed', 'The seller asks for other terms than those that were signed.', terms)
  }
  // While it is set aside, the ledger has agreed to it.
  if (status !== 'held') await throwRefusal(call, credential)
  if (offered !== undefined && mayRepeat) return repeat(call)
  if (status === 'held') throw outcomeUnknown(credential)
  throw ownError('not_accepted', 'The seller does not take a payment that the ledger would make.', about(credential))
}

/** @throws PaymentRefused with the ledger's reason, if it has one */
async function throwRefusal({ payer: { client, signer } }: Call, credential: Credential): Promise<void> {
  const refusal = await findRefusal(client, { credential, signer }).catch((cause: unknown) => {
    throw ownError('not_accepted', 'The seller does not take the payment, and the ledger does not say why.', {
      ...about(credential),
      cause,
    })
  })
  if (refusal !== undefined) throw refusal
}

function findChallenge({ payable }: Call, response: Response): Challenge | undefined {
  try {
    return readChallenge(response, payable)
  } catch (error) {
    if (error instanceof LedgerError) return undefined
    throw error
  }
}

/** Nothing came back, or nothing that tells: the ledger knows. */
async function onLost(call: Call, cause: unknown, retryAfter?: number): Promise<Step> {
  const { payer, purchase, outgoing } = call
  const credential = purchase.credential!
  if (outgoing.signal?.aborted === true) throw outcomeUnknown(credential, cause)
  const isSentElsewhere = cause instanceof LedgerError && cause.code === 'sdk/redirect_refused'
  const asked = isSentElsewhere ? lookUp(payer.client, purchase.signed) : waitForOutcome(call, cause)
  const outcome = await asked
  const { status } = outcome
  const mayRepeat = canRepeat(call) && outgoing.isIdempotent && !isSentElsewhere
  if (status === 'settled') {
    const isNew = !purchase.isSettled
    const paid = noteSettled(call, outcome, cause)
    // A seller that remembers whom it owes an answer gives it for the same bytes; no other money can be taken for them.
    if (isNew && canRepeat(call) && !isSentElsewhere) return { do: 'repeat', waitMs: 0 }
    throw paid
  }
  if (status === 'expired' || status === 'cancelled') return onImpossible(call, { status, mayRepeat })
  if (mayRepeat) return repeat(call, retryAfter)
  throw outcomeUnknown(credential, cause)
}

type Impossible = {
  readonly status: 'expired' | 'cancelled'
  readonly mayRepeat: boolean
  readonly offered?: Challenge | undefined
}

/** What was signed can never happen any more, so that something new may be signed. */
function onImpossible({ payer, purchase }: Call, { status, mayRepeat, offered }: Impossible): Step {
  const credential = purchase.credential!
  payer.purse.release(purchase.nonce)
  if (status === 'cancelled')
    throw ownError('payment_cancelled', 'The payment was cancelled and can never happen.', about(credential))
  if (!mayRepeat || purchase.renewals >= renewalsMax)
    throw ownError('payment_expired', 'The payment was not made in time and can never happen.', about(credential))
  renew(purchase)
  return { do: 'pay', challenge: offered ?? credential.challenge, isRemembered: false }
}

/** The outcome, once it is no longer in the balance: while money is set aside the seller may still be at work. */
async function waitForOutcome(call: Call, cause: unknown): Promise<PaymentOutcome> {
  const { payer, purchase, deadline, outgoing } = call
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, waitMaxMs)) {
    const outcome = await lookUp(payer.client, purchase.signed)
    if (outcome.status !== 'held' || deadline.aborted) return outcome
    await pause(call, waitMs)
    if (outgoing.signal?.aborted === true) throw outcomeUnknown(purchase.credential!, cause)
  }
}

/** Remembers that it is paid. The error says so, for when no answer comes of it. */
function noteSettled({ payer, purchase }: Call, { receipt }: PaymentOutcome, cause?: unknown): LedgerError {
  const { operation, payment } = receipt!
  const paid = purchase.signed.find((credential) => credential.operation === operation) ?? purchase.credential!
  purchase.isSettled = true
  payer.purse.spend(purchase.nonce, payment!.amount)
  return ownError(
    'paid_without_answer',
    'The payment was made, and the seller gave no answer for it.',
    about(paid, { cause }),
  )
}

function canRepeat({ purchase, outgoing, deadline }: Call): boolean {
  return outgoing.isReplayable && purchase.sends < sendsMax && !deadline.aborted && outgoing.signal?.aborted !== true
}

function repeat({ purchase }: Call, waitMs: number = firstWaitMs * 2 ** (purchase.sends - 1)): Step {
  return { do: 'repeat', waitMs: Math.min(waitMs, waitMaxMs) }
}

/** How long a seller wants us to wait, in ms (RFC 9110, 10.2.3). */
function retryAfterMs(response: Response): number | undefined {
  const text = response.headers.get('retry-after')
  if (text === null) return undefined
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now()
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs)
}

/** Aborts when a call ends, or when its caller has lost patience. */
export function endsOf({ deadline, outgoing: { signal } }: Pick<Call, 'deadline' | 'outgoing'>): AbortSignal {
  return signal === undefined ? deadline : AbortSignal.any([deadline, signal])
}

/** Waits, until the call ends at the latest. */
async function pause(call: Call, waitMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const waited = new Promise<void>((resolve) => (timer = setTimeout(resolve, waitMs)))
  await untilAborted(waited, endsOf(call)).catch(() => undefined)
  clearTimeout(timer)
}

/** What an error tells of the payment that it is about. */
function about(
  credential: Credential,
  more: { readonly now?: bigint; readonly cause?: unknown } = {},
): { readonly values: Readonly<Record<string, unknown>>; readonly cause?: unknown } {
  const { now, cause } = more
  const values = { ...keyOf(credential), ...(now !== undefined && { now }) }
  return { values, ...(cause !== undefined && { cause }) }
}
