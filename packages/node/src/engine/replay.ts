// Executes a block of the log again, with the signers recorded in it, and holds what comes of it against the record.
// The function that executes is the one that made the block: there is no special code for replay.
import { advance, executeBlock } from '@turnpike/chain'
import type { App, BlockResult, State, WriteSet } from '@turnpike/chain'
import { decodeOp, Malformed, Refusal } from '@turnpike/chain/wire'
import type { Op, Protocol } from '@turnpike/chain/wire'
import { Failure } from '../machine/Failure.ts'
import type { BlockRecord, LoggedOp } from './embedded/blockLog.ts'
import type { CommittedBlock, SignedOp } from './Engine.ts'
import { createVerify, fromRecorded } from './signers.ts'

export type Replay = {
  readonly app: App
  readonly state: State
  readonly protocol: Protocol
  /** Reads an operation of a record: `decodeRecordedOp` where records are trusted, `decodeAgain` where they are not. */
  readonly readOp: (protocol: Protocol, logged: LoggedOp) => Op
}

/** An operation by its bytes alone. */
export function decodeAgain(protocol: Protocol, { bytes }: LoggedOp): Op {
  return decodeOp(protocol, bytes)
}

/** A block that was replayed, and its write set, which is good until the next one is executed. */
export type Replayed = { readonly block: CommittedBlock; readonly writeSet: WriteSet }

/**
 * Carries the state one block further.
 *
 * @throws Failure `engine/replay_diverged`: the record is whole, and these rules come to another result.
 */
export function replayBlock({ app, state, protocol, readOp }: Replay, record: BlockRecord): Replayed {
  const { height, time } = record
  const ops = record.ops.map((_, index) => decode(record, { index, read: (logged) => readOp(protocol, logged) }))
  const result = executeBlock(app, state, { height, time, ops: ops.map(({ op }) => op) }, createVerify(ops))
  holdAgainst(record, result)
  advance(state, result)
  state.store.keep()
  return { block: createCommitted(ops, result), writeSet: result.writeSet }
}

/** A durable block as everybody hears of it. `ops` are those that left a receipt. */
export function createCommitted(ops: readonly SignedOp[], { head, receipts, leaves }: BlockResult): CommittedBlock {
  const { height, time, blockHash, appHash } = head
  return { height, time, blockHash, appHash, ops, receipts, leaves }
}

type Reading = { readonly index: number; readonly read: (logged: LoggedOp) => Op }

function decode(record: BlockRecord, { index, read }: Reading): SignedOp {
  const logged = record.ops[index]!
  try {
    const op = read(logged)
    if (op.id !== logged.id)
      throw diverged(record, { what: `the id of operation ${index}`, recorded: logged.id, computed: op.id })
    return { op, signers: fromRecorded(logged.signers) }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    throw diverged(record, { what: `operation ${index}`, recorded: logged.id, computed: error.message })
  }
}

function holdAgainst(record: BlockRecord, { outcomes, writes, receiptsRoot, head }: BlockResult): void {
  for (const [index, outcome] of outcomes.entries()) {
    const recorded = record.ops[index]!.id
    if (outcome instanceof Refusal)
      throw diverged(record, { what: `the outcome of operation ${index}`, recorded, computed: outcome.code })
    if ('repeats' in outcome)
      throw diverged(record, { what: `the outcome of operation ${index}`, recorded, computed: 'a repetition' })
  }
  const pairs: readonly (readonly [what: string, recorded: string | number, computed: string | number])[] = [
    ['the write set', record.writes, writes],
    ['the root of the receipts', record.receiptsRoot, receiptsRoot],
    ['the number of receipts', record.receiptsSize, head.receipts.size],
    ['the app hash', record.appHash, head.appHash],
  ]
  for (const [what, recorded, computed] of pairs)
    if (recorded !== computed) throw diverged(record, { what, recorded, computed })
}

type Difference = { readonly what: string; readonly recorded: string | number; readonly computed: string | number }

function diverged({ height }: BlockRecord, { what, recorded, computed }: Difference): Failure {
  return new Failure({
    code: 'engine/replay_diverged',
    message: `Block ${height} comes out differently: ${what} is ${computed}, and the log says ${recorded}.`,
    values: { height, what, recorded, computed },
    hint:
      'Nothing was changed. Most likely this program is not the version that wrote the log: start the one that did. ' +
      'Otherwise put the data directory back from a backup; the blocks below that height are sound.',
  })
}
