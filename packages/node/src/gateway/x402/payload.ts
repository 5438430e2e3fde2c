// The outline of what x402 sends to a facilitator: read by hand where every microsecond counts, and as zod shapes for
// OpenAPI. A test holds both against each other. The fields of a scheme are judged by its rail.
import { Fields, retries } from '@turnpike/chain/wire'
import * as z from 'zod/mini'
import type { PaymentRequest, Requirements } from '../../rails/Rail.ts'
import { findPayer } from '../../rails/payer.ts'

/** The longest text of the outline; the longest sensible one is half of it. */
const textMax = 128
const text = z.string().check(z.maxLength(textMax))
const anyObject = z.record(z.string(), z.unknown())

/** What the seller wants. `maxTimeoutSeconds` and `extra` vary between calls and schemes, so their rail reads them. */
const requirementsShape = z.looseObject({
  scheme: text,
  network: text,
  amount: text,
  asset: text,
  payTo: text,
  maxTimeoutSeconds: z.optional(z.unknown()),
  extra: z.optional(z.unknown()),
})

/** What the buyer sent. */
const payloadShape = z.looseObject({
  x402Version: z.literal(2),
  accepted: z.looseObject({ scheme: text, network: text }),
  payload: anyObject,
  extensions: z.optional(z.unknown()),
})

/** The body of verify and settle. */
export const callShape = z.looseObject({
  x402Version: z.literal(2),
  paymentPayload: payloadShape,
  paymentRequirements: requirementsShape,
})

const retryShape = z.object({ retry: z.enum(retries) })

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

/** The request in a body; undefined when it has not even the envelope. Zod takes 8 us for this, which is a sixth of a signature. */
export function readOutline(body: unknown): Outline | undefined {
  const envelope = Fields.find(body)
  const payload = Fields.find(envelope?.['paymentPayload'])
  const wanted = Fields.find(envelope?.['paymentRequirements'])
  if (envelope === undefined || payload === undefined || wanted === undefined) return undefined
  const isCurrent = envelope['x402Version'] === 2 && payload['x402Version'] === 2
  const requirements = readRequirements(wanted)
  const request = requirements && readPayload(payload, requirements)
  if (isCurrent && request !== undefined) return { request }
  const fault = requirements === undefined ? 'invalid_payment_requirements' : 'invalid_payload'
  const { network } = wanted
  return {
    problem: isCurrent ? fault : 'invalid_x402_version',
    network: typeof network === 'string' ? network.slice(0, textMax) : '',
    payer: findPayer(payload['payload']),
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= textMax
}

function readRequirements(fields: Fields.Fields): Requirements | undefined {
  const { scheme, network, amount, asset, payTo, maxTimeoutSeconds, extra } = fields
  if (!isText(scheme) || !isText(network) || !isText(amount) || !isText(asset) || !isText(payTo)) return undefined
  return { scheme, network, amount, asset, payTo, maxTimeoutSeconds, extra }
}

function readPayload(fields: Fields.Fields, requirements: Requirements): PaymentRequest | undefined {
  const accepted = Fields.find(fields['accepted'])
  const payload = Fields.find(fields['payload'])
  const [scheme, network] = [accepted?.['scheme'], accepted?.['network']]
  if (payload === undefined || !isText(scheme) || !isText(network)) return undefined
  return { accepted: { scheme, network }, payload, extensions: fields['extensions'], requirements }
}
