// Asks for all that an owner wants to see of an agent: policy in words, limits with what is left, money, worst loss. Private.
import { codec, type Address } from '@turnpike/chain/wire'
import type { Account } from '../account.ts'
import * as answer from '../answer.ts'
import type { Client } from '../client.ts'
import { askPrivately } from '../question.ts'
import { parseAddress } from '../sign.ts'

/** A cap with what is left of it: amounts in cap units (10^-6 of its currency, or base units of its asset). */
export type CapState = {
  readonly id: string
  readonly per: string
  readonly maxAmount: bigint | undefined
  readonly maxCount: number | undefined
  readonly used: bigint
  readonly held: bigint
  readonly remaining: bigint | undefined
  readonly remainingCount: number | undefined
  readonly resetsAtMs: number | undefined
}

/** Money set aside that can still be settled, whatever becomes of the agent. */
export type OpenHold = {
  readonly payee: Address.Address
  readonly asset: Address.Address
  readonly amount: bigint
  readonly endsMs: number
}

/** An agent as its owner sees it. */
export type Agent = {
  readonly account: Address.Address
  readonly owner: Address.Address
  readonly status: string
  readonly version: number
  readonly words: string
  readonly balances: readonly { readonly asset: Address.Address; readonly available: bigint; readonly held: bigint }[]
  readonly caps: readonly CapState[]
  readonly holds: readonly OpenHold[]
  readonly pending: { readonly effectiveAtMs: number; readonly words: string } | undefined
  readonly unfreezesAtMs: number | undefined
  /** Cap units of the policy's currency. */
  readonly worstToday: bigint
  readonly worstNow: bigint
  readonly sentence: string
}

const subject = codec.record({ account: codec.address })

function readCap(of: answer.Fields): CapState {
  return {
    id: answer.text(of, 'id'),
    per: answer.text(answer.fields(of['per'], 'per'), 'kind'),
    maxAmount: answer.optionalUnits(of, 'maxAmount'),
    maxCount: answer.optionalInteger(of, 'maxCount'),
    used: answer.units(of, 'used'),
    held: answer.units(of, 'held'),
    remaining: answer.optionalUnits(of, 'remaining'),
    remainingCount: answer.optionalInteger(of, 'remainingCount'),
    resetsAtMs: answer.optionalInteger(of, 'resetsAt'),
  }
}

function readAgent(of: answer.Fields): Agent {
  const pending = of['pending'] === undefined ? undefined : answer.fields(of['pending'], 'pending')
  const unfreeze =
    of['pendingUnfreeze'] === undefined ? undefined : answer.fields(of['pendingUnfreeze'], 'pendingUnfreeze')
  return {
    account: answer.address(of, 'account'),
    owner: answer.address(of, 'owner'),
    status: answer.text(of, 'status'),
    version: answer.integer(of, 'version'),
    words: answer.text(of, 'words'),
    balances: answer.list(of, 'balances', (entry) => ({
      asset: answer.address(entry, 'asset'),
      available: answer.units(entry, 'available'),
      held: answer.units(entry, 'held'),
    })),
    caps: answer.list(of, 'caps', readCap),
    holds: answer.list(of, 'holds', (entry) => ({
      payee: answer.address(entry, 'payee'),
      asset: answer.address(entry, 'asset'),
      amount: answer.units(entry, 'amount'),
      endsMs: answer.integer(entry, 'ends'),
    })),
    pending: pending && { effectiveAtMs: answer.integer(pending, 'effectiveAt'), words: answer.text(pending, 'words') },
    unfreezesAtMs: unfreeze && answer.integer(unfreeze, 'effectiveAt'),
    worstToday: answer.units(of, 'worstToday'),
    worstNow: answer.units(of, 'worstNow'),
    sentence: answer.text(of, 'sentence'),
  }
}

/** An agent, by its account or a key of it. `signer`: a key of the agent or its owner. @throws LedgerError `accounts/not_yours` */
export async function getAgent(
  client: Client,
  { agent, signer }: { readonly agent: string; readonly signer?: Account },
): Promise<Agent> {
  const args = { account: parseAddress(agent) }
  return readAgent(
    answer.fields(await askPrivately(client, { name: 'policy/agent', codec: subject, args, signer }), 'agent'),
  )
}
