// The auditor's own books: plain maps and lists, no rows, no journal, no caches, nothing of the chain but its wire format.
import type { Address, Hash, Message } from '@turnpike/chain/wire'
import type { createAgent } from '@turnpike/chain/wire/policy'

/** The policy document as messages carry it. */
export type Document = Message<typeof createAgent>['document']
export type CapTerms = Document['caps'][number]

/** What genesis says that matters to the rules. */
export type Terms = {
  readonly operator: Address.Address
  readonly tollAccount: Address.Address
  readonly tollBasisPoints: number
  readonly tollMax: bigint | undefined
  readonly accountMin: bigint
  readonly authLifetimeMaxMs: number
  readonly freePerMinute: number
  readonly holdMaxMs: number
  readonly verifyHolds: boolean
  readonly faucetMax: bigint
  readonly faucetSupply: bigint
  readonly assets: ReadonlyMap<
    Address.Address,
    { readonly symbol: string; readonly decimals: number; readonly currency: string }
  >
}

/** An account: who owns it (an agent), and when its operations that are counted by the minute succeeded. */
export type AccountBook = {
  readonly kind: 'owner' | 'agent'
  readonly owner: Address.Address | undefined
  readonly created: number
  agents: number
  freeAt: number[]
  controlAt: number[]
}

export type BalanceBook = { available: bigint; locked: bigint }

/** All that a payee ever owed, in 1/10,000 of a unit, and what was taken of it. */
export type TollBook = { owed: bigint; taken: bigint }

/** A nonce: what it stands for, since when, until when. `expires` is undefined for a cancelled one. */
export type NonceBook = {
  readonly digest: Hash.Hash
  readonly expires: number | undefined
  readonly sequence: number
  readonly state: 'open' | 'held' | 'settled' | 'cancelled'
  readonly attempts: number
  /** What is set aside while the state is held. */
  readonly hold?: HoldBook
  /** The operation of the newest hold, open or not. */
  readonly holdOp?: Hash.Hash
}

export type HoldBook = {
  /** The operation that took it. */
  readonly op: Hash.Hash
  readonly account: Address.Address
  readonly asset: Address.Address
  readonly amount: bigint
  readonly payee: Address.Address
  readonly ends: number
  readonly policyVersion: number
  /** The caps that it is held in. */
  readonly caps: readonly CapBook[]
}

/** What an alias stands for. */
export type AliasBook = { readonly content: string; readonly sequence: number; readonly ends: number }

/** One cap and every payment that it has counted. */
export type CapBook = { readonly terms: CapTerms; entries: CapEntry[] }
export type CapEntry = { readonly time: number; readonly amount: bigint; readonly count: number }

/** Something that waits for its day. */
export type Waiting = { readonly at: number; readonly kind: 'policy' | 'unfreeze' }

export type AgentBook = {
  readonly address: Address.Address
  readonly key: Address.Address
  readonly created: number
  version: number
  status: 'active' | 'frozen'
  document: Document
  caps: CapBook[]
  pendingPolicy: { readonly document: Document; readonly at: number } | undefined
  pendingUnfreeze: { readonly at: number } | undefined
  waiting: Waiting[]
}

/** Money that went from one account to another, with the addresses as signed. */
export type Transfer = {
  readonly from: Address.Address
  readonly to: Address.Address
  readonly asset: Address.Address
  readonly amount: bigint
}

export type Books = {
  readonly terms: Terms
  time: number
  height: number
  /** Number of the next receipt. */
  sequence: number
  readonly accounts: Map<Address.Address, AccountBook>
  readonly keys: Map<Address.Address, Address.Address>
  readonly balances: Map<string, BalanceBook>
  readonly supply: Map<Address.Address, bigint>
  readonly tolls: Map<string, TollBook>
  readonly nonces: Map<string, NonceBook>
  readonly aliases: Map<string, AliasBook>
  readonly agents: Map<Address.Address, AgentBook>
  /** Every operation that has a receipt, and the number of its newest one. */
  readonly done: Map<Hash.Hash, number>
}

/** The books at genesis: operator and toll account exist and have nothing. */
export function openBooks(terms: Terms, time: number): Books {
  const accounts = new Map<Address.Address, AccountBook>()
  for (const address of [terms.operator, terms.tollAccount]) accounts.set(address, openAccountBook('owner', time))
  return {
    terms,
    time,
    height: 0,
    sequence: 0,
    accounts,
    keys: new Map(),
    balances: new Map(),
    supply: new Map(),
    tolls: new Map(),
    nonces: new Map(),
    aliases: new Map(),
    agents: new Map(),
    done: new Map(),
  }
}

/** A fresh account. */
export function openAccountBook(kind: AccountBook['kind'], created: number, owner?: Address.Address): AccountBook {
  return { kind, owner, created, agents: 0, freeAt: [], controlAt: [] }
}

/** Thrown where the rules say no. */
export class Denied extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.name = 'Denied'
    this.code = code
  }
}

/** Says no, with the code that the specification gives. */
export function deny(code: string): never {
  throw new Denied(code)
}

/** What the auditor expects of an operation. */
export type Expected =
  | { readonly kind: 'refusal'; readonly code: string }
  | { readonly kind: 'repeat'; readonly sequence: number }
  | ({ readonly kind: 'receipt' } & ExpectedReceipt)

export type ExpectedReceipt = {
  readonly leaf: 'payment' | 'refund' | 'hold' | 'other'
  readonly payment?: {
    readonly payer: Address.Address
    readonly account: Address.Address
    readonly payee: Address.Address
    readonly asset: Address.Address
    readonly amount: bigint
    readonly toll: bigint
  }
  readonly policyVersion?: number
  readonly reference?: Hash.Hash
  readonly transfers: readonly Transfer[]
}

/** The operation repeats the receipt with this number. */
export class Repeated extends Error {
  readonly sequence: number

  constructor(sequence: number) {
    super(`repeats ${sequence}`)
    this.name = 'Repeated'
    this.sequence = sequence
  }
}
