// A module that stands outside the chain: one message, one table, one parameter, one query, one invariant. Adding it is this folder,
// an import and a line.
import {
  integerParam,
  invariant,
  on,
  param,
  query,
  rows,
  type Caller,
  type Context,
  type Module,
  type View,
} from '@turnpike/chain'
import { codec, type Message, type Outcome } from '@turnpike/chain/wire'
import { notesRefusals, write, written } from './wire.ts'

const notesTable = rows('notes', 0x6401, codec.address, codec.record({ note: codec.hash, length: codec.u32 }))

const lengthMax = integerParam('noteLengthMax', { initial: 280, min: 1, max: 4_096 })

/** Keeps the hash of a note. */
function writeNote(context: Context, { note, length }: Message<typeof write>, caller: Caller): Outcome {
  const max = param(context, lengthMax)
  if (length > max) notesRefusals.refuse('too_long', { length, max })
  const account = caller!.account
  notesTable.put(context, account, { note, length })
  context.emit(written({ account, note }))
  return { kind: 'other', reference: note }
}

const readNote = query('notes/note', codec.record({ account: codec.address }), (view, { account }) => {
  const found = notesTable.find(view, account)
  return found === undefined ? { status: 'none' } : { status: 'written', ...found }
})

function notesAreShort(view: View): string | undefined {
  const max = param(view, lengthMax)
  for (const [account, { length }] of notesTable.entries(view)) {
    if (length > max) return `the note of ${account} has ${length} bytes`
  }
  return undefined
}

export const notes: Module = {
  name: 'notes',
  number: 0x64,
  tables: [notesTable],
  rules: [on(write, writeNote)],
  events: [written],
  codes: notesRefusals.table,
  queries: [readNote],
  params: [lengthMax],
  invariants: [invariant('notes/length', notesAreShort)],
}
