// The thread of history, in one of two roles: the one that writes, and the one that reads while it writes.
import type { Database, Port, RunThread, ThreadMachine } from '../machine/Machine.ts'
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

type Role = { readonly port: Port; readonly machine: Pick<ThreadMachine, 'databases' | 'hashes'> }

/** Takes every message after the start. */
type Hear = (message: unknown) => void

/** Ends the thread in order: everything written lies in one file then. */
function end({ port }: Role, database: Database): void {
  database.close()
  port.close()
}

function startWriter(role: Role, { path, genesis, types }: Start & { readonly role: 'writer' }): Hear | undefined {
  const { port, machine } = role
  const database = openHistoryDatabase(machine.databases, { path, genesis })
  if (database === undefined) {
    port.postMessage({ opened: false, height: 0, hash: undefined } satisfies FromWriter)
    return undefined
  }
  const writer = createHistoryWriter(database, { hashes: machine.hashes, types })
  const last = writer.last()
  port.postMessage({ opened: true, height: last?.height ?? 0, hash: last?.hash } satisfies FromWriter)
  return (message) => {
    if (message === undefined) return end(role, database)
    const { batch, refusals } = message as Write
    writer.write(batch, refusals)
    port.postMessage({ written: true } satisfies FromWriter)
  }
}

function startReader(role: Role, { path, names }: Start & { readonly role: 'reader' }): Hear {
  const { port, machine } = role
  const database = machine.databases.open({ path, durability: 'normal', readOnly: true })
  const reader = createHistoryReader(database, { hashes: machine.hashes, names })
  return (message) => {
    if (message === undefined) return end(role, database)
    const { name, asks } = message as Ask
    port.postMessage({ answer: (reader[name] as (asks: Ask['asks']) => unknown)(asks) } satisfies Answer)
  }
}

/** Runs in a thread of its own; the first message says in which role. */
export const run: RunThread = (role) => {
  let hear: Hear | undefined
  role.port.on('message', (message) => {
    if (hear !== undefined) return hear(message)
    const start = message as Start
    hear = start.role === 'writer' ? startWriter(role, start) : startReader(role, start)
  })
}
