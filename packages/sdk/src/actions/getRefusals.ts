// Asks what the ledger refused an account lately, and why. Private.
import { codec } from '@turnpike/chain/wire'
import type { Account } from '../account.ts'
import * as answer from '../answer.ts'
import type { Client } from '../client.ts'
import { askPrivately } from '../question.ts'
import { parseAddress } from '../sign.ts'

/** A payment that did not happen. */
export type PastRefusal = {
  readonly timeMs: number
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly payee: string | undefined
  readonly amount: bigint | undefined
}

const refusalsCodec = codec.record({ account: codec.address, limit: codec.optional(codec.u32) })
const defaultLimit = 100

/** The last refusals of an account, newest first. @throws LedgerError `accounts/not_yours` */
export async function getRefusals(
  client: Client,
  {
    account,
    limit = defaultLimit,
    signer,
  }: { readonly account: string; readonly limit?: number; readonly signer?: Account },
): Promise<readonly PastRefusal[]> {
  const args = { account: parseAddress(account), limit }
  const of = answer.fields(
    await askPrivately(client, { name: 'policy/refusals', codec: refusalsCodec, args, signer }),
    'refusals',
  )
  return answer.list(of, 'refusals', (entry) => ({
    timeMs: answer.integer(entry, 'time'),
    code: answer.text(entry, 'code'),
    message: answer.text(entry, 'message'),
    hint: answer.text(entry, 'hint'),
    payee: answer.optionalText(entry, 'payee'),
    amount: answer.optionalUnits(entry, 'amount'),
  }))
}
