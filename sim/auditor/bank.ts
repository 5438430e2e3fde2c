// Balances by hand: what an account has, and moves that take from one and give to another.
import type { Address } from '@turnpike/chain/wire'
import { deny, openAccountBook, type BalanceBook, type Books, type Transfer } from './books.ts'

type Of = { readonly account: Address.Address; readonly asset: Address.Address }

/** The balance, opened empty where there was none. */
export function balanceOf({ balances }: Books, { account, asset }: Of): BalanceBook {
  const key = `${account}/${asset}`
  const found = balances.get(key) ?? { available: 0n, locked: 0n }
  balances.set(key, found)
  return found
}

/** bank/unknown_asset */
export function requireAsset(
  { terms }: Books,
  asset: Address.Address,
): { readonly decimals: number; readonly currency: string } {
  return terms.assets.get(asset) ?? deny('bank/unknown_asset')
}

/** wire/amount_invalid */
export function requireAmount(amount: bigint): void {
  if (amount < 1n || amount >= 1n << 128n) deny('wire/amount_invalid')
}

/** bank/balance */
export function requireAvailable(books: Books, of: Of, amount: bigint): void {
  if (balanceOf(books, of).available < amount) deny('bank/balance')
}

/** bank/below_minimum: the first credit of an account opens it and must be large enough. */
export function requireFirstCredit({ accounts, terms }: Books, account: Address.Address, amount: bigint): void {
  if (!accounts.has(account) && amount < terms.accountMin) deny('bank/below_minimum')
}

export type Payment = Transfer & {
  /** Resolved ends. */
  readonly payer: Address.Address
  readonly payee: Address.Address
  readonly toll: bigint
  readonly fromLocked: boolean
}

/** Books a payment that was judged: three balances, and an account if it is the payee's first credit. Returns the stated transfers. */
export function book(
  books: Books,
  { from, to, payer, payee, asset, amount, toll, fromLocked }: Payment,
): readonly Transfer[] {
  const { tollAccount } = books.terms
  if (!books.accounts.has(payee)) books.accounts.set(payee, openAccountBook('owner', books.time))
  const source = balanceOf(books, { account: payer, asset })
  if (fromLocked) source.locked -= amount
  else source.available -= amount
  if (source.locked < 0n || source.available < 0n) throw new Error(`The books of ${payer} would go below zero.`)
  balanceOf(books, { account: payee, asset }).available += amount - toll
  const paid = { from, to, asset, amount }
  if (toll === 0n) return [paid]
  balanceOf(books, { account: tollAccount, asset }).available += toll
  return [paid, { from: to, to: tollAccount, asset, amount: toll }]
}

/** Sets money aside, or gives it back when the amount is negative. */
export function lock(books: Books, of: Of, amount: bigint): void {
  const balance = balanceOf(books, of)
  balance.available -= amount
  balance.locked += amount
  if (balance.locked < 0n || balance.available < 0n) throw new Error(`The books of ${of.account} would go below zero.`)
}

/** What is wrong with the sums: every unit that was issued is in one balance. */
export function sumProblem({ balances, supply }: Books): string | undefined {
  const sums = new Map<string, bigint>()
  for (const [key, { available, locked }] of balances) {
    const asset = key.slice(key.indexOf('/') + 1)
    sums.set(asset, (sums.get(asset) ?? 0n) + available + locked)
  }
  for (const [asset, sum] of sums) {
    if (sum !== (supply.get(asset as Address.Address) ?? 0n))
      return `the books hold ${sum} of ${asset}, not what was issued`
  }
  return undefined
}
