// A chain that is recorded while it runs: fixed keys, fixed times, fixed nonces, so that every run has the same bytes.
import {
  advance,
  createChain,
  createState,
  developmentModules,
  executeBlock,
  protocolOf,
  unmake,
  viewOf,
  violations,
} from '@turnpike/chain'
import type { App, ReceiptWithEvents, State } from '@turnpike/chain'
import { begin, genesisDocument } from '@turnpike/chain/testing'
import type { Person } from '@turnpike/chain/testing'
import {
  createOp,
  decodeOp,
  digestOf,
  Hex,
  keccak256,
  proofsOf,
  recoverSigner,
  Refusal,
  Text,
} from '@turnpike/chain/wire'
import type { Address, Definition, Hash, Op, Protocol, Relay } from '@turnpike/chain/wire'

/** A block as it was executed, with everything that commits to it. */
export type RecordedBlock = {
  readonly height: number
  readonly time: number
  readonly ops: readonly Op[]
  readonly receipts: readonly ReceiptWithEvents[]
  readonly leaves: readonly Uint8Array[]
  readonly writeSet: Uint8Array
  readonly writes: Hash.Hash
  readonly receiptsRoot: Hash.Hash
  readonly appHash: Hash.Hash
  readonly previous: Hash.Hash
  readonly blockHash: Hash.Hash
}

/** An operation that is turned down at the height after which it was handed in. */
export type RecordedRefusal = { readonly height: number; readonly op: Op; readonly refusal: Refusal }

type Signing = { readonly by: Person; readonly proofs?: readonly Person[]; readonly relay?: Relay }
type Fields = { readonly [name: string]: unknown }

export type Recording = {
  readonly app: App
  readonly state: State
  readonly protocol: Protocol
  readonly blocks: readonly RecordedBlock[]
  readonly refusals: readonly RecordedRefusal[]
  /** An operation with the signatures of the people named. */
  sign(definition: Definition, fields: Fields, signing: Signing): Op
  /** A native operation of a person, or of an account whose key the person has. */
  native(definition: Definition, fields: Fields, signing: Signing & { readonly account?: Address.Address }): Op
  /** A nonce that no other call returns. */
  nonce(): Hash.Hash
  /** The time of the next block, in ms. */
  readonly time: number
  /** Executes a block; every operation succeeds. */
  block(...ops: readonly Op[]): void
  /** Hands in an operation that is refused. */
  refuse(op: Op): void
  /** Lets time pass, and whatever falls due. */
  wait(ms: number): void
}

const stepMs = 1_000
const lifetimeMs = 60_000

/** Begins a recording at the development genesis of the tests. */
export function createRecording(): Recording {
  const app = createChain(developmentModules)
  const state = createState(app, genesisDocument(), [1, 2])
  const protocol = protocolOf(app, state)
  const blocks: RecordedBlock[] = []
  const refusals: RecordedRefusal[] = []
  let time = begin + stepMs
  let nonces = 0
  const self: Recording = {
    app,
    state,
    protocol,
    blocks,
    refusals,
    get time() {
      return time
    },
    nonce: () => Hex.fromBytes(keccak256(Text.toBytes(`turnpike vector nonce ${++nonces}`))) as Hash.Hash,
    sign: (definition, fields, signing) => signOp(protocol, { definition, fields, signing }),
    native(definition, fields, signing) {
      const account = signing.account ?? signing.by.address
      const all = { account, ...fields, nonce: self.nonce(), validBefore: time + lifetimeMs }
      return signOp(protocol, { definition, fields: all, signing })
    },
    block(...ops) {
      blocks.push(execute({ app, state, time }, ops))
      time += stepMs
    },
    refuse(op) {
      refusals.push({ height: state.head.height, op, refusal: tryOp({ app, state, time }, op) })
    },
    wait(ms) {
      time += ms
      self.block()
    },
  }
  return self
}

type Draft = { readonly definition: Definition; readonly fields: Fields; readonly signing: Signing }

function signOp(protocol: Protocol, { definition, fields, signing: { by, proofs = [], relay = {} } }: Draft): Op {
  const message = { ...fields, type: definition.type }
  const main = by.sign(digestOf(protocol.domains, definition, message))
  const further = proofsOf(protocol.domains, definition, message).map(({ digest }, i) => proofs[i]!.sign(digest))
  const signatures = [main, ...further].map((bytes) => ({ kind: 1 as const, bytes }))
  const { bytes } = createOp(protocol.domains, { definition, message, signatures, relay })
  // As a node holds it that was sent these bytes.
  return decodeOp(protocol, bytes)
}

type Now = { readonly app: App; readonly state: State; readonly time: number }

function execute({ app, state, time }: Now, ops: readonly Op[]): RecordedBlock {
  const { blockHash: previous } = state.head
  const height = state.head.height + 1
  const result = executeBlock(app, state, { height, time, ops }, recoverSigner)
  const refused = result.outcomes.find((outcome) => outcome instanceof Refusal)
  if (refused !== undefined) throw refused
  if (result.idle || result.receipts.length !== ops.length)
    throw new Error(`Block ${height} did not do what it should.`)
  const writeSet = state.store.writes().slice()
  advance(state, result)
  state.store.keep()
  const broken = violations(app, viewOf(state, time))
  if (broken.length > 0) throw new Error(`After block ${height}: ${broken.map(({ finding }) => finding).join('; ')}`)
  const { receipts, leaves, writes, receiptsRoot, head } = result
  const { appHash, blockHash } = head
  return { height, time, ops, receipts, leaves, writeSet, writes, receiptsRoot, appHash, previous, blockHash }
}

function tryOp({ app, state, time }: Now, op: Op): Refusal {
  const result = executeBlock(app, state, { height: state.head.height + 1, time, ops: [op] }, recoverSigner)
  unmake(state, result)
  const [outcome] = result.outcomes
  if (outcome instanceof Refusal) return outcome
  throw new Error(`${op.definition.type} was not refused.`)
}
