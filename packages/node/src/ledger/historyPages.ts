// Lists and sums of history, as pages show them. Amounts are decimal strings of base units, times milliseconds. A list
// ends with a cursor where there is more; where receipts were dropped it says from where on history is kept.
import { decodeLeaf, Hex } from '@turnpike/chain/wire'
import type { codec } from '@turnpike/chain/wire'
import type { Database } from '../machine/Machine.ts'
import { encodeCursor } from './historyBudget.ts'
import type { Budget } from './historyBudget.ts'
import { addressOf, createSeller, createTotals } from './historyBooks.ts'
import { accountKey, hasBytes, keyKinds } from './historyKeys.ts'
import type { AccountRole, Look } from './historyKeys.ts'
import { readLeaves } from './historyLeaves.ts'
import type { SoundLeaves } from './historyLeaves.ts'
import type { HistoryReader, Range } from './historyReader.ts'
import { isPaid, leafAt } from './leafAt.ts'

/** Names of operations by their number on the wire. */
export type TypeNames = { readonly [number: number]: string }

/** The most payments, and agents, in a list. */
export const listMax = 200
export const agentsMax = 100
const sellerRefundsMax = 20
/** Leaves that are read at once when all are looked at. */
const scanLeaves = 256
/** Leaves that lie no further apart are read at once. */
const gapLeaves = 64

/** So many, and only what came before this sequence. */
export type PageQuestion = { readonly limit: number; readonly before: number }
export type AccountQuestion = PageQuestion & {
  /** The account, as asked for and resolved. */
  readonly addresses: readonly string[]
  readonly role: 'payer' | 'payee' | 'any'
}
/** The refunds of an operation that an account made: anybody may name it in his. */
export type RefundsQuestion = PageQuestion & Pick<AccountQuestion, 'addresses'> & { readonly operation: string }
/** A list; or where a search that found nothing was cut. */
export type Page = { readonly answer: codec.Json } | { readonly cursor: string }

type Pages = Pick<HistoryReader, 'recent' | 'account' | 'refunds' | 'seller' | 'agents'>
type PagesOptions = {
  readonly files: SoundLeaves
  readonly find: (look: Look) => Generator<number, void, undefined>
  readonly range: () => Range
  readonly names: TypeNames
  readonly budget: () => Budget
}

/** The pages' part of a reader. */
export function createPages(database: Database, options: PagesOptions): Pages {
  const { files, find, range, names, budget } = options
  const totals = createTotals(database)
  const seller = createSeller(database)
  const toPayment = (leaf: Uint8Array): codec.Json => paymentToJson(leaf, names)
  const toPage = ({ leaves, before }: Listed, more: { readonly [name: string]: codec.Json } = {}): Page => {
    const cursor = before === undefined ? undefined : Hex.fromBytes(encodeCursor(before))
    if (leaves.length === 0 && cursor !== undefined) return { cursor }
    const { begin } = range()
    return {
      answer: { payments: leaves.map(toPayment), ...more, ...(cursor && { next: cursor }), ...(begin && { begin }) },
    }
  }
  const toList = async (streams: readonly Stream[], limit: number): Promise<Page> =>
    toPage(await listStreams(files, { streams, limit: Math.min(limit, listMax), budget: budget() }))
  const streamsOf = ({ addresses, role, before }: AccountQuestion): readonly Stream[] =>
    addresses.flatMap((address) => [
      ...(role === 'payee' ? [] : [keyed(find, { value: address, role: 'payer', before })]),
      ...(role === 'payer' ? [] : [keyed(find, { value: address, role: 'payee', before })]),
    ])
  return {
    recent: async ({ limit, before }) =>
      toPage(await scanBack(files, { range: range(), limit: Math.min(limit, listMax), before, budget: budget() }), {
        totals: totals(),
      }),
    account: (asks) => toList(streamsOf(asks), asks.limit),
    refunds({ operation, addresses, limit, before }) {
      const { sequences, isMeant } = keyed(find, { value: operation, role: 'refunded', before })
      const accounts = addresses.map(Hex.toBytes)
      const isOurs = (leaf: Uint8Array): boolean => accounts.some((bytes) => hasBytes(leaf, leafAt.account, bytes))
      return toList([{ sequences, isMeant: (leaf) => isMeant(leaf) && isOurs(leaf) }], limit)
    },
    async seller({ payee, now }) {
      const streams = [keyed(find, { value: payee, role: 'refunder', before: Number.MAX_SAFE_INTEGER })]
      const refunds = await listStreams(files, { streams, limit: sellerRefundsMax, budget: budget() })
      return { ...seller(payee, now), refunds: refunds.leaves.map(toPayment) }
    },
    agents: createAgents(database),
  }
}

/** Leaves newest first, and before which sequence there may be more. */
type Listed = { readonly leaves: readonly Uint8Array[]; readonly before?: number }

type Scan = { readonly range: Range; readonly limit: number; readonly before: number; readonly budget: Budget }

/** The newest payments and refunds: looks at every leaf, from the last one back. */
async function scanBack(files: SoundLeaves, { range, limit, before, budget }: Scan): Promise<Listed> {
  const leaves: Uint8Array[] = []
  if (limit === 0) return { leaves }
  for (let end = Math.min(before, range.next); end > range.first;) {
    const first = Math.max(range.first, end - scanLeaves)
    const read = await readLeaves(files, { first, count: end - first })
    for (let i = read.length - 1; i >= 0; i--) {
      if (!isPaid(viewOf(read[i]!), 0)) continue
      if (leaves.length === limit) return { leaves, before: first + i + 1 }
      leaves.push(read[i]!)
    }
    end = first
    if (budget.spend(read.length) && end > range.first) return { leaves, before: end }
  }
  return { leaves }
}

/** Sequences under a key, newest first, and how to see whether a leaf is truly meant. */
type Stream = {
  readonly sequences: Generator<number, void, undefined>
  readonly isMeant: (leaf: Uint8Array) => boolean
}

const roleOffsets = {
  payer: leafAt.account,
  payee: leafAt.payee,
  refunder: leafAt.payer,
  refunded: leafAt.reference,
} as const

function keyed(
  find: PagesOptions['find'],
  { value, role, before }: { readonly value: string; readonly role: AccountRole; readonly before: number },
): Stream {
  const bytes = Hex.toBytes(value)
  return {
    sequences: find({ kind: keyKinds.account, key: accountKey(bytes, role), before }),
    isMeant: (leaf) => hasBytes(leaf, roleOffsets[role], bytes),
  }
}

type Listing = { readonly streams: readonly Stream[]; readonly limit: number; readonly budget: Budget }

/** The newest leaves of several streams, each once. */
async function listStreams(files: SoundLeaves, { streams, limit, budget }: Listing): Promise<Listed> {
  const merged = mergeNewest(streams)
  const leaves: Uint8Array[] = []
  if (limit === 0) return { leaves }
  let peeked = merged.next()
  while (!peeked.done) {
    const group: Candidate[] = []
    for (; !peeked.done && leaves.length + group.length < limit; peeked = merged.next()) group.push(peeked.value)
    if (group.length === 0) return { leaves, before: peeked.done ? 0 : peeked.value.sequence + 1 }
    const read = await readScattered(files, group)
    leaves.push(...read.filter((leaf, i) => group[i]!.streams.some(({ isMeant }) => isMeant(leaf))))
    if (budget.spend(group.length) && !peeked.done) return { leaves, before: peeked.value.sequence + 1 }
  }
  return { leaves }
}

type Candidate = { readonly sequence: number; readonly streams: readonly Stream[] }

function* mergeNewest(streams: readonly Stream[]): Generator<Candidate, void, undefined> {
  const heads = streams.map((stream) => ({ stream, next: stream.sequences.next() }))
  for (;;) {
    const sequence = Math.max(-1, ...heads.map(({ next }) => (next.done ? -1 : next.value)))
    if (sequence < 0) return
    const those = heads.filter(({ next }) => !next.done && next.value === sequence)
    for (const head of those) head.next = head.stream.sequences.next()
    yield { sequence, streams: those.map(({ stream }) => stream) }
  }
}

/** Leaves in descending order; those that lie near each other are read at once. */
async function readScattered(files: SoundLeaves, candidates: readonly Candidate[]): Promise<readonly Uint8Array[]> {
  const leaves: Uint8Array[] = []
  for (let from = 0; from < candidates.length;) {
    let to = from + 1
    const sequenceOf = (index: number): number => candidates[index]!.sequence
    while (to < candidates.length && sequenceOf(to - 1) - sequenceOf(to) <= gapLeaves) to++
    const first = sequenceOf(to - 1)
    const read = await readLeaves(files, { first, count: sequenceOf(from) - first + 1 })
    for (; from < to; from++) leaves.push(read[sequenceOf(from) - first]!)
  }
  return leaves
}

function viewOf(leaf: Uint8Array): DataView {
  return new DataView(leaf.buffer, leaf.byteOffset, leaf.byteLength)
}

function paymentToJson(leaf: Uint8Array, names: TypeNames): codec.Json {
  const { sequence, height, time, op, type, kind, payment, policyVersion, reference } = decodeLeaf(leaf)
  return {
    sequence,
    height,
    time,
    operation: op,
    type: names[type] ?? String(type),
    kind,
    ...payment,
    amount: String(payment?.amount ?? 0n),
    toll: String(payment?.toll ?? 0n),
    policyVersion,
    reference,
    flags: leaf[leafAt.flags]!,
  }
}

function createAgents(database: Database): Pages['agents'] {
  const columns = 'SELECT sequence, account, owner, created, op FROM agents WHERE'
  const order = 'ORDER BY sequence DESC LIMIT ?'
  const all = database.prepare(`${columns} sequence < ? ${order}`)
  const ofOwner = database.prepare(`${columns} owner = ? AND sequence < ? ${order}`)
  return async ({ limit: asked, before, owner }) => {
    const limit = Math.min(asked, agentsMax)
    const rows = owner === undefined ? all.all(before, limit + 1) : ofOwner.all(Hex.toBytes(owner), before, limit + 1)
    const agents = rows.slice(0, limit).map((row) => ({
      account: addressOf(row, 'account'),
      owner: addressOf(row, 'owner'),
      created: Number(row['created']),
      operation: Hex.fromBytes(row['op'] as Uint8Array),
    }))
    const next =
      rows.length > limit ? { next: Hex.fromBytes(encodeCursor(Number(rows[limit - 1]!['sequence']))) } : undefined
    return { answer: { agents, ...next } }
  }
}
