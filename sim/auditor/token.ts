// token/transfer: an owner's money to another account, without toll.
import type { Message } from '@turnpike/chain/wire'
import type { transfer } from '@turnpike/chain/wire/token'
import { resolve, type Caller } from './accounts.ts'
import type { Books, ExpectedReceipt } from './books.ts'
import { spend } from './policy.ts'

/** token/transfer */
export function expectTransfer(books: Books, message: Message<typeof transfer>, caller: Caller): ExpectedReceipt {
  const { account: from, to, asset, amount, reference, validBefore } = message
  const wish = { account: caller.account, payee: resolve(books, to), from, to, asset, amount, validBefore }
  const { transfers, policyVersion } = spend(books, { ...wish, scheme: 'transfer', family: 'native' }, 0n)
  const payment = { payer: from, account: caller.account, payee: to, asset, amount, toll: 0n }
  return { leaf: 'other', payment, policyVersion, reference, transfers }
}
