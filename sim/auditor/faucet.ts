// faucet/drip: only the operator gives, never more at once nor in all than genesis says.
import { Address, type Message } from '@turnpike/chain/wire'
import type { drip } from '@turnpike/chain/wire/faucet'
import { resolve, type Caller } from './accounts.ts'
import { balanceOf, requireAsset, requireFirstCredit } from './bank.ts'
import { deny, openAccountBook, type Books, type ExpectedReceipt } from './books.ts'

/** faucet/drip */
export function expectDrip(books: Books, { to, asset, amount }: Message<typeof drip>, caller: Caller): ExpectedReceipt {
  const { operator, faucetMax, faucetSupply } = books.terms
  if (caller.account !== operator) deny('accounts/not_yours')
  requireAsset(books, asset)
  if (amount === 0n) deny('wire/amount_invalid')
  if (amount > faucetMax) deny('faucet/too_much')
  const issued = books.supply.get(asset) ?? 0n
  if (issued + amount > faucetSupply) deny('faucet/empty')
  const account = resolve(books, to)
  requireFirstCredit(books, account, amount)
  if (!books.accounts.has(account)) books.accounts.set(account, openAccountBook('owner', books.time))
  books.supply.set(asset, issued + amount)
  balanceOf(books, { account, asset }).available += amount
  return {
    leaf: 'other',
    payment: { payer: operator, account: operator, payee: to, asset, amount, toll: 0n },
    transfers: [{ from: Address.zero, to, asset, amount }],
  }
}
