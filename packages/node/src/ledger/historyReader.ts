// Reads history: one operation by a key of it, blocks by height, lists and sums for pages; every answer is bounded.
// Runs in a thread of its own on a connection of its own, so that neither payments nor the writer wait for a page.
import { decodeLeaf } from '@turnpike/chain/wire'
import type { codec } from '@turnpike/chain/wire'
import type { Clock, Database, Disk, Hashes, SqlRow } from '../machine/Machine.ts'
import { summarizePayments } from './BlockSummary.ts'
import type { BlockSummary } from './BlockSummary.ts'
import { Budget, questionLimits } from './historyBudget.ts'
import type { QuestionLimits } from './historyBudget.ts'
import { isSealed } from './historyBatch.ts'
import { readBodyAt } from './historyBodies.ts'
import { HistoryDamaged } from './HistoryDamaged.ts'
import { createKeyFinder, hasBytes, keyAt, keyKinds } from './historyKeys.ts'
import { readLeaves } from './historyLeaves.ts'
import { createPages } from './historyPages.ts'
import type { AccountQuestion, Page, PageQuestion, RefundsQuestion, TypeNames } from './historyPages.ts'
import { leafAt } from './leafAt.ts'
import { createRingReader, ringSize } from './refusalRings.ts'

/** The most blocks in one answer, and the most leaves that are read for them. */
const blocksMax = 1_000
const blockLeavesMax = 4_096
/** So many operations with one key are looked at; each more takes 2^32 hashes to make. */
const candidatesMax = 16

/** An operation as it is kept: its leaf, and what lies beside it. */
export type Kept = { readonly leaf: Uint8Array; readonly body: Uint8Array }

type Row<A, R> = { readonly asks: A; readonly answers: R }

/** What may be asked, and what is answered. */
export type HistoryQuestions = {
  readonly byId: Row<{ readonly id: Uint8Array }, Kept | undefined>
  readonly bySequence: Row<{ readonly sequence: number }, Kept | undefined>
  /** Operations under a nonce, newest first; the key as in a batch. The asker compares it, since only its hash is kept. */
  readonly byNonce: Row<{ readonly nonceKey: Uint8Array }, readonly Kept[]>
  readonly blocks: Row<{ readonly after: number; readonly limit: number }, readonly BlockSummary[]>
  readonly recent: Row<PageQuestion, Page>
  readonly account: Row<AccountQuestion, Page>
  readonly refunds: Row<RefundsQuestion, Page>
  readonly seller: Row<{ readonly payee: string; readonly now: number }, codec.Json>
  readonly agents: Row<PageQuestion & { readonly owner: string | undefined }, Page>
  readonly refusals: Row<{ readonly account: string; readonly limit: number }, codec.Json>
}
export type HistoryReader = {
  readonly [Q in keyof HistoryQuestions]: (asks: HistoryQuestions[Q]['asks']) => Promise<HistoryQuestions[Q]['answers']>
}

export type ReaderOptions = {
  readonly disk: Disk
  readonly clock: Pick<Clock, 'elapsed'>
  readonly hashes: Pick<Hashes, 'keccak256' | 'sha256' | 'crc32'>
  /** The data directory. */
  readonly home: string
  readonly leavesPerFile: number
  readonly names: TypeNames
  readonly limits?: QuestionLimits | undefined
}

const placeColumns = ['first', 'operations', 'segment', 'place'] as const
const blockColumns = ['height', 'time', 'first', 'operations'] as const

/** A reader on an open database. Questions are asked one at a time, each within one transaction of the caller. */
export function createHistoryReader(database: Database, options: ReaderOptions): HistoryReader {
  const { hashes, limits = questionLimits, clock, names } = options
  const find = createKeyFinder(database)
  const block = database.prepare('SELECT first, operations, segment, place FROM blocks WHERE height = ?')
  const leafOf = async (sequence: number): Promise<Uint8Array> =>
    (await readLeaves(options, { first: sequence, count: 1 }))[0]!
  const keptOf = async (leaf: Uint8Array): Promise<Kept> => {
    const { sequence, height } = decodeLeaf(leaf)
    const row = block.find(height)
    if (row === undefined) throw new HistoryDamaged(`history/ does not know block ${height}.`)
    const [first, operations, segment, place] = numbersOf(row, placeColumns)
    const body = await readBodyAt(options, { segment, place, operations, index: sequence - first })
    if (!isSealed(body, hashes))
      throw new HistoryDamaged(`What is kept beside leaf ${sequence} is not as it was written.`)
    return { leaf, body }
  }
  const range = createRange(database)
  const begin = { before: Number.MAX_SAFE_INTEGER }
  return {
    async byId({ id }) {
      let looked = 0
      for (const sequence of find({ kind: keyKinds.operation, key: keyAt(id), ...begin })) {
        const leaf = await leafOf(sequence)
        if (hasBytes(leaf, leafAt.op, id)) return keptOf(leaf)
        if (++looked === candidatesMax) break
      }
      return undefined
    },
    async bySequence({ sequence }) {
      const { first, next } = range()
      return sequence < first || sequence >= next ? undefined : keptOf(await leafOf(sequence))
    },
    async byNonce({ nonceKey }) {
      const kept: Kept[] = []
      for (const sequence of find({ kind: keyKinds.nonce, key: keyAt(hashes.keccak256(nonceKey)), ...begin })) {
        kept.push(await keptOf(await leafOf(sequence)))
        if (kept.length === candidatesMax) break
      }
      return kept
    },
    blocks: createBlocks(database, options),
    ...createPages(database, { files: options, find, range, names, budget: () => new Budget(clock, limits) }),
    refusals: createRefusals(database),
  }
}

/** Columns of a row as numbers, in order. */
function numbersOf<const C extends readonly string[]>(row: SqlRow, columns: C): { readonly [K in keyof C]: number } {
  return columns.map((column) => Number(row[column])) as unknown as { readonly [K in keyof C]: number }
}

/** The sequences that history has: from the first one kept to before the next one. */
export type Range = { readonly first: number; readonly next: number; readonly begin: Begin | undefined }
type Begin = { readonly sequence: number; readonly height: number; readonly time: number }

function createRange(database: Database): () => Range {
  const head = database.prepare('SELECT next FROM head')
  const oldest = database.prepare('SELECT number, sequence, height, time FROM segments ORDER BY number LIMIT 1')
  return () => {
    const next = Number(head.find()?.['next'] ?? 0)
    const row = oldest.find()
    if (row === undefined) return { first: next, next, begin: undefined }
    const [number, sequence, height, time] = numbersOf(row, ['number', 'sequence', 'height', 'time'])
    return { first: sequence, next, begin: number === 0 ? undefined : { sequence, height, time } }
  }
}

function createBlocks(database: Database, files: ReaderOptions): HistoryReader['blocks'] {
  const statement = database.prepare(
    'SELECT height, time, first, operations FROM blocks WHERE height > ? ORDER BY height LIMIT ?',
  )
  return async ({ after, limit }) => {
    const rows = statement.all(after, Math.min(limit, blocksMax)).map((row) => numbersOf(row, blockColumns))
    let leaves = 0
    const end = rows.findIndex(([, , , count], i) => (leaves += count) > blockLeavesMax && i > 0)
    const told = end < 0 ? rows : rows.slice(0, end)
    const total = told.reduce((sum, [, , , count]) => sum + count, 0)
    const begin = told[0]?.[2] ?? 0
    const receipts = (await readLeaves(files, { first: begin, count: total })).map(decodeLeaf)
    return told.map(([height, time, first, operations]) => {
      const payments = summarizePayments(receipts.slice(first - begin, first - begin + operations))
      return { height, time, operations, payments }
    })
  }
}

function createRefusals(database: Database): HistoryReader['refusals'] {
  const read = createRingReader(database)
  return async ({ account, limit }) => ({
    refusals: read({ role: 'account', address: account, limit: Math.min(limit, ringSize) }).map(toJson),
  })
}

function toJson({
  account: _account,
  ...refusal
}: ReturnType<ReturnType<typeof createRingReader>>[number]): codec.Json {
  return refusal
}
