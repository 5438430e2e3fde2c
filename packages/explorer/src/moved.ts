// Money that moved, as receipts, history and the stream tell it alike.
import { optionalText, optionalUnits, text, units } from './reader.ts'
import type { Fields } from './reader.ts'

/** Who paid whom how much of what, and the toll on it; in base units. */
export type Moved = {
  readonly payer: string
  /** Whose money it was: the payer may be a key of the account. */
  readonly account: string
  readonly payee: string
  readonly asset: string
  readonly amount: bigint
  readonly toll: bigint
}

/** Reads what moved. @throws LedgerError `page/malformed_answer` */
export function readMoved(fields: Fields): Moved {
  const payer = text(fields, 'payer')
  return {
    payer,
    account: optionalText(fields, 'account') ?? payer,
    payee: text(fields, 'payee'),
    asset: text(fields, 'asset').toLowerCase(),
    amount: units(fields, 'amount'),
    toll: optionalUnits(fields, 'toll') ?? 0n,
  }
}

const emptyReference = /^(0x)?0*$/

/** What an operation refers to, if it refers to anything. */
export function readReference(fields: Fields): string | undefined {
  const reference = optionalText(fields, 'reference')
  return reference === undefined || emptyReference.test(reference) ? undefined : reference
}
