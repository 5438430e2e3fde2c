// The chain, from the ground up. A module may call only what stands above its own line in this list.
import * as Address from './codec/Address.ts'
import * as Hash from './codec/Hash.ts'
import { createApp, type App, type TokenDomain } from './kernel/app.ts'
import type { Context } from './kernel/context.ts'
import type { Authenticate } from './kernel/dispatch.ts'
import type { Module } from './kernel/module.ts'
import type { Op } from './wire/op.ts'
import { authenticate, claimNonce, countFree, requireValidity } from './modules/accounts/index.ts'
import { accounts } from './modules/accounts/module.ts'
import { findAsset } from './modules/bank/index.ts'
import { bank } from './modules/bank/module.ts'
import { faucet } from './modules/faucet/module.ts'
import { identify } from './modules/payments/index.ts'
import { payments } from './modules/payments/module.ts'
import { policy } from './modules/policy/module.ts'
import { token } from './modules/token/module.ts'
import { toll } from './modules/toll/module.ts'

export const modules = [
  bank, //      balances and supply; every move has two sides
  accounts, //  who exists, who owns whom, who may sign
  toll, //      the network's share of a payment
  policy, //    what an account may spend: the only door by which its money leaves
  token, //     plain transfers
  payments, //  charges, authorizations, holds, refunds
] as const satisfies readonly Module[]

export const developmentModules = [...modules, faucet] as const satisfies readonly Module[]

/**
 * Signature, account and key; then what the nonce already stands for; then validity and bounds (agent-policy 6, G2 to G4).
 * An authorization's identity and validity are judged by its own rule, which knows its payer.
 */
const authenticateOp: Authenticate = (context, op) => {
  const caller = authenticate(context, op)
  if (caller === undefined) return { caller }
  const key = { address: op.message['account'] as Address.Address, asset: Address.zero, nonce: op.message['nonce'] }
  const repeat = identify(context, key, op.id)
  if (repeat !== undefined) return repeat
  requireValidity(context, { validAfter: 0, validBefore: op.message['validBefore'] as number })
  if (!op.definition.moves && !op.definition.control) countFree(context, caller.account)
  claimNative(context, key, caller.account, op)
  return { caller }
}

type NativeKey = Parameters<typeof claimNonce>[1]

function claimNative(context: Context, key: NativeKey, account: Address.Address, op: Op): void {
  const row = {
    amount: 0n,
    payee: Address.zero,
    attempts: 0,
    holdEnds: 0,
    reservation: 0,
    op: op.id,
    hold: Hash.zero,
    sequence: context.sequence,
  }
  claimNonce(context, key, account, { ...row, state: 'settled', expires: op.message['validBefore'] as number })
}

const tokenDomain: TokenDomain = (view, asset) => {
  const found = findAsset(view, asset)
  return found && { name: found.name, version: found.version, verifyingContract: asset }
}

/** A chain of these modules, under this ledger's rules of who may act. */
export function createChain(list: readonly Module[]): App {
  return createApp({ modules: list, authenticate: authenticateOp, tokenDomain })
}
