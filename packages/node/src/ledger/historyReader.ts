// Reads history: one operation by a key of it, blocks by height, lists and sums for pages; every answer is bounded.
// Runs in a thread of its own on a connection of its own, so that neither payments nor the writer wait for a page.
import { decodeLeaf, leafBytes } from '@turnpike/chain/wire'
import type { codec } from '@turnpike/chain/wire'
import type { Database, Hashes } from '../machine/Machine.ts'
import { summarizePayments } from './BlockSummary.ts'
import type { BlockSummary } from './BlockSummary.ts'
import { createPages } from './historyPages.ts'
import type { AccountQuestion, TypeNames } from './historyPages.ts'
import { leafAt } from './historyWriter.ts'
import { createRingReader, ringSize } from './refusalRings.ts'
import { hasBytes, keyAt } from './schema.ts'

/** The most blocks in one answer. */
const blocksMax = 1_000
/** So many operations with one key are looked at; each more takes 2^32 hashes to make. */
const candidatesMax = 16

type Row<A, R> = { readonly asks: A; readonly answers: R }

/** What may be asked, and what is answered. */
export type HistoryQuestions = {
  readonly byId: Row<{ readonly id: Uint8Array }, Uint8Array | undefined>
  readonly bySequence: Row<{ readonly sequence: number }, Uint8Array | undefined>
  /** Operations under a nonce, newest first; the key as in a batch. The asker compares it, since only its hash is kept. */
  readonly byNonce: Row<{ readonly nonceKey: Uint8Array }, readonly Uint8Array[]>
  readonly blocks: Row<{ readonly after: number; readonly limit: number }, readonly BlockSummary[]>
  readonly recent: Row<{ readonly limit: number }, codec.Json>
  readonly account: Row<AccountQuestion, codec.Json>
  readonly seller: Row<{ readonly payee: string; readonly now: number }, codec.Json>
  readonly agents: Row<Record<string, never>, codec.Json>
  readonly refusals: Row<{ readonly account: string; readonly limit: number }, codec.Json>
}
export type HistoryReader = {
  readonly [Q in keyof HistoryQuestions]: (asks: HistoryQuestions[Q]['asks']) => HistoryQuestions[Q]['answers']
}

export type ReaderOptions = { readonly hashes: Pick<Hashes, 'keccak256'>; readonly names: TypeNames }

/** A reader on an open database. */
export function createHistoryReader(database: Database, { hashes, names }: ReaderOptions): HistoryReader {
  const receipt = database.prepare('SELECT body FROM receipts WHERE sequence = ?')
  const bodyAt = (sequence: number): Uint8Array => receipt.find(sequence)!['body'] as Uint8Array
  const keyed = (column: 'id' | 'nonce'): ((key: bigint) => readonly Uint8Array[]) => {
    const statement = database.prepare(
      `SELECT body FROM receipts WHERE ${column} = ? ORDER BY sequence DESC LIMIT ${candidatesMax}`,
    )
    return (key) => statement.all(key).map(({ body }) => body as Uint8Array)
  }
  const [byKey, byNonceKey] = [keyed('id'), keyed('nonce')]
  return {
    byId: ({ id }) => byKey(keyAt(id)).find((body) => hasBytes(body, leafAt.op, id)),
    bySequence: ({ sequence }) => receipt.find(sequence)?.['body'] as Uint8Array | undefined,
    byNonce: ({ nonceKey }) => byNonceKey(keyAt(hashes.keccak256(nonceKey))),
    blocks: createBlocks(database, bodyAt),
    ...createPages(database, { bodyAt, names }),
    refusals: createRefusals(database),
  }
}

function createBlocks(database: Database, bodyAt: (sequence: number) => Uint8Array): HistoryReader['blocks'] {
  const statement = database.prepare(
    'SELECT height, time, first, operations FROM blocks WHERE height > ? ORDER BY height LIMIT ?',
  )
  return ({ after, limit }) =>
    statement.all(after, Math.min(limit, blocksMax)).map((row) => {
      const [first, operations] = [Number(row['first']), Number(row['operations'])]
      const receipts = Array.from({ length: operations }, (_, i) =>
        decodeLeaf(bodyAt(first + i).subarray(0, leafBytes)),
      )
      return {
        height: Number(row['height']),
        time: Number(row['time']),
        operations,
        payments: summarizePayments(receipts),
      }
    })
}

function createRefusals(database: Database): HistoryReader['refusals'] {
  const read = createRingReader(database)
  return ({ account, limit }) => ({
    refusals: read({ role: 'account', address: account, limit: Math.min(limit, ringSize) }).map(toJson),
  })
}

function toJson({
  account: _account,
  ...refusal
}: ReturnType<ReturnType<typeof createRingReader>>[number]): codec.Json {
  return refusal
}
