// Asks what a payment would come to now: the ledger's own evaluator, nothing moved, nothing promised. Private.
import type { Address, Retry } from '@turnpike/chain/wire'
import { checkQuestion } from '@turnpike/chain/wire/policy'
import type { Account } from '../account.ts'
import * as answer from '../answer.ts'
import { getAsset } from '../chain.ts'
import type { Client } from '../client.ts'
import { unitsOf, type Amount } from '../money.ts'
import { askPrivately } from '../question.ts'
import { parseAddress } from '../sign.ts'

/** What the ledger would say. */
export type CheckResult = {
  /** What is left of each cap that counts money, in cap units. */
  readonly remaining: readonly { readonly capId: string; readonly units: bigint }[]
  /** Of the state that was asked. */
  readonly height: number
  readonly nowMs: number
} & (
  | { readonly decision: 'allow' }
  | {
      readonly decision: 'deny'
      readonly code: string
      readonly message: string
      readonly hint: string
      readonly retry: Retry
      readonly capId: string | undefined
      readonly resetsAtMs: number | undefined
    }
)

/** A payment that was not made yet. */
export type Check = {
  readonly account: string
  readonly payee: string
  readonly amount: Amount
  readonly asset?: string
  /** A key of the account or of its owner. */
  readonly signer?: Account
}

/** Checks a payment. @throws LedgerError `accounts/not_yours` */
export async function checkPayment(
  client: Client,
  { account, payee, amount, asset: named, signer }: Check,
): Promise<CheckResult> {
  const asset = getAsset(await client.chain(), named)
  const parsed: Address.Address = parseAddress(account)
  const args = { account: parsed, payee: parseAddress(payee), asset: asset.address, amount: unitsOf(amount, asset) }
  const of = answer.fields(
    await askPrivately(client, { name: 'policy/check', codec: checkQuestion, args, signer }),
    'check',
  )
  const common = {
    remaining: answer.list(of, 'remaining', (entry) => ({
      capId: answer.text(entry, 'capId'),
      units: answer.units(entry, 'units'),
    })),
    height: answer.integer(of, 'height'),
    nowMs: answer.integer(of, 'now'),
  }
  if (answer.text(of, 'decision') === 'allow') return { decision: 'allow', ...common }
  return {
    decision: 'deny',
    code: answer.text(of, 'reason'),
    message: answer.text(of, 'message'),
    hint: answer.text(of, 'hint'),
    retry: answer.retryOf(of['retry'], 'never'),
    capId: answer.optionalText(of, 'capId'),
    resetsAtMs: answer.optionalInteger(of, 'resetsAt'),
    ...common,
  }
}
