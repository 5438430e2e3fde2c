// One block: due work, then control operations, then the others; and the commitments over what came of it.
import { assert } from '../assert.ts'
import * as Hash from '../codec/Hash.ts'
import * as Hex from '../codec/Hex.ts'
import { sha256 } from '../crypto/hash.ts'
import { appendLeaves, leafHash, mmrRoot } from '../merkle/mmr.ts'
import { blockHash, type Block } from '../wire/block.ts'
import { Refusal } from '../wire/refusal.ts'
import type { App } from './app.ts'
import { commit, encodeLeaves } from './commitments.ts'
import type { Context } from './context.ts'
import { createRun, type OpOutcome, type ReceiptWithEvents, type Verify } from './dispatch.ts'
import type { Mark } from './journal.ts'
import { paramsBytes } from './params.ts'
import type { Head, State } from './state.ts'
import type { WriteSet } from './store.ts'

/** Due entries released per block: this many first, and twice the receipts of the block last, so that a backlog shrinks (decisions 1). */
export const duePerBlock = 1_000

/** The outcome of a block, not yet part of the state: the engine advances to it, or unmakes it. */
export type BlockResult = {
  /** In the order of the operations. */
  readonly outcomes: readonly OpOutcome[]
  readonly receipts: readonly ReceiptWithEvents[]
  /** The 250 bytes of each receipt. */
  readonly leaves: readonly Uint8Array[]
  /** SHA-256 of the write set. */
  readonly writes: Hash.Hash
  /** The write set itself; good until the next block is executed. */
  readonly writeSet: WriteSet
  readonly receiptsRoot: Hash.Hash
  /** Whether no operation left a receipt and nothing was written: an embedded engine does not make such a block. */
  readonly idle: boolean
  readonly head: Head
  readonly mark: Mark
}

/** Executes a block on the newest state. The store holds its writes; the head moves with `advance`. */
export function executeBlock(app: App, state: State, block: Block, verify: Verify): BlockResult {
  const { store } = state
  const mark = store.mark()
  const run = createRun(app, { state, height: block.height, time: block.time, verify })
  releaseDue(app, run.context, duePerBlock)
  let control = true
  const outcomes = block.ops.map((op): OpOutcome => {
    assert(control || !op.definition.control, 'A control operation stands after another kind.')
    control = op.definition.control
    return run.execute(op)
  })
  const receipts = outcomes.filter(
    (outcome): outcome is ReceiptWithEvents => !(outcome instanceof Refusal) && !('repeats' in outcome),
  )
  // By receipts and not by operations: an embedded engine drops what was refused, and replay must release just as many.
  releaseDue(app, run.context, 2 * receipts.length)
  for (const { each } of app.modules) each?.(run.context)
  return { outcomes, receipts, mark, ...conclude(app, state, block, receipts) }
}

function releaseDue(app: App, context: Context, limit: number): void {
  let left = limit
  for (const module of app.modules) for (const due of module.due ?? []) while (left > 0 && due.run(context)) left--
}

type Conclusion = Pick<BlockResult, 'leaves' | 'writes' | 'writeSet' | 'receiptsRoot' | 'idle' | 'head'>

function conclude(app: App, state: State, block: Block, receipts: readonly ReceiptWithEvents[]): Conclusion {
  const chainTag = Hex.toBytes(state.genesis).subarray(0, 8)
  const leaves = encodeLeaves(receipts, chainTag)
  const mmr = appendLeaves(state.head.receipts, leaves.map(leafHash))
  const writeSet = state.store.writes()
  const writes = sha256(writeSet)
  const idle = receipts.length === 0 && !state.store.touched
  const params = paramsBytes({ ...block, chainId: state.chainId, store: state.store }, app.params)
  const appHash = idle ? state.head.appHash : commit({ params, previous: state.head.appHash, receipts: mmr, writes })
  const header = {
    genesis: state.genesis,
    height: block.height,
    time: block.time,
    previous: state.head.blockHash,
    appHash,
  }
  return {
    leaves,
    writes: Hash.fromBytes(writes),
    writeSet,
    receiptsRoot: Hash.fromBytes(mmrRoot(mmr)),
    idle,
    head: { height: block.height, time: block.time, blockHash: blockHash(header), appHash, receipts: mmr },
  }
}

/** Makes the block part of the state. Its undo stays until `store.keep()`. */
export function advance(state: State, result: BlockResult): void {
  state.head = result.head
  state.store.next()
}

/** Takes the block back, as if it had never been executed. */
export function unmake(state: State, result: BlockResult): void {
  state.store.revert(result.mark)
}
