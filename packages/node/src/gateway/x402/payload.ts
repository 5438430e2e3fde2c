// The outline of what x402 sends to a facilitator, as zod shapes: what routes it, and what OpenAPI shows. The fields of a
// scheme are judged by its rail.
import * as z from 'zod/mini'
import type { PaymentRequest } from '../../rails/Rail.ts'
import { findPayer } from '../../rails/turnpike/request.ts'

const anyObject = z.record(z.string(), z.unknown())

/** What the seller wants. `maxTimeoutSeconds` and `extra` vary between calls and schemes, so their rail reads them. */
export const requirementsShape = z.looseObject({
  scheme: z.string().check(z.maxLength(64)),
  network: z.string().check(z.maxLength(128)),
  amount: z.string().check(z.maxLength(128)),
  asset: z.string().check(z.maxLength(128)),
  payTo: z.string().check(z.maxLength(128)),
  maxTimeoutSeconds: z.optional(z.unknown()),
  extra: z.optional(z.unknown()),
})

/** What the buyer sent. */
export const payloadShape = z.looseObject({
  x402Version: z.literal(2),
  accepted: z.looseObject({ scheme: z.string(), network: z.string() }),
  payload: anyObject,
  extensions: z.optional(z.unknown()),
})

/** The body of verify and settle. */
export const callShape = z.looseObject({
  x402Version: z.literal(2),
  paymentPayload: payloadShape,
  paymentRequirements: requirementsShape,
})

/** The body as far as it must be one at all: anything less is no request. */
const envelopeShape = z.looseObject({
  x402Version: z.optional(z.unknown()),
  paymentPayload: anyObject,
  paymentRequirements: anyObject,
})

const retryShape = z.object({ retry: z.enum(['never', 'later', 'approval', 'owner']) })

export const verifyAnswerShape = z.object({
  isValid: z.boolean(),
  invalidReason: z.optional(z.string()),
  payer: z.optional(z.string()),
  extra: z.optional(retryShape),
})

export const settleAnswerShape = z.object({
  success: z.boolean(),
  transaction: z.string(),
  network: z.string(),
  errorReason: z.optional(z.string()),
  payer: z.optional(z.string()),
  extra: z.optional(retryShape),
})

export const supportedShape = z.object({
  kinds: z.array(z.object({ x402Version: z.literal(2), scheme: z.string(), network: z.string() })),
  extensions: z.array(z.string()),
  signers: z.record(z.string(), z.array(z.string())),
})

/** Why a body with an envelope is no request of this version. */
export type OutlineProblem = 'invalid_x402_version' | 'invalid_payload' | 'invalid_payment_requirements'

export type Outline =
  | { readonly request: PaymentRequest }
  | { readonly problem: OutlineProblem; readonly network: string; readonly payer: string | undefined }

/** The request in a body; undefined when it has not even the envelope. */
export function readOutline(body: unknown): Outline | undefined {
  const envelope = envelopeShape.safeParse(body)
  if (!envelope.success) return undefined
  const { x402Version, paymentPayload, paymentRequirements } = envelope.data
  const network = typeof paymentRequirements['network'] === 'string' ? paymentRequirements['network'].slice(0, 128) : ''
  const fault = (problem: OutlineProblem): Outline => ({
    problem,
    network,
    payer: findPayer(paymentPayload['payload']),
  })
  if (x402Version !== 2 || paymentPayload['x402Version'] !== 2) return fault('invalid_x402_version')
  const requirements = requirementsShape.safeParse(paymentRequirements)
  if (!requirements.success) return fault('invalid_payment_requirements')
  const parsed = payloadShape.safeParse(paymentPayload)
  if (!parsed.success) return fault('invalid_payload')
  const { accepted, extensions } = parsed.data
  return { request: { accepted, payload: parsed.data.payload, extensions, requirements: requirements.data } }
}
