// Everything the pages ask the node by `turnpike_query`, as rows: a name and how its answer is read.
import { cleanLine } from './foreignText.ts'
import { parseRetry } from './LedgerError.ts'
import type { Retry } from './LedgerError.ts'
import { readListing } from './listing.ts'
import type { Listing } from './listing.ts'
import { readMoved, readReference } from './moved.ts'
import type { Moved } from './moved.ts'
import { fieldsOf, list, number, optionalNumber, optionalText, optionalUnits, text, units } from './reader.ts'
import type { Fields } from './reader.ts'

/** A question to the ledger: `A` is what it takes, `R` is what it answers. */
export type Question<A, R> = { readonly name: string; readonly read: (answer: unknown) => R; readonly takes?: A }

/** A payment or refund, as history knows it. */
export type Payment = Moved & {
  readonly operation: string
  readonly sequence: number
  readonly height: number
  readonly timeMs: number
  readonly type: string
  readonly policyVersion: number
  readonly reference: string | undefined
}

/** Sums over one asset. */
export type AssetTotal = { readonly asset: string; readonly amount: bigint; readonly toll: bigint }

/** Revenue of one period in one asset. */
export type Period = AssetTotal & { readonly startMs: number; readonly payments: number }

/** A refusal from the past, as its owner may see it. */
export type PastRefusal = {
  readonly timeMs: number
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly retry: Retry
  readonly payee: string | undefined
  readonly asset: string | undefined
  readonly amount: bigint | undefined
  readonly fitsAtMs: number | undefined
}

/** Whether money went back. */
export function isRefund({ type }: Pick<Payment, 'type'>): boolean {
  return type === 'payments/refund'
}

/** One record of history. */
function readPayment(fields: Fields): Payment {
  return {
    operation: text(fields, 'operation'),
    sequence: number(fields, 'sequence'),
    height: number(fields, 'height'),
    timeMs: number(fields, 'time'),
    type: optionalText(fields, 'type') ?? '',
    ...readMoved(fields),
    policyVersion: optionalNumber(fields, 'policyVersion') ?? 0,
    reference: readReference(fields),
  }
}

const readPayments = (answer: unknown): Listing<Payment> => readListing(answer, 'payments', readPayment)

function readTotal(fields: Fields): AssetTotal {
  return { asset: text(fields, 'asset'), amount: units(fields, 'amount'), toll: optionalUnits(fields, 'toll') ?? 0n }
}

function readPeriod(fields: Fields): Period {
  return {
    startMs: number(fields, 'start'),
    asset: text(fields, 'asset'),
    amount: units(fields, 'revenue'),
    toll: optionalUnits(fields, 'toll') ?? 0n,
    payments: number(fields, 'payments'),
  }
}

function readRefusal(fields: Fields): PastRefusal {
  return {
    timeMs: number(fields, 'time'),
    code: cleanLine(text(fields, 'code')),
    message: cleanLine(optionalText(fields, 'message') ?? 'Refused.'),
    hint: cleanLine(optionalText(fields, 'hint') ?? ''),
    retry: parseRetry(fields['retry']),
    payee: optionalText(fields, 'payee'),
    asset: optionalText(fields, 'asset'),
    amount: optionalUnits(fields, 'amount'),
    fitsAtMs: optionalNumber(fields, 'fitsAt'),
  }
}

/** The newest payments and the sums of all. */
export const recentPayments = {
  name: 'history/recent',
  read: (answer: unknown) => {
    const totals = fieldsOf(fieldsOf(answer, 'answer')['totals'], 'totals')
    return {
      ...readPayments(answer),
      count: optionalNumber(totals, 'payments') ?? 0,
      amounts: list(totals, 'amounts', readTotal),
    }
  },
} satisfies Question<{ limit: number; cursor?: string | undefined }, unknown>

/** Whose payments, on which side, how many at most; and from where back, by the cursor of an answer or a sequence. */
export type PaymentsOf = {
  readonly account: string
  readonly role: 'payer' | 'payee' | 'any'
  readonly limit: number
  readonly cursor?: string | undefined
  readonly before?: number | undefined
}

/** Payments and refunds of one account, newest first. */
export const accountPayments = {
  name: 'history/account',
  read: readPayments,
} satisfies Question<PaymentsOf, unknown>

/** The refunds of an operation that the account made which was paid, newest first. */
export const refundsOf = {
  name: 'history/refunds',
  read: readPayments,
} satisfies Question<{ operation: string; account: string; cursor?: string | undefined }, unknown>

/** What a payee has earned, from whom, and what was refused. */
export const sellerBooks = {
  name: 'history/seller',
  read: (answer: unknown) => {
    const fields = fieldsOf(answer, 'answer')
    return {
      totals: list(fields, 'totals', (entry) => ({
        asset: text(entry, 'asset'),
        revenue: units(entry, 'revenue'),
        toll: units(entry, 'toll'),
        refunded: optionalUnits(entry, 'refunded') ?? 0n,
        payments: number(entry, 'payments'),
      })),
      hours: list(fields, 'hours', readPeriod),
      days: list(fields, 'days', readPeriod),
      buyers: list(fields, 'buyers', (entry) => ({
        account: text(entry, 'account'),
        asset: text(entry, 'asset'),
        amount: units(entry, 'amount'),
        payments: number(entry, 'payments'),
      })),
      refunds: list(fields, 'refunds', readPayment),
      refusals: list(fields, 'refusals', (entry) => ({ class: text(entry, 'class'), count: number(entry, 'count') })),
    }
  },
} satisfies Question<{ payee: string }, unknown>

/** The newest agents. */
export const agents = {
  name: 'history/agents',
  read: (answer: unknown) =>
    readListing(answer, 'agents', (entry) => ({
      operation: text(entry, 'operation'),
      account: text(entry, 'account'),
      owner: optionalText(entry, 'owner'),
      createdMs: optionalNumber(entry, 'created'),
      name: optionalText(entry, 'name'),
    })),
} satisfies Question<{ owner?: string; cursor?: string | undefined }, unknown>

/** What an address stands for. Public. */
export const accountKind = {
  name: 'accounts/account',
  read: (answer: unknown) => {
    const fields = fieldsOf(answer, 'answer')
    return { account: text(fields, 'account'), isAgent: optionalText(fields, 'kind') === 'agent' }
  },
} satisfies Question<{ address: string }, unknown>

/** What an account has, in one asset. Public. */
export const balance = {
  name: 'bank/balance',
  read: (answer: unknown) => {
    const fields = fieldsOf(answer, 'answer')
    return { available: units(fields, 'available'), locked: optionalUnits(fields, 'locked') ?? 0n }
  },
} satisfies Question<{ account: string; asset: string }, unknown>

/** The last refusals of one account. Private. */
export const pastRefusals = {
  name: 'policy/refusals',
  read: (answer: unknown) => list(fieldsOf(answer, 'refusals'), 'refusals', readRefusal),
} satisfies Question<{ account: string; limit: number }, unknown>

/** An agent, as `history/agents` lists it. */
export type AgentEntry = ReturnType<typeof agents.read>['entries'][number]
/** The answer of `history/recent`. */
export type Recent = ReturnType<typeof recentPayments.read>
/** The answer of `history/seller`. */
export type SellerBooks = ReturnType<typeof sellerBooks.read>
