// Holds the answers of the ledger against the auditor's books: balances, nonces, and what each cap has used and holds.
import type { Address, Json, Op } from '@turnpike/chain/wire'
import type { Books } from './auditor/books.ts'
import { openHolds, stateOf } from './auditor/limits.ts'
import type { Stage } from './workload/stage.ts'

type Fields = { readonly [name: string]: Json | undefined }

function balancesDifference({ balances }: Books, stage: Stage): string | undefined {
  for (const [key, { available, locked }] of balances) {
    const [account = '', asset = ''] = key.split('/')
    const answer = stage.ask('bank/balance', { account, asset }) as Fields
    if (answer['available'] !== `${available}` || answer['locked'] !== `${locked}`) {
      return `${account} has ${JSON.stringify(answer)} of ${asset}, but must have ${available} and ${locked}`
    }
  }
  return undefined
}

/** One nonce, also one that must be gone. */
function nonceDifference({ nonces }: Books, stage: Stage, name: string): string | undefined {
  const [payer = '', asset = '', nonce = ''] = name.split('/')
  const answer = stage.ask('payments/payment', { asset, payer, nonce }) as Fields
  const { state, attempts, sequence, expires } = nonces.get(name) ?? { state: 'none' }
  const isSame = answer['status'] === state && answer['sequence'] === sequence && answer['expires'] === expires
  if (isSame && answer['attempts'] === attempts) return undefined
  return `nonce ${nonce} of ${payer} is ${JSON.stringify(answer)}, but must be ${state} after ${attempts} attempts`
}

function firstNonceDifference(books: Books, stage: Stage, names: Iterable<string>): string | undefined {
  for (const name of names) {
    const difference = nonceDifference(books, stage, name)
    if (difference !== undefined) return difference
  }
  return undefined
}

/** The nonce of each permission that operations are about. */
function noncesOf(ops: readonly Op[]): readonly string[] {
  return ops
    .filter(({ definition }) => definition.family === 'authorization')
    .map(({ message }) => `${message['from'] ?? message['authorizer']}/${message['asset']}/${message['nonce']}`)
}

function agentDifference(books: Books, stage: Stage, account: Address.Address): string | undefined {
  const agent = books.agents.get(account)!
  const answer = stage.ask('policy/agent', { account }) as Fields
  const { version, status } = agent
  if (answer['version'] !== version || answer['status'] !== status)
    return `agent ${account} has version ${JSON.stringify(answer['version'])}, but must have ${version}, ${status}`
  const caps = answer['caps'] as readonly Fields[]
  for (const [i, cap] of agent.caps.entries()) {
    if (cap.terms.per.kind === 'payment') continue
    const { used, usedCount, held } = stateOf(books, cap)
    const { id, used: u, usedCount: c, held: h } = caps[i]!
    if (id !== cap.terms.id || u !== `${used}` || c !== usedCount || h !== `${held}`) {
      return `cap ${cap.terms.id} of ${account} is ${JSON.stringify(caps[i])}, but must have used ${used} in ${usedCount} and hold ${held}`
    }
  }
  const holds = openHolds(books).filter((hold) => hold.account === account).length
  return (answer['holds'] as readonly Json[]).length === holds
    ? undefined
    : `agent ${account} must have ${holds} open holds`
}

type Looking = { readonly ops: readonly Op[]; readonly isWhole: boolean }

/** The first difference: everything, or what the operations of a block are about and one agent by turns. */
export function booksDifference(books: Books, stage: Stage, { ops, isWhole }: Looking): string | undefined {
  const agents = [...books.agents.keys()]
  const one = agents.slice(books.height % Math.max(1, agents.length)).slice(0, 1)
  for (const account of isWhole ? agents : one) {
    const difference = agentDifference(books, stage, account)
    if (difference !== undefined) return difference
  }
  if (!isWhole) return firstNonceDifference(books, stage, noncesOf(ops))
  return balancesDifference(books, stage) ?? firstNonceDifference(books, stage, books.nonces.keys())
}
