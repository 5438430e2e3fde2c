// Where the people of a run stand: who they are, what they have signed so far, and what a client of the ledger may know of it.
import type { Address, Hash, Json, Message, Op, Protocol } from '@turnpike/chain/wire'
import type { transferWithAuthorization } from '@turnpike/chain/wire/payments'
import type { AssetFacts } from '@turnpike/chain/wire/policy'
import type { Random } from '../random.ts'

/** Someone with a key. */
export type Person = { readonly name: string; readonly address: Address.Address; sign(digest: Hash.Hash): Uint8Array }

/** An agent as its owner remembers it. */
export type Agent = { readonly address: Address.Address; readonly owner: Person; readonly key: Person }

/** A payer's signed permission, to be handed in as often as anyone likes. */
export type Permission = {
  readonly message: Message<typeof transferWithAuthorization>
  readonly by: Person
  readonly signature: Uint8Array
}

export type Asset = AssetFacts & { readonly address: Address.Address; readonly name: string; readonly version: string }

export type Stage = {
  readonly protocol: Protocol
  readonly assets: readonly Asset[]
  readonly operator: Person
  readonly owners: readonly Person[]
  readonly sellers: readonly Person[]
  /** Keys for agents; each is used by one of them, and tried by more. */
  readonly keys: readonly Person[]
  readonly agents: Agent[]
  readonly permissions: Permission[]
  /** Operations of this run, for those who hand them in again. */
  readonly said: Op[]
  /** Time of the next block. */
  time: number
  /** What the operator's client may ask the ledger; undefined where it refuses. */
  ask(name: string, args: Json): Json | undefined
}

/** One thing that someone may do; undefined when there is nothing to do it with. */
export type Action = (stage: Stage, random: Random) => Op | undefined
export type Actions = { readonly [name: string]: Action }

/** Whoever has a balance and may sign for it. */
export type Payer = { readonly account: Address.Address; readonly key: Person }

/** Somebody who may pay: mostly one with money, or everything is refused. */
export function pickPayer(stage: Stage, random: Random): Payer {
  let payer = pickAnyone(stage, random)
  for (let i = random.percent(85) ? 4 : 0; i > 0 && !hasMoney(stage, payer); i--) payer = pickAnyone(stage, random)
  return payer
}

function hasMoney(stage: Stage, { account }: Payer): boolean {
  return stage.assets.some(({ address }) => {
    const balance = stage.ask('bank/balance', { account, asset: address }) as Balance | undefined
    return balance !== undefined && balance.available !== '0'
  })
}

type Balance = { readonly available: string }

/** An owner, or an agent with its key. */
export function pickAnyone({ owners, sellers, agents }: Stage, random: Random): Payer {
  if (agents.length > 0 && random.percent(60)) {
    const { address, key } = random.pick(agents)
    return { account: address, key }
  }
  const person = random.pick(random.percent(80) ? owners : sellers)
  return { account: person.address, key: person }
}

/** Somebody to pay: sellers mostly, also agents by account or key, owners, the toll's account, and addresses nobody has paid yet. */
export function pickPayee({ sellers, owners, agents, operator, keys }: Stage, random: Random): Address.Address {
  const place = random.int(100)
  if (place < 60) return random.pick(sellers).address
  if (place < 70) return random.pick(owners).address
  if (place < 80 && agents.length > 0) {
    const agent = random.pick(agents)
    return random.percent(50) ? agent.address : agent.key.address
  }
  if (place < 84) return operator.address
  if (place < 88) return random.pick(keys).address
  return `0x${random.hash().slice(2, 42)}` as Address.Address
}

/** An asset of the chain; now and then one that is none. */
export function pickAsset({ assets }: Stage, random: Random): Address.Address {
  return random.percent(97) ? random.pick(assets).address : (`0x${'99'.repeat(20)}` as Address.Address)
}

type Purse = { readonly account: Address.Address; readonly asset: Address.Address }

/** Units of an asset in a millionth of its currency. */
function scaleOf({ assets }: Stage, asset: Address.Address): bigint {
  const decimals = assets.find(({ address }) => address === asset)?.decimals ?? 6
  return 10n ** BigInt(decimals - 6)
}

/** What one cap of an agent has left, or one unit more; undefined where no cap bounds an amount. */
function pickRest(stage: Stage, random: Random, { account, asset }: Purse): bigint | undefined {
  const answer = stage.ask('policy/agent', { account }) as
    | { readonly caps: readonly { readonly remaining?: string; readonly denom?: object }[] }
    | undefined
  const caps = (answer?.caps ?? []).filter(({ remaining }) => remaining !== undefined)
  if (caps.length === 0) return undefined
  const { remaining = '0', denom = {} } = random.pick(caps)
  const scale = 'currency' in denom ? scaleOf(stage, asset) : 1n
  return BigInt(remaining) * scale + BigInt(random.int(2))
}

/** An amount: ordinary prices, a whole balance or cap to the unit and one more, nothing, and the largest there is. */
export function pickAmount(stage: Stage, random: Random, of: Purse): bigint {
  const place = random.int(100)
  const scale = scaleOf(stage, of.asset)
  const rest = place < 15 ? pickRest(stage, random, of) : undefined
  if (rest !== undefined) return rest
  if (place < 84) return BigInt(1 + random.int(3_000)) * scale + (random.percent(10) ? BigInt(random.int(1_000)) : 0n)
  if (place < 89) return BigInt(1 + random.int(12))
  if (place < 94) {
    const { available } = stage.ask('bank/balance', of) as Balance
    return BigInt(available) + BigInt(random.int(2))
  }
  if (place < 96) return 0n
  return place < 98 ? random.units(100) : (1n << 128n) - 1n
}
