// The thread of history, in one of two roles: the one that writes, and the one that reads while it writes.
import { Malformed } from '@turnpike/chain/wire'
import type { Database, Port, RunThread, ThreadMachine } from '../machine/Machine.ts'
import { HistoryDamaged } from './HistoryDamaged.ts'
import { historyDirectory } from './historyBodies.ts'
import type { QuestionLimits } from './historyBudget.ts'
import type { TypeNames } from './historyPages.ts'
import { createHistoryReader } from './historyReader.ts'
import type { HistoryQuestions } from './historyReader.ts'
import { openHistoryWriter } from './historyWriter.ts'
import type { HistoryBegin, HistoryEnd, HistoryTypes } from './historyWriter.ts'
import type { Retention } from './historySegments.ts'
import type { KeptRefusal } from './refusals.ts'
import { openHistoryDatabase } from './schema.ts'

/** How history lies on the disk. */
export type HistoryLayout = {
  /** The data directory. */
  readonly home: string
  readonly leavesPerFile: number
  readonly segmentReceipts: number
}

/** The first message to a thread. */
export type Start = HistoryLayout &
  (
    | {
        readonly role: 'writer'
        readonly genesis: string
        readonly types: HistoryTypes
        readonly retention: Retention | undefined
      }
    | { readonly role: 'reader'; readonly names: TypeNames; readonly limits: QuestionLimits | undefined }
  )
type StartOf<R extends Start['role']> = Extract<Start, { readonly role: R }>

/** To the writer, after the start. */
export type Write = {
  readonly batch: Uint8Array | undefined
  readonly refusals: readonly KeptRefusal[]
  /** Whether somebody asks for the largest buyers. */
  readonly buyers: boolean
}
/** From the writer, at first: undefined when the database is not of this chain and version. */
export type Opened = {
  readonly end: HistoryEnd
  readonly begin: HistoryBegin | undefined
  readonly lost: string | undefined
}
/** From the writer, after each `Write`, in order. */
export type Written = { readonly begin: HistoryBegin | undefined }

/** To the reader, after the start; answered in order. */
export type Ask = {
  readonly [Q in keyof HistoryQuestions]: { readonly name: Q; readonly asks: HistoryQuestions[Q]['asks'] }
}[keyof HistoryQuestions]
/** From the reader; `damaged` says what can't have been written as it is. */
export type Answer = { readonly answer: unknown } | { readonly damaged: string }

type Role = { readonly port: Port; readonly machine: ThreadMachine }

/** Takes a message after the start. */
type Hear = (message: unknown) => Promise<void>

/** The database of a data directory. */
export function databasePath(home: string): string {
  return `${historyDirectory(home)}/history.db`
}

/** Ends the thread in order: everything written lies in one file then. */
function end({ port }: Role, database: Database): void {
  database.close()
  port.close()
}

async function startWriter(role: Role, start: StartOf<'writer'>): Promise<Hear> {
  const { port, machine } = role
  const { disk, databases, hashes } = machine
  const path = databasePath(start.home)
  await disk.createDirectory(historyDirectory(start.home))
  const database = openHistoryDatabase(databases, { path, genesis: start.genesis })
  if (database === undefined) {
    port.postMessage(undefined)
    return async () => port.close()
  }
  const writer = await openHistoryWriter(database, { ...start, disk, hashes })
  port.postMessage({ end: writer.end, begin: writer.begin(), lost: writer.lost } satisfies Opened)
  return async (message) => {
    if (message === undefined) return end(role, database)
    const { batch, refusals, buyers } = message as Write
    await writer.write(batch, refusals)
    if (buyers) await writer.followBuyers()
    port.postMessage({ begin: writer.begin() } satisfies Written)
  }
}

async function startReader(role: Role, start: StartOf<'reader'>): Promise<Hear> {
  const { port, machine } = role
  const { disk, databases, hashes, clock } = machine
  const database = databases.open({ path: databasePath(start.home), durability: 'normal', readOnly: true })
  const reader = createHistoryReader(database, { ...start, disk, hashes, clock })
  const answer = async ({ name, asks }: Ask): Promise<unknown> => {
    // One state of the database for the whole question, whatever is written and dropped meanwhile.
    database.exec('BEGIN')
    try {
      return await (reader[name] as (asks: Ask['asks']) => Promise<unknown>)(asks)
    } finally {
      database.exec('COMMIT')
    }
  }
  return async (message) => {
    if (message === undefined) return end(role, database)
    const ask = message as Ask
    // A file may have been dropped between the look into the database and the look into it; then it is in neither.
    const found = answer(ask).catch((error: unknown) =>
      codeOf(error) === 'ENOENT' ? answer(ask) : Promise.reject(error),
    )
    const told = found.then((value): Answer => ({ answer: value }))
    port.postMessage(await told.catch((error: unknown): Answer => ({ damaged: describeDamage(error) })))
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/**
 * What to tell of an error of the reader: it looks at files alone, so that what SQLite and the disk say of them is damage. By any other
 * error the thread ends, and with it the node.
 *
 * @throws the error, if no damaged file can be its cause
 */
function describeDamage(error: unknown): string {
  if (error instanceof HistoryDamaged || error instanceof Malformed) return error.message
  const code = codeOf(error)
  if (code === 'ENOENT' || code === 'EIO') return `A file of history cannot be read (${code}).`
  if (code === 'ERR_SQLITE_ERROR') return `history/history.db cannot be read: ${(error as Error).message}.`
  throw error
}

/** Runs in a thread of its own; the first message says in which role. What comes meanwhile waits its turn. */
export const run: RunThread = (role) => {
  let hear: Promise<Hear> | undefined
  let turn: Promise<void> = Promise.resolve()
  role.port.on('message', (message) => {
    turn = turn.then(async () => {
      if (hear !== undefined) return (await hear)(message)
      const start = message as Start
      hear = start.role === 'writer' ? startWriter(role, start) : startReader(role, start)
      await hear
    })
    return turn
  })
}
