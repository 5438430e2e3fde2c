// The contract of engines: they order operations, execute them and make them last. The embedded one is the first;
// whatever the engine, an edge sees only what lies here, and one compliance suite runs on all.
import type { App, ReceiptWithEvents, Repeat, State, View } from '@turnpike/chain'
import type { Address, Hash, Op, Protocol } from '@turnpike/chain/wire'
import type { Ms } from '../machine/Machine.ts'

/** Who made each signature of an operation, in order; undefined where a signature does not hold. */
export type Signers = readonly (Address.Address | undefined)[]

/** An operation of a block, and who made its signatures. */
export type SignedOp = { readonly op: Op; readonly signers: Signers }

/** A block that can no longer be lost. It holds only operations that left a receipt. */
export type CommittedBlock = {
  readonly height: number
  readonly time: Ms
  readonly blockHash: Hash.Hash
  readonly appHash: Hash.Hash
  readonly ops: readonly SignedOp[]
  /** One for each operation, in their order. */
  readonly receipts: readonly ReceiptWithEvents[]
  /** The 250 bytes of each receipt. */
  readonly leaves: readonly Uint8Array[]
}

export type EngineStatus = {
  readonly state: 'running' | 'stopping' | 'stopped' | 'failed'
  /** Of the last durable block. */
  readonly height: number
  readonly time: Ms
  /** Operations that wait for a block. */
  readonly waiting: number
  /** Whether a block is on its way to the disk. */
  readonly inFlight: boolean
  /** Why it takes no operations for now; undefined while it does. What was durable is served as ever. */
  readonly readOnly: string | undefined
  /** How far the clock stands behind the last block; 0 in order. */
  readonly clockBehindMs: Ms
  /** Since the start. */
  readonly blocks: number
  readonly operations: number
}

export interface Engine {
  readonly app: App
  readonly protocol: Protocol
  /** The newest state. Whatever is read of it leaves the process only after `durable()`. */
  readonly state: State
  /**
   * Orders an operation whose signatures were judged. Resolves when its receipt is durable, or with the place of the
   * receipt that it repeats.
   *
   * @throws Refusal when a rule turns it down; nothing is kept then.
   * @throws EngineFailure `engine/overloaded`, `engine/stopped` or `node/read_only`.
   */
  submit(op: Op, signers: Signers): Promise<ReceiptWithEvents | Repeat>
  /** The newest state at `now()`. */
  view(): View
  /** A lower bound of the next block's time (decisions 6). */
  now(): Ms
  /**
   * Resolves when all that was computed until now can no longer be lost; at once when nothing is in flight.
   *
   * @throws EngineFailure `engine/stopped` when the block in flight could not be made durable.
   */
  durable(): Promise<void>
  /** Tells the listener of every durable block, in order, each once; the returned function ends that. */
  subscribe(listener: (block: CommittedBlock) => void): () => void
  status(): EngineStatus
  /** Takes no more operations, finishes those it has, and ends in order. */
  close(): Promise<void>
}
