// What goes wrong on the way to the ledger or in it: one class, with the same stable codes that every other edge shows.
import type { Op, Retry } from '@turnpike/chain/wire'

/** Everything an error says. Amounts in `values` are decimal strings of base units, times milliseconds. */
export type ErrorContent = {
  /** `module/snake_case`, stable: the ledger's own, or `sdk/…` for what happened before it answered. */
  readonly code: string
  readonly message: string
  /** What to do about it. */
  readonly hint: string
  readonly retry: Retry
  readonly values?: Readonly<Record<string, unknown>>
  /** The signed operation whose outcome this is about; handing it in again is always safe. */
  readonly operation?: Op
  readonly cause?: unknown
}

/** An answer that is none: refused by the ledger, turned away by the node, or never received. */
export class LedgerError extends Error {
  readonly code: string
  readonly hint: string
  readonly retry: Retry
  readonly values: Readonly<Record<string, unknown>>
  readonly operation: Op | undefined

  constructor(content: ErrorContent) {
    super(content.message, content.cause === undefined ? undefined : { cause: content.cause })
    this.name = 'LedgerError'
    this.code = content.code
    this.hint = content.hint
    this.retry = content.retry
    this.values = content.values ?? {}
    this.operation = content.operation
  }
}

/** The cap that stood in the way of a payment, when it was a cap. */
export type CapInTheWay = {
  readonly capId?: string | undefined
  /** What is left of it, in cap units: 10^-6 of its currency, or base units of its asset. Absent for a cap on a number of payments. */
  readonly remaining?: bigint | undefined
  /** When the payment fits again, if nothing else is spent. */
  readonly resetsAt?: Date | undefined
}

/** The ledger refused to move money: nothing moved, and the reason is the ledger's own. */
export class PaymentRefused extends LedgerError {
  readonly capId: string | undefined
  readonly remaining: bigint | undefined
  readonly resetsAt: Date | undefined

  constructor({ capId, remaining, resetsAt, ...content }: ErrorContent & CapInTheWay) {
    super(content)
    this.name = 'PaymentRefused'
    this.capId = capId
    this.remaining = remaining
    this.resetsAt = resetsAt
  }
}

/** The codes of this package, with what each asks of its reader. */
const own = {
  unreachable: { retry: 'later', hint: 'Check the address, and that a node is running there.' },
  timeout: { retry: 'later', hint: 'Ask again; handing in the same signed operation twice is safe.' },
  malformed_answer: {
    retry: 'never',
    hint: 'Check that the address is a Turnpike node of a version that fits this client.',
  },
  wrong_chain: {
    retry: 'never',
    hint: 'Check the address of the node, or the chain id that the client was told to insist on.',
  },
  unknown_asset: { retry: 'never', hint: 'Name an asset that GET /chain lists, by its symbol or address.' },
  amount_invalid: { retry: 'never', hint: "Use a bigint of base units, or usd('1.00') with a plain decimal." },
  nothing_to_sweep: {
    retry: 'later',
    hint: 'What open holds have set aside comes back within a minute; GET /chain lists the other assets.',
  },
  address_invalid: { retry: 'never', hint: 'An address is 0x and 40 hexadecimal digits.' },
  key_invalid: {
    retry: 'never',
    hint: 'A private key is 0x and 64 hexadecimal digits, not zero and below the order of the curve.',
  },
  refund_too_much: { retry: 'never', hint: 'Refund at most what is left of the payment.' },
  refund_overtaken: { retry: 'never', hint: 'Look at the refunds of the payment again, and then decide.' },
  refunds_unknown: { retry: 'never', hint: 'Sum the refunds of the payment from your own books.' },
  not_a_payment: { retry: 'never', hint: 'Name the operation of a payment; its receipt says payer, payee and amount.' },
  network_taken: { retry: 'never', hint: 'Set chainId, if it is this node that is to judge payments there.' },
  server_unsupported: {
    retry: 'never',
    hint: 'Give an x402ResourceServer of @x402/core, @x402/express or @x402/hono, version 2.27 or a later one of 2.',
  },
  not_the_payee: { retry: 'owner', hint: 'Sign with the key of the account that was paid.' },
  url_invalid: { retry: 'never', hint: 'Name an address with http or https, without a name or password in it.' },
  header_reserved: { retry: 'never', hint: 'Leave the header out; the payment is put there.' },
  body_not_replayable: {
    retry: 'never',
    hint: 'Give the body as text or bytes instead of a stream or a Request, or ask for the price first.',
  },
  insecure_origin: { retry: 'never', hint: 'Use https, or name the origin among insecureOrigins.' },
  redirect_refused: { retry: 'never', hint: 'Call the other origin yourself, if you trust it.' },
  seller_unreachable: { retry: 'later', hint: 'Check the address; nothing was signed for it.' },
  seller_timeout: { retry: 'later', hint: 'Ask again later, or allow more time; nothing was signed for it.' },
  malformed_challenge: { retry: 'never', hint: 'Tell the seller; what it asks is not written as x402 version 2.' },
  no_offer: {
    retry: 'never',
    hint: "Ask the seller to take this chain's asset; the codes of the offers it makes are not ours.",
  },
  over_budget: { retry: 'owner', hint: 'Allow more in the budget of this client, or buy elsewhere.' },
  declined: { retry: 'approval', hint: 'Approve the price, and call again.' },
  price_changed: { retry: 'never', hint: 'Call again, if the new price is worth it; it is asked for afresh.' },
  not_accepted: { retry: 'later', hint: 'Ask the seller why; the ledger would make this payment.' },
  outcome_unknown: {
    retry: 'later',
    hint: 'Ask getPayment with these values before you buy again; the payment may still happen until validBefore.',
  },
  paid_without_answer: {
    retry: 'never',
    hint: 'Show the seller the operation; a new call would pay once more.',
  },
  payment_expired: { retry: 'later', hint: 'Call again: this payment can never happen any more.' },
  payment_cancelled: { retry: 'later', hint: 'Call again: this payment was cancelled and can never happen.' },
} as const satisfies Record<string, { readonly retry: Retry; readonly hint: string }>

/** A code of this package, without its module. */
export type OwnCode = keyof typeof own

/** An error that arose here, before or instead of an answer of the ledger. */
export function ownError(
  name: OwnCode,
  message: string,
  more: { readonly values?: Readonly<Record<string, unknown>>; readonly cause?: unknown } = {},
): LedgerError {
  return new LedgerError({ code: `sdk/${name}`, message, ...own[name], ...more })
}

/** The same error, knowing which signed operation it is about. */
export function aboutOperation(error: LedgerError, operation: Op): LedgerError {
  const { code, message, hint, retry, values, cause } = error
  const content: ErrorContent = { code, message, hint, retry, values, operation, ...(cause !== undefined && { cause }) }
  return operation.definition.moves && !code.startsWith('sdk/') ? new PaymentRefused(content) : new LedgerError(content)
}
