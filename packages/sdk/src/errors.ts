// What goes wrong on the way to the ledger or in it: one class, with the same stable codes that every other edge shows.
import type { Op } from '@turnpike/chain/wire'

/** Whether the same bytes may succeed: never; later, by waiting or funding; after an approval; after a change by the owner. */
export type Retry = 'never' | 'later' | 'approval' | 'owner'

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

/** The ledger refused to move money: nothing moved, and the reason is the ledger's own. */
export class PaymentRefused extends LedgerError {
  constructor(content: ErrorContent) {
    super(content)
    this.name = 'PaymentRefused'
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
  address_invalid: { retry: 'never', hint: 'An address is 0x and 40 hexadecimal digits.' },
  key_invalid: {
    retry: 'never',
    hint: 'A private key is 0x and 64 hexadecimal digits, not zero and below the order of the curve.',
  },
  refund_too_much: { retry: 'never', hint: 'Refund at most what is left of the payment.' },
  refund_overtaken: { retry: 'never', hint: 'Look at the refunds of the payment again, and then decide.' },
  refunds_unknown: { retry: 'never', hint: 'Sum the refunds of the payment from your own books.' },
  not_a_payment: { retry: 'never', hint: 'Name the operation of a payment; its receipt says payer, payee and amount.' },
  server_unsupported: {
    retry: 'never',
    hint: 'Give an x402ResourceServer of @x402/core, @x402/express or @x402/hono, version 2.27 or a later one of 2.',
  },
  not_the_payee: { retry: 'owner', hint: 'Sign with the key of the account that was paid.' },
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
