// The thread of history, in one of two roles: the one that writes, and the one that reads while it writes.
import { createDatabases } from '../machine/database.ts'
import { createHashes } from '../machine/hashes.ts'
import type { Database } from '../machine/Machine.ts'
import { openPort } from '../machine/threads.ts'
import type { TypeNames } from './historyPages.ts'
import { createHistoryReader } from './historyReader.ts'
import type { HistoryQuestions } from './historyReader.ts'
import { createHistoryWriter } from './historyWriter.ts'
import type { HistoryTypes } from './historyWriter.ts'
import type { KeptRefusal } from './refusals.ts'
import { openHistoryDatabase } from './schema.ts'

/** The first message to a thread. */
export type Start =
  | { readonly role: 'writer'; readonly path: string; readonly genesis: string; readonly types: HistoryTypes }
  | { readonly role: 'reader'; readonly path: string; readonly names: TypeNames }

/** To the writer, after the start. */
export type Write = { readonly batch: Uint8Array | undefined; readonly refusals: readonly KeptRefusal[] }
/** From the writer: whether the file is ours and where it ends; then one `written` for each `Write`, in order. */
export type FromWriter =
  | { readonly opened: boolean; readonly height: number; readonly hash: string | undefined }
  | { readonly written: true }

/** To the reader, after the start; answered in order. */
export type Ask = {
  readonly [Q in keyof HistoryQuestions]: { readonly name: Q; readonly asks: HistoryQuestions[Q]['asks'] }
}[keyof HistoryQuestions]
/** From the reader. */
export type Answer = { readonly answer: unknown }

const databases = createDatabases()
const hashes = await createHashes()
const port = openPort()
let run: ((message: unknown) => void) | undefined

/** Ends the thread in order: everything written lies in one file then. */
function end(database: Database): void {
  database.close()
  port.close()
}

function startWriter({ path, genesis, types }: Start & { readonly role: 'writer' }): void {
  const database = openHistoryDatabase(databases, { path, genesis })
  if (database === undefined)
    return port.postMessage({ opened: false, height: 0, hash: undefined } satisfies FromWriter)
  const writer = createHistoryWriter(database, { hashes, types })
  const last = writer.last()
  run = (message) => {
    if (message === undefined) return end(database)
    const { batch, refusals } = message as Write
    writer.write(batch, refusals)
    port.postMessage({ written: true } satisfies FromWriter)
  }
  port.postMessage({ opened: true, height: last?.height ?? 0, hash: last?.hash } satisfies FromWriter)
}

function startReader({ path, names }: Start & { readonly role: 'reader' }): void {
  const database = databases.open({ path, durability: 'normal', readOnly: true })
  const reader = createHistoryReader(database, { hashes, names })
  run = (message) => {
    if (message === undefined) return end(database)
    const { name, asks } = message as Ask
    port.postMessage({ answer: (reader[name] as (asks: Ask['asks']) => unknown)(asks) } satisfies Answer)
  }
}

port.on('message', (message) => {
  if (run !== undefined) return run(message)
  const start = message as Start
  if (start.role === 'writer') startWriter(start)
  else startReader(start)
})
