// GET /payments and GET /receipts: what became of a payment, and everything that is kept of an operation.
import { Address, Hash } from '@turnpike/chain/wire'
import * as z from 'zod/mini'
import type { Ledger } from '../ledger/ledger.ts'
import type { HttpAnswer } from '../machine/http.ts'
import { receiptToJson, storedToJson } from '../ledger/StoredReceipt.ts'
import type { Rail } from '../rails/Rail.ts'
import { Problem } from './problem.ts'
import { json } from './route.ts'
import type { Call, Route } from './route.ts'
import { queryOf } from './router.ts'

export type ReceiptsOptions = { readonly ledger: Ledger; readonly rail: Rail }

const addressPattern = '^0x[0-9a-fA-F]{40}$'
const hashPattern = '^0x[0-9a-fA-F]{64}$'
const secondsForm = /^(0|[1-9][0-9]{0,14})$/

const paymentShape = z.object({
  status: z.enum(['settled', 'held', 'cancelled', 'expired', 'unknown']),
  operation: z.optional(z.string()),
  receipt: z.optional(z.record(z.string(), z.unknown())),
})

const receiptShape = z.object({
  receipt: z.record(z.string(), z.unknown()),
  leaf: z.string(),
  message: z.record(z.string(), z.unknown()),
  signers: z.array(z.nullable(z.string())),
})

/** The two routes. */
export function createReceiptRoutes({ ledger, rail }: ReceiptsOptions): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/payments/:asset/:payer/:nonce',
      summary: 'What became of a payment, by what its payer knows. For native messages the asset is the zero address.',
      parameters: [
        { name: 'asset', in: 'path', description: 'Address of the asset.', pattern: addressPattern },
        { name: 'payer', in: 'path', description: 'Address that signed.', pattern: addressPattern },
        { name: 'nonce', in: 'path', description: 'Nonce of the authorization.', pattern: hashPattern },
        {
          name: 'validBefore',
          in: 'query',
          description: 'Its validBefore in seconds: then the answer can be that it never happens.',
          pattern: '^(0|[1-9][0-9]{0,14})$',
        },
      ],
      answers: [{ status: 200, description: 'The outcome.', schema: paymentShape }, notRequest],
      load: 'bounded',
      run: (call) => answerPayment({ ledger, rail }, call),
    },
    {
      method: 'GET',
      path: '/receipts/:operation',
      summary:
        'A receipt, the 250 bytes that the tree of receipts commits to, the operation and its signers. Policies are shown to the operator, others get their hash.',
      parameters: [
        {
          name: 'operation',
          in: 'path',
          description: 'Id of the operation: the transaction of a settle answer.',
          pattern: hashPattern,
        },
      ],
      answers: [
        { status: 200, description: 'The receipt.', schema: receiptShape },
        notRequest,
        { status: 404, description: 'No such operation.', contentType: 'application/problem+json' },
      ],
      load: 'bounded',
      run: (call) => answerReceipt(ledger, call),
    },
  ]
}

const notRequest = {
  status: 400,
  description: 'Not an address or a hash.',
  contentType: 'application/problem+json',
} as const

async function answerPayment({ ledger, rail }: ReceiptsOptions, { path, request }: Call): Promise<HttpAnswer> {
  const [asset, payer, nonce] = [Address.parse(path['asset']), Address.parse(path['payer']), Hash.parse(path['nonce'])]
  if (asset === undefined || payer === undefined || nonce === undefined)
    throw notWellFormed('The path needs an asset, a payer and a nonce.')
  const seconds = queryOf(request.target).get('validBefore')
  if (seconds !== null && !secondsForm.test(seconds)) throw notWellFormed('validBefore is a number of seconds.')
  const validBefore = seconds === null ? undefined : Number(seconds) * 1000
  const { status, operation, receipt } = await rail.outcome({ asset, payer, nonce, validBefore })
  const shown = receipt && receiptToJson(receipt.receipt, ledger.protocol)
  return json({ status, ...(operation && { operation }), ...(shown !== undefined && { receipt: shown }) })
}

async function answerReceipt(ledger: Ledger, call: Call): Promise<HttpAnswer> {
  const operation = Hash.parse(call.path['operation'])
  if (operation === undefined) throw notWellFormed('The path needs the id of an operation.')
  const stored = await ledger.receiptOf(operation)
  if (stored !== undefined)
    return json(storedToJson(stored, { protocol: ledger.protocol, isOperator: call.isOperator() }))
  const { begin } = ledger.status().history
  throw new Problem({
    status: 404,
    code: 'gateway/no_receipt',
    detail:
      begin === undefined
        ? 'No operation with this id has succeeded on this chain.'
        : `No operation with this id has succeeded since block ${begin.height}; what was before is not kept.`,
    hint: 'A refused operation leaves no receipt. GET /payments tells the outcome by asset, payer and nonce.',
  })
}

function notWellFormed(detail: string): Problem {
  return new Problem({
    status: 400,
    code: 'gateway/malformed',
    detail,
    hint: 'Addresses are 0x and 40 digits, hashes and nonces 0x and 64.',
  })
}
