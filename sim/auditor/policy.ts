// What agents may spend and what owners may change, judged in the order of the specification from the books alone.
import { encode, Hash, keccak256, sha256, Address, Hex, type Message } from '@turnpike/chain/wire'
import {
  documentCodec,
  renderWords,
  type createAgent,
  type freeze,
  type proposePolicy,
  type sweep,
  type tightenPolicy,
  type unfreeze,
} from '@turnpike/chain/wire/policy'
import { countControl, requireAccount, requireControl, resolve, type Caller } from './accounts.ts'
import { book, lock, requireAmount, requireAsset, requireAvailable, requireFirstCredit } from './bank.ts'
import {
  deny,
  openAccountBook,
  type AgentBook,
  type Books,
  type Document,
  type ExpectedReceipt,
  type HoldBook,
  type Transfer,
  type Waiting,
} from './books.ts'
import { freshCaps, isNarrower, replaceDocument, requireValid, termOf } from './changes.ts'
import { count, countingCaps, openHolds, requireRoom } from './limits.ts'

/** A wish to pay, its ends resolved (`account`, `payee`) and as signed (`from`, `to`). */
export type Wish = {
  readonly account: Address.Address
  readonly payee: Address.Address
  readonly from: Address.Address
  readonly to: Address.Address
  readonly asset: Address.Address
  readonly amount: bigint
  readonly validBefore: number
  readonly scheme: 'charge' | 'transfer'
  readonly family: 'native' | 'eip3009'
}

/** Everything that is judged before the balance. Answers the agent that pays, if it is one. */
function requireAllowed(books: Books, wish: Wish): AgentBook | undefined {
  const { account, payee, asset, amount } = wish
  requireAmount(amount)
  if (account === payee) deny('bank/same_account')
  requireAsset(books, asset)
  const agent = books.agents.get(account)
  if (agent === undefined) return undefined
  const [from, until] = termOf(agent.document, agent.created)
  if (agent.status === 'frozen') deny('policy/frozen')
  if (books.time < from) deny('policy/not_yet')
  if (books.time >= until) deny('policy/expired')
  if (wish.scheme !== 'charge') deny('policy/scheme_not_allowed')
  if (!agent.document.assets.includes(asset)) deny('policy/asset_not_allowed')
  const { mode, list } = agent.document.payees
  const isListed = list.some((entry) => resolve(books, entry.payee) === payee || entry.payee === wish.to)
  if (isListed !== (mode === 'allow')) deny('policy/payee_not_allowed')
  if (wish.validBefore - books.time > agent.document.maxAuthLifetimeMs[wish.family]) deny('accounts/auth_too_long')
  requireRoom(books, agent, asset, amount)
  return agent
}

type Paid = { readonly transfers: readonly Transfer[]; readonly policyVersion: number }

/** Judges and books a payment. */
export function spend(books: Books, wish: Wish, toll: bigint): Paid {
  const { account, payee, from, to, asset, amount } = wish
  const agent = requireAllowed(books, wish)
  requireFirstCredit(books, payee, amount - toll)
  requireAvailable(books, { account, asset }, amount)
  if (agent !== undefined) count(books, countingCaps(books, agent, asset), asset, amount)
  const transfers = book(books, { from, to, payer: account, payee, asset, amount, toll, fromLocked: false })
  return { transfers, policyVersion: agent?.version ?? 0 }
}

/** Judges a payment and sets its money and budget aside, unless the account has as many holds as it may: it has judged then. */
export function reserve(
  books: Books,
  wish: Wish,
  { op, toll, ends }: { readonly op: Hash.Hash; readonly toll: bigint; readonly ends: number },
): HoldBook | undefined {
  const { account, payee, asset, amount } = wish
  const agent = requireAllowed(books, wish)
  requireFirstCredit(books, payee, amount - toll)
  requireAvailable(books, { account, asset }, amount)
  if (openHolds(books).filter((hold) => hold.account === account).length >= 64) return undefined
  lock(books, { account, asset }, amount)
  const caps = agent === undefined ? [] : countingCaps(books, agent, asset)
  return { op, account, asset, amount, payee, ends, policyVersion: agent?.version ?? 0, caps }
}

/** Books a payment whose money was set aside; no cap is judged again. */
export function capture(books: Books, hold: HoldBook, wish: Wish, toll: bigint): Paid {
  const { account, payee, from, to, asset, amount } = wish
  if (account === payee) deny('bank/same_account')
  requireFirstCredit(books, payee, amount - toll)
  const inForce = books.agents.get(account)?.caps ?? []
  const caps = hold.caps.filter((cap) => inForce.includes(cap))
  count(books, caps, asset, amount)
  const transfers = book(books, { from, to, payer: account, payee, asset, amount, toll, fromLocked: true })
  return { transfers, policyVersion: hold.policyVersion }
}

/** Gives back what was set aside. */
export function release(books: Books, { account, asset, amount }: HoldBook): void {
  lock(books, { account, asset }, -amount)
}

type Signed = { readonly document: Document; readonly policy: Hash.Hash; readonly words: string }

function requireDocument(books: Books, { document, policy, words }: Signed, created: number): void {
  if (Hash.fromBytes(sha256(encode(documentCodec, document))) !== policy) deny('policy/policy_invalid')
  requireValid(books, document, created)
  if (renderWords(document, (asset) => books.terms.assets.get(asset)) !== words) deny('policy/words_differ')
}

/** The address of an agent, by its definition. */
function agentAddress(owner: Address.Address, salt: Hash.Hash): Address.Address {
  const preimage = [...new TextEncoder().encode('turnpike/agent/v1'), ...Hex.toBytes(owner), ...Hex.toBytes(salt)]
  return Address.fromBytes(keccak256(Uint8Array.from(preimage)), 12)
}

const referenceTo = (address: Address.Address): Hash.Hash => Hash.parse(address + '0'.repeat(24))!

/** policy/createAgent; `prover` is who signed the proof of the key. */
export function expectCreateAgent(
  books: Books,
  message: Message<typeof createAgent>,
  caller: Caller,
  prover: Address.Address | undefined,
): ExpectedReceipt {
  const { salt, key, document } = message
  const owner = caller.account
  requireDocument(books, message, books.time)
  const owning = requireAccount(books, owner)
  if (owning.kind !== 'owner') deny('accounts/not_yours')
  if (prover !== key) deny('accounts/key_unproven')
  const address = agentAddress(owner, salt)
  if (books.agents.has(address)) deny('accounts/agent_exists')
  if (books.keys.has(key) || books.accounts.has(key)) deny('accounts/key_not_allowed')
  if (owning.agents >= 1_024) deny('accounts/too_many')
  owning.agents++
  books.accounts.set(address, openAccountBook('agent', books.time, owner))
  books.keys.set(key, address)
  books.agents.set(address, {
    address,
    key,
    created: books.time,
    version: 1,
    status: 'active',
    document,
    caps: freshCaps(document),
    pendingPolicy: undefined,
    pendingUnfreeze: undefined,
    waiting: [],
  })
  return { leaf: 'other', policyVersion: 1, reference: referenceTo(address), transfers: [] }
}

/** accounts/unknown_account, policy/change_not_allowed, accounts/not_yours */
function requireOwned(books: Books, named: Address.Address, caller: Caller): Address.Address {
  const account = resolve(books, named)
  requireAccount(books, account)
  if (caller.account === account) deny('policy/change_not_allowed')
  if (books.accounts.get(account)!.owner !== caller.account) deny('accounts/not_yours')
  return account
}

function findAgent(books: Books, named: Address.Address, caller: Caller): AgentBook {
  return books.agents.get(requireOwned(books, named, caller)) ?? deny('policy/no_policy')
}

function voidPending(agent: AgentBook): void {
  agent.pendingPolicy = undefined
  agent.pendingUnfreeze = undefined
}

function changeReceipt({ address, version }: AgentBook): ExpectedReceipt {
  return { leaf: 'other', policyVersion: version, reference: referenceTo(address), transfers: [] }
}

/** policy/freeze */
export function expectFreeze(books: Books, message: Message<typeof freeze>, caller: Caller): ExpectedReceipt {
  const agent = findAgent(books, message.agent, caller)
  requireControl(books, agent.address)
  countControl(books, agent.address)
  agent.status = 'frozen'
  agent.version++
  voidPending(agent)
  return changeReceipt(agent)
}

/** policy/tightenPolicy */
export function expectTighten(books: Books, message: Message<typeof tightenPolicy>, caller: Caller): ExpectedReceipt {
  const agent = findAgent(books, message.agent, caller)
  requireControl(books, agent.address)
  if (message.baseVersion !== agent.version) deny('policy/change_stale')
  requireDocument(books, message, agent.created)
  if (!isNarrower(agent.document, message.document, agent.created)) deny('policy/not_tighter')
  countControl(books, agent.address)
  replaceDocument(books, agent, message.document)
  voidPending(agent)
  return changeReceipt(agent)
}

/** policy/proposePolicy */
export function expectPropose(books: Books, message: Message<typeof proposePolicy>, caller: Caller): ExpectedReceipt {
  const agent = findAgent(books, message.agent, caller)
  if (message.baseVersion !== agent.version) deny('policy/change_stale')
  requireDocument(books, message, agent.created)
  const at = announce(books, agent, 'policy')
  if (at === books.time) replaceDocument(books, agent, message.document)
  agent.pendingPolicy = at === books.time ? undefined : { document: message.document, at }
  return changeReceipt(agent)
}

/** policy/unfreeze */
export function expectUnfreeze(books: Books, message: Message<typeof unfreeze>, caller: Caller): ExpectedReceipt {
  const agent = findAgent(books, message.agent, caller)
  if (agent.status !== 'frozen') deny('policy/not_frozen')
  const at = announce(books, agent, 'unfreeze')
  agent.pendingUnfreeze = at === books.time ? undefined : { at }
  if (at === books.time) {
    agent.status = 'active'
    agent.version++
  }
  return changeReceipt(agent)
}

/** When what is announced now takes effect: after the delay, and not before the day that its kind waits for already. */
function announce(books: Books, agent: AgentBook, kind: Waiting['kind']): number {
  const day = agent.waiting.find((waiting) => waiting.kind === kind)?.at
  const at = Math.max(books.time + agent.document.change.loosenDelayMs, day ?? 0)
  if (day === undefined && at > books.time) agent.waiting = [...agent.waiting, { at, kind }]
  return at
}

/** policy/sweep */
export function expectSweep(books: Books, message: Message<typeof sweep>, caller: Caller): ExpectedReceipt {
  const { asset, amount } = message
  const agent = requireOwned(books, message.agent, caller)
  requireAsset(books, asset)
  requireAmount(amount)
  requireAvailable(books, { account: agent, asset }, amount)
  const ends = { from: agent, to: caller.account, payer: agent, payee: caller.account }
  const transfers = book(books, { ...ends, asset, amount, toll: 0n, fromLocked: false })
  return {
    leaf: 'other',
    payment: { payer: agent, account: agent, payee: caller.account, asset, amount, toll: 0n },
    transfers,
  }
}

/** Carries out what has waited long enough, in the order of its day. Answers whether anything had. */
export function applyWaiting(books: Books): boolean {
  let found = false
  const due = [...books.agents.values()]
    .flatMap((agent) => agent.waiting.map((waiting) => ({ agent, waiting })))
    .filter(({ waiting }) => waiting.at <= books.time)
    .toSorted((a, b) => a.waiting.at - b.waiting.at)
  for (const { agent, waiting } of due) {
    found = true
    const { kind } = waiting
    const change = kind === 'policy' ? agent.pendingPolicy : agent.pendingUnfreeze
    const later = change !== undefined && change.at > books.time ? [{ at: change.at, kind }] : []
    agent.waiting = [...agent.waiting.filter((other) => other !== waiting), ...later]
    if (change === undefined || later.length > 0) continue
    if (kind === 'unfreeze') {
      agent.pendingUnfreeze = undefined
      agent.status = 'active'
      agent.version++
    } else {
      const { document } = agent.pendingPolicy!
      agent.pendingPolicy = undefined
      replaceDocument(books, agent, document)
    }
  }
  return found
}
