// The facilitator of x402: supported, verify, settle, the same for every rail. Business outcomes are 200 whatever they are,
// because stock servers understand nothing else (x402 3.1).
import type { HttpAnswer } from '../../machine/http.ts'
import type { Machine } from '../../machine/Machine.ts'
import type { PaymentRequest, Rail, Reason, SettleResponse, VerifyResponse } from '../../rails/Rail.ts'
import { findPayer } from '../../rails/payer.ts'
import { malformed } from '../body.ts'
import { json } from '../route.ts'
import type { Answer, Call, Route } from '../route.ts'
import { callShape, readOutline, settleAnswerShape, supportedShape, verifyAnswerShape } from './payload.ts'
import type { Outline } from './payload.ts'

/** The most bytes of a verify or settle body (T150). */
const bodyBytesMax = 65_536
const latencyBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]

export type FacilitatorOptions = {
  readonly rails: readonly Rail[]
  readonly machine: Pick<Machine, 'clock' | 'metrics'>
}

const notNow: readonly Answer[] = [
  { status: 400, description: 'The body is no request.', contentType: 'application/problem+json' },
  { status: 413, description: 'The body is too large.', contentType: 'application/problem+json' },
  {
    status: 503,
    description: 'Too much to do, or stopping. Nothing is known of the outcome: ask again.',
    contentType: 'application/problem+json',
  },
]

/** The routes of the facilitator. */
export function createFacilitatorRoutes({ rails, machine }: FacilitatorOptions): readonly Route[] {
  const byNetwork = new Map(rails.map((rail) => [rail.network, rail]))
  const supported = supportedOf(rails)
  const observe = { verify: createObserver(machine, 'verify'), settle: createObserver(machine, 'settle') }
  const body = { schema: callShape, bytesMax: bodyBytesMax }
  return [
    {
      method: 'GET',
      path: '/x402/supported',
      summary: 'What this facilitator settles: schemes, networks, extensions.',
      answers: [{ status: 200, description: 'The kinds.', schema: supportedShape }],
      load: 'free',
      run: () => json(supported),
    },
    {
      method: 'POST',
      path: '/x402/verify',
      summary: 'Judges a payment and sets its money aside until it is settled or the hold ends.',
      body,
      answers: [{ status: 200, description: 'Valid or not, and why.', schema: verifyAnswerShape }, ...notNow],
      load: 'bounded',
      run: (call) => observe.verify(async () => verify(byNetwork, await readCall(call))),
    },
    {
      method: 'POST',
      path: '/x402/settle',
      summary: 'Settles a payment; the answer is durable.',
      body,
      answers: [{ status: 200, description: 'Settled or not, and why.', schema: settleAnswerShape }, ...notNow],
      load: 'bounded',
      run: (call) => observe.settle(async () => settle(byNetwork, await readCall(call))),
    },
  ]
}

function supportedOf(rails: readonly Rail[]): unknown {
  const offers = rails.map((rail) => rail.supported())
  return {
    kinds: offers.flatMap((offer) => offer.kinds),
    extensions: [...new Set(offers.flatMap((offer) => offer.extensions))],
    // Nobody signs transactions on the own ledger: the payer's authorization is the operation.
    signers: {},
  }
}

async function readCall(call: Call): Promise<Outline> {
  const outline = readOutline(await call.json())
  if (outline === undefined) throw malformed('has no paymentPayload and paymentRequirements')
  return outline
}

type Rails = ReadonlyMap<string, Rail>

type Routed =
  | { readonly rail: Rail; readonly request: PaymentRequest }
  | { readonly reason: Reason; readonly network: string; readonly payer: string | undefined }

function route(rails: Rails, outline: Outline): Routed {
  if ('problem' in outline) return { reason: outline.problem, network: outline.network, payer: outline.payer }
  const { request } = outline
  const { network } = request.requirements
  const rail = rails.get(network)
  return rail === undefined
    ? { reason: 'invalid_network', network, payer: findPayer(request.payload) }
    : { rail, request }
}

async function verify(rails: Rails, outline: Outline): Promise<VerifyResponse> {
  const routed = route(rails, outline)
  if ('rail' in routed) return routed.rail.verify(routed.request)
  const { reason, payer } = routed
  return { isValid: false, invalidReason: reason, ...(payer !== undefined && { payer }), extra: { retry: 'never' } }
}

async function settle(rails: Rails, outline: Outline): Promise<SettleResponse> {
  const routed = route(rails, outline)
  if ('rail' in routed) return routed.rail.settle(routed.request)
  const { reason, network, payer } = routed
  return {
    success: false,
    errorReason: reason,
    transaction: '',
    network,
    ...(payer !== undefined && { payer }),
    extra: { retry: 'never' },
  }
}

type Observer = (work: () => Promise<VerifyResponse | SettleResponse>) => Promise<HttpAnswer>

/** Measures one of the calls: how long it takes, and what comes of it. */
function createObserver({ clock, metrics }: FacilitatorOptions['machine'], name: 'verify' | 'settle'): Observer {
  const seconds = metrics.histogram({
    name: `turnpike_${name}_seconds`,
    help: `Time from request to durable answer of ${name}.`,
    buckets: latencyBuckets,
  })
  const outcomes = metrics.counter({
    name: `turnpike_${name}_total`,
    help: `Answers of ${name}, by outcome.`,
    labels: ['outcome'],
  })
  return async (work) => {
    const begin = clock.elapsed()
    const answer = await work()
    seconds.observe((clock.elapsed() - begin) / 1000)
    outcomes.add(1, { outcome: outcomeOf(answer) })
    return json(answer)
  }
}

function outcomeOf(answer: VerifyResponse | SettleResponse): string {
  if ('isValid' in answer) return answer.isValid ? 'valid' : answer.invalidReason
  return answer.success ? 'settled' : answer.errorReason
}
