// Who exists, who may sign, which nonces are spent and what is counted by the minute, each from a plain list.
import { Address, type Hash, type Op } from '@turnpike/chain/wire'
import { deny, Repeated, type AccountBook, type Books, type NonceBook } from './books.ts'

/** The account that an address stands for. */
export function resolve({ keys }: Books, address: Address.Address): Address.Address {
  return keys.get(address) ?? address
}

/** accounts/unknown_account */
export function requireAccount({ accounts }: Books, account: Address.Address): AccountBook {
  return accounts.get(account) ?? deny('accounts/unknown_account')
}

/** accounts/unknown_account, accounts/key_not_allowed */
export function requireKey(books: Books, key: Address.Address, account: Address.Address): void {
  const { kind } = requireAccount(books, account)
  const isAllowed = kind === 'agent' ? books.keys.get(key) === account : key === account && !books.keys.has(key)
  if (!isAllowed) deny('accounts/key_not_allowed')
}

/** accounts/auth_not_yet, accounts/auth_expired, accounts/auth_too_long; all in ms */
export function requireValidity({ time, terms }: Books, validAfter: number, validBefore: number): void {
  if (time <= validAfter) deny('accounts/auth_not_yet')
  if (time >= validBefore) deny('accounts/auth_expired')
  if (validBefore > time + terms.authLifetimeMaxMs) deny('accounts/auth_too_long')
}

const minuteOf = (time: number): number => Math.floor(time / 60_000)

function inThisMinute(times: readonly number[], time: number): number {
  return times.filter((at) => minuteOf(at) === minuteOf(time)).length
}

/** accounts/too_many, for operations that move no money; `countFree` once it succeeded. */
export function requireFree({ accounts, time, terms }: Books, account: Address.Address): void {
  if (inThisMinute(accounts.get(account)!.freeAt, time) >= terms.freePerMinute) deny('accounts/too_many')
}

export function countFree({ accounts, time }: Books, account: Address.Address): void {
  const book = accounts.get(account)!
  book.freeAt = [...book.freeAt.filter((at) => minuteOf(at) === minuteOf(time)), time]
}

/** accounts/too_many: at most 16 control operations about one account and minute. */
export function requireControl({ accounts, time }: Books, target: Address.Address): void {
  if (inThisMinute(accounts.get(target)!.controlAt, time) >= 16) deny('accounts/too_many')
}

export function countControl({ accounts, time }: Books, target: Address.Address): void {
  const book = accounts.get(target)!
  book.controlAt = [...book.controlAt.filter((at) => minuteOf(at) === minuteOf(time)), time]
}

export type NonceKey = { readonly address: Address.Address; readonly asset: Address.Address; readonly nonce: Hash.Hash }

/** Where a nonce stands in the books. */
export function nonceName({ address, asset, nonce }: NonceKey): string {
  return `${address}/${asset}/${nonce}`
}

/** Drops what has expired; a cancelled nonce never does. Answers whether anything was dropped. */
export function pruneNonces({ nonces, time }: Books): boolean {
  let dropped = false
  for (const [name, { expires, state }] of nonces) {
    if (expires === undefined || expires > time) continue
    if (state === 'held') throw new Error(`Nonce ${name} expires while it is held.`)
    nonces.delete(name)
    dropped = true
  }
  return dropped
}

/** A native operation's caller, once signature, account, key, identity and validity are judged. */
export type Caller = { readonly account: Address.Address; readonly key: Address.Address; settle(): void }

/** The pipeline of every native operation before its own rule (agent-policy 6, G2 to G4). */
export function requireCaller(books: Books, op: Op, signer: Address.Address | undefined): Caller {
  const { definition, message, id } = op
  if (signer === undefined) return deny('accounts/signature_invalid')
  const signed = message['account'] as Address.Address
  const account = resolve(books, signed)
  requireKey(books, signer, account)
  const name = nonceName({ address: signed, asset: Address.zero, nonce: message['nonce'] as Hash.Hash })
  const earlier = books.nonces.get(name)
  if (earlier !== undefined) {
    if (earlier.digest !== id) deny('payments/id_conflict')
    throw new Repeated(earlier.sequence)
  }
  const validBefore = message['validBefore'] as number
  requireValidity(books, 0, validBefore)
  const isFree = !definition.moves && !definition.control
  if (isFree) requireFree(books, account)
  return {
    account,
    key: signer,
    settle() {
      if (isFree) countFree(books, account)
      const row: NonceBook = {
        digest: id,
        expires: validBefore,
        sequence: books.sequence,
        state: 'settled',
        attempts: 0,
      }
      books.nonces.set(name, row)
    },
  }
}
