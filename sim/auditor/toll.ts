// The toll by its definition: all that was ever owed, as one exact fraction, minus what was taken.
import type { Address } from '@turnpike/chain/wire'
import type { Books } from './books.ts'

type Payment = { readonly payee: Address.Address; readonly asset: Address.Address; readonly amount: bigint }

/** The toll of a payment to a resolved payee. */
export function tollOf({ terms, tolls }: Books, { payee, asset, amount }: Payment): bigint {
  if (payee === terms.tollAccount) return 0n
  const { owed, taken } = tolls.get(`${payee}/${asset}`) ?? { owed: 0n, taken: 0n }
  const whole = (owed + amount * BigInt(terms.tollBasisPoints)) / 10_000n - taken
  return terms.tollMax !== undefined && whole > terms.tollMax ? terms.tollMax : whole
}

/** Books a toll that was taken. Where the most of one payment capped it, the rest is not owed. */
export function bookToll(books: Books, payment: Payment, toll: bigint): void {
  const { terms, tolls } = books
  if (payment.payee === terms.tollAccount) return
  const key = `${payment.payee}/${payment.asset}`
  const { owed, taken } = tolls.get(key) ?? { owed: 0n, taken: 0n }
  const due = owed + payment.amount * BigInt(terms.tollBasisPoints)
  const isCapped = due / 10_000n - taken > toll
  tolls.set(key, { owed: isCapped ? owed + toll * 10_000n : due, taken: taken + toll })
}
