// Refusals, kept outside the chain: the last 100 per account and per signed payee, for pages, support and the agent
// itself. Only those whose signature held: what can't be attributed is counted and never shown on anybody's page.
import type { Address, codec, Refusal } from '@turnpike/chain/wire'
import type { Logger, Machine, Metrics, Ms } from '../machine/Machine.ts'

/** What a payee may know of a refusal. */
export type RefusalClass = 'policy' | 'balance' | 'validity' | 'other'

/** A refusal as it is kept. */
export type KeptRefusal = {
  readonly account: Address.Address
  readonly payee?: Address.Address
  readonly asset?: Address.Address
  readonly amount?: string
  readonly time: Ms
  readonly class: RefusalClass
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly retry: string
  readonly values: { readonly [name: string]: codec.Json }
  /** When the same payment fits again, where the refusal knows it. */
  readonly fitsAt?: Ms
}

/** Codes that say nothing certain about an account: anybody could cause them in its name (shapes 11). */
const unattributable = new Set([
  'accounts/signature_invalid',
  'accounts/key_not_allowed',
  'accounts/unknown_account',
  'wire/malformed',
])
const validity = new Set([
  'accounts/auth_not_yet',
  'accounts/auth_expired',
  'accounts/auth_too_long',
  'accounts/nonce_used',
  'payments/id_conflict',
])
/** Lines about operations that were turned away appear no more often. */
const logIntervalMs = 10_000

/** Whether a refusal may stand on the page of the account that it names. */
export function isAttributable({ code }: Refusal): boolean {
  return !unattributable.has(code)
}

/** The class of a code. */
function classOf(code: string): RefusalClass {
  if (code.startsWith('policy/')) return 'policy'
  if (code === 'bank/balance') return 'balance'
  return validity.has(code) ? 'validity' : 'other'
}

/** What a refusal was about. */
export type Subject = {
  readonly account: Address.Address
  readonly payee: Address.Address | undefined
  readonly moved: { readonly asset: Address.Address; readonly amount: bigint } | undefined
  readonly time: Ms
}

/** A refusal in the form in which it is kept. */
export function keptOf(
  { code, message, hint, retry, values }: Refusal,
  { account, payee, moved, time }: Subject,
): KeptRefusal {
  const resetsAt = values['resetsAt']
  return {
    account,
    ...(payee !== undefined && { payee }),
    ...(moved !== undefined && { asset: moved.asset, amount: moved.amount.toString() }),
    time,
    class: classOf(code),
    code,
    message,
    hint,
    retry,
    values: valuesToJson(values),
    ...(typeof resetsAt === 'number' && { fitsAt: resetsAt }),
  }
}

/** Values as JSON; amounts become decimal strings. */
export function valuesToJson(values: Refusal['values']): { readonly [name: string]: codec.Json } {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'bigint' ? value.toString() : value]],
    ),
  )
}

/** Counts refusals by code, and says in the log from time to time how many were turned away. */
export class RefusalCounts {
  readonly #counts = new Map<string, number>()
  readonly #counter: ReturnType<Metrics['counter']>
  readonly #logger: Logger
  readonly #clock: Machine['clock']
  #loggedAt: Ms | undefined
  #sinceLogged = 0

  constructor({ logger, clock, metrics }: Pick<Machine, 'logger' | 'clock' | 'metrics'>) {
    this.#counter = metrics.counter({
      name: 'turnpike_refused_total',
      help: 'Operations refused or turned away, by code; those of policies together, or a payee could read which cap was met.',
      labels: ['code'],
    })
    this.#logger = logger
    this.#clock = clock
  }

  /** A validly signed operation that a rule turned down. */
  countRefused(code: string): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1)
    this.#counter.add(1, { code: code.startsWith('policy/') ? 'policy' : code })
  }

  /** An operation that can't be attributed to anybody. */
  countTurnedAway(code: string): void {
    this.countRefused(code)
    this.#sinceLogged += 1
    const now = this.#clock.elapsed()
    if (this.#loggedAt !== undefined && now - this.#loggedAt < logIntervalMs) return
    this.#logger.info('Operations were turned away.', { count: this.#sinceLogged, lastCode: code })
    this.#loggedAt = now
    this.#sinceLogged = 0
  }

  byCode(): { readonly [code: string]: number } {
    return Object.fromEntries(this.#counts)
  }
}
