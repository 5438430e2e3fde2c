// Charges, authorizations, holds, cancellations and refunds: one content, one outcome, and money set aside comes back or is paid.
import type { Hash, Message, Op } from '@turnpike/chain/wire'
import type {
  cancelAuthorization,
  charge,
  hold,
  refund,
  transferWithAuthorization,
} from '@turnpike/chain/wire/payments'
import { countFree, nonceName, requireFree, requireKey, requireValidity, resolve, type Caller } from './accounts.ts'
import { deny, Repeated, type Books, type ExpectedReceipt, type NonceBook } from './books.ts'
import { capture, release, reserve, spend, type Wish } from './policy.ts'
import { bookToll, tollOf } from './toll.ts'

const dayMs = 86_400_000

/** payments/charge */
export function expectCharge(books: Books, message: Message<typeof charge>, caller: Caller): ExpectedReceipt {
  const { account: from, payee: to, asset, amount, reference, validBefore } = message
  const account = caller.account
  const payee = resolve(books, to)
  const toll = tollOf(books, { payee, asset, amount })
  const wish: Wish = { account, payee, from, to, asset, amount, validBefore, scheme: 'charge', family: 'native' }
  const { transfers, policyVersion } = spend(books, wish, toll)
  bookToll(books, { payee, asset, amount }, toll)
  return {
    leaf: 'payment',
    payment: { payer: from, account, payee: to, asset, amount, toll },
    policyVersion,
    reference,
    transfers,
  }
}

/** payments/refund */
export function expectRefund(books: Books, message: Message<typeof refund>, caller: Caller): ExpectedReceipt {
  const { account: from, payer: to, asset, amount, payment: reference, validBefore } = message
  const account = caller.account
  const wish: Wish = {
    account,
    payee: resolve(books, to),
    from,
    to,
    asset,
    amount,
    validBefore,
    scheme: 'transfer',
    family: 'native',
  }
  const { transfers, policyVersion } = spend(books, wish, 0n)
  return {
    leaf: 'refund',
    payment: { payer: from, account, payee: to, asset, amount, toll: 0n },
    policyVersion,
    reference,
    transfers,
  }
}

type Authorization = Omit<Message<typeof transferWithAuthorization>, 'type'>

function wishOf(books: Books, { asset, from, to, value, validBefore }: Authorization): Wish {
  return {
    account: resolve(books, from),
    payee: resolve(books, to),
    from,
    to,
    asset,
    amount: value,
    validBefore: validBefore * 1_000,
    scheme: 'charge',
    family: 'eip3009',
  }
}

/** accounts/nonce_used, payments/id_conflict */
function requireSame(row: NonceBook | undefined, digest: Hash.Hash): void {
  if (row === undefined) return
  if (row.state === 'cancelled') deny('accounts/nonce_used')
  if (row.digest !== digest) deny('payments/id_conflict')
}

function contentOf({ account, payee, asset, amount }: Wish): string {
  return `${account} pays ${payee} ${amount} of ${asset}`
}

/** Whether an alias stands for other content; a repeat when it stands for the same payment. */
function isAliasTaken({ aliases }: Books, wish: Wish, alias: Hash.Hash | undefined): boolean {
  const known = alias === undefined ? undefined : aliases.get(`${wish.account}/${alias}`)
  if (known === undefined) return false
  if (known.content === contentOf(wish)) throw new Repeated(known.sequence)
  return true
}

/** payments/transferWithAuthorization */
export function expectTransferWithAuthorization(
  books: Books,
  message: Message<typeof transferWithAuthorization>,
  op: Op,
): ExpectedReceipt {
  const wish = wishOf(books, message)
  const name = nonceName({ address: message.from, asset: message.asset, nonce: message.nonce })
  const row = books.nonces.get(name)
  requireSame(row, op.digest)
  if (row?.state === 'settled') throw new Repeated(row.sequence)
  const held = row?.hold
  const isTaken = isAliasTaken(books, wish, op.relay.alias)
  if (held === undefined) {
    if (isTaken) deny('payments/id_conflict')
    requireKey(books, message.from, wish.account)
  }
  requireValidity(books, message.validAfter * 1_000, wish.validBefore)
  const { account, payee, asset, amount } = wish
  const toll = tollOf(books, { payee, asset, amount })
  const { transfers, policyVersion } = held === undefined ? spend(books, wish, toll) : capture(books, held, wish, toll)
  bookToll(books, { payee, asset, amount }, toll)
  const { sequence } = books
  const attempts = row?.attempts ?? 0
  books.nonces.set(name, { digest: op.digest, expires: wish.validBefore, sequence, state: 'settled', attempts })
  if (op.relay.alias !== undefined && !isTaken) {
    books.aliases.set(`${account}/${op.relay.alias}`, { content: contentOf(wish), sequence, ends: books.time + dayMs })
  }
  const payment = { payer: message.from, account, payee: message.to, asset, amount, toll }
  return { leaf: 'payment', payment, policyVersion, transfers }
}

/** payments/hold */
export function expectHold(books: Books, message: Message<typeof hold>, op: Op): ExpectedReceipt {
  const { verifyHolds, holdMaxMs } = books.terms
  if (!verifyHolds) deny('payments/holds_off')
  if (message.holdMs < 1 || message.holdMs > holdMaxMs) deny('wire/malformed')
  const wish = wishOf(books, message)
  const name = nonceName({ address: message.from, asset: message.asset, nonce: message.nonce })
  const row = books.nonces.get(name)
  requireSame(row, op.digest)
  if (row?.state === 'settled') deny('accounts/nonce_used')
  if (row !== undefined && (row.attempts === 2 || row.holdOp === op.id)) throw new Repeated(row.sequence)
  if (isAliasTaken(books, wish, op.relay.alias)) deny('payments/id_conflict')
  requireKey(books, message.from, wish.account)
  requireValidity(books, message.validAfter * 1_000, wish.validBefore)
  const { account, payee, asset, amount } = wish
  const payment = { payer: message.from, account, payee: message.to, asset, amount, toll: 0n }
  const { sequence } = books
  if (row?.hold !== undefined) {
    books.nonces.set(name, { ...row, attempts: 2, holdOp: op.id, sequence })
    return { leaf: 'hold', payment, transfers: [] }
  }
  const ends = Math.min(wish.validBefore, books.time + message.holdMs)
  const taken = reserve(books, wish, { op: op.id, toll: tollOf(books, { payee, asset, amount }), ends })
  const attempts = (row?.attempts ?? 0) + 1
  books.nonces.set(name, {
    digest: op.digest,
    expires: wish.validBefore,
    sequence,
    state: taken === undefined ? 'open' : 'held',
    attempts,
    ...(taken && { hold: taken }),
    holdOp: op.id,
  })
  const policyVersion = books.agents.get(account)?.version ?? 0
  return { leaf: 'hold', payment, policyVersion, transfers: [] }
}

/** payments/cancelAuthorization */
export function expectCancel(books: Books, message: Message<typeof cancelAuthorization>, op: Op): ExpectedReceipt {
  const { asset, authorizer, nonce } = message
  const account = resolve(books, authorizer)
  const name = nonceName({ address: authorizer, asset, nonce })
  const row = books.nonces.get(name)
  if (row?.state === 'cancelled') throw new Repeated(row.sequence)
  if (row?.state === 'held') deny('payments/held')
  if (row?.state === 'settled') deny('accounts/nonce_used')
  requireKey(books, authorizer, account)
  requireFree(books, account)
  countFree(books, account)
  const { sequence } = books
  books.nonces.set(name, { digest: op.id, expires: undefined, sequence, state: 'cancelled', attempts: 0 })
  return { leaf: 'other', reference: nonce, transfers: [] }
}

/** Gives lapsed holds back and forgets aliases whose day is over. Answers whether there was anything. */
export function endLapsed(books: Books): boolean {
  let found = false
  for (const [name, row] of books.nonces) {
    if (row.hold === undefined || row.hold.ends > books.time) continue
    release(books, row.hold)
    const { digest, expires, sequence, attempts, holdOp } = row
    books.nonces.set(name, { digest, expires, sequence, state: 'open', attempts, ...(holdOp && { holdOp }) })
    found = true
  }
  for (const [alias, { ends }] of books.aliases) {
    if (ends > books.time) continue
    books.aliases.delete(alias)
    found = true
  }
  return found
}
