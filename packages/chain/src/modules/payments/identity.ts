// Same content, same outcome: what a nonce or an alias already stands for (agent-policy 12).
import { assert } from '../../assert.ts'
import type { Address } from '../../codec/Address.ts'
import * as Hash from '../../codec/Hash.ts'
import * as codec from '../../codec/Codec.ts'
import type { Units } from '../../codec/Units.ts'
import { sha256 } from '../../crypto/hash.ts'
import type { Context } from '../../kernel/context.ts'
import type { Repeat } from '../../kernel/dispatch.ts'
import type { Due } from '../../kernel/module.ts'
import { findNonce, type NonceKey } from '../accounts/index.ts'
import { accountsRefusals } from '../accounts/wire.ts'
import type { OpId } from '../../wire/op.ts'
import { aliasCounts, aliasEnds, aliases, aliasRing } from './state.ts'
import { aliasesMax, aliasLifetimeMs, paymentsRefusals } from './wire.ts'

/**
 * The receipt that a native operation repeats, or undefined when its nonce is fresh.
 * @throws Refusal payments/id_conflict, accounts/nonce_used
 */
export function identify(context: Context, key: NonceKey, op: OpId): Repeat | undefined {
  const row = findNonce(context, key)
  if (row === undefined) return undefined
  if (row.state === 'cancelled') accountsRefusals.refuse('nonce_used', { nonce: key.nonce, payer: key.address })
  if (row.op !== op) paymentsRefusals.refuse('id_conflict', { what: 'Nonce', id: key.nonce, payer: key.address })
  return { repeats: row.sequence }
}

/** What a payment is, apart from its nonce and validity. Accounts are resolved. */
export type Content = {
  readonly account: Address
  readonly payee: Address
  readonly asset: Address
  readonly amount: Units
}
const content = codec.record({
  account: codec.address,
  payee: codec.address,
  asset: codec.address,
  amount: codec.units,
})

function contentHash(of: Content): Hash.Hash {
  return Hash.fromBytes(sha256(codec.encode(content, of)))
}

/** What an alias already stands for: the receipt of the same content, other content, or nothing yet. */
export function findAlias(context: Context, alias: Hash.Hash, of: Content): Repeat | 'other' | undefined {
  const found = aliases.find(context, { account: of.account, alias })
  if (found === undefined) return undefined
  return found.content === contentHash(of) ? { repeats: found.sequence } : 'other'
}

/** Says that an alias stands for other content. @throws Refusal payments/id_conflict always */
export function refuseAlias(alias: Hash.Hash, { account }: Content): never {
  return paymentsRefusals.refuse('id_conflict', { what: 'Payment identifier', id: alias, payer: account })
}

/** Remembers that an alias, which stands for nothing yet, stands for the running operation's receipt; the oldest of 1,024 makes room. */
export function keepAlias(context: Context, alias: Hash.Hash, of: Content): void {
  const { account } = of
  assert(aliases.slotOf(context, { account, alias }) < 0, `Alias ${alias} of ${account} stands for a payment already.`)
  const number = aliasCounts.find(context, account) ?? 0
  const place = number % aliasesMax
  const oldest = aliasRing.find(context, { account, place })
  if (oldest !== undefined) aliases.remove(context, { account, alias: oldest.alias })
  aliasRing.put(context, { account, place }, { alias, number })
  aliases.put(context, { account, alias }, { content: contentHash(of), sequence: context.sequence, number })
  aliasCounts.put(context, account, number + 1)
  aliasEnds.push(context, context.time + aliasLifetimeMs, { account, number })
}

/** Drops aliases whose day is over. */
export const endAliases: Due = {
  name: 'payments/endAliases',
  run(context) {
    const ended = aliasEnds.take(context)
    if (ended === undefined) return false
    const { account, number } = ended
    const place = number % aliasesMax
    const entry = aliasRing.find(context, { account, place })
    // A newer alias may have taken the place already.
    if (entry?.number !== number) return true
    aliases.remove(context, { account, alias: entry.alias })
    aliasRing.remove(context, { account, place })
    return true
  },
}
