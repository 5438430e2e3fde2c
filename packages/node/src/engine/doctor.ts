// Examines a stopped node: the whole log is read again from genesis, every signature in it verified again, every block
// executed again, every checkpoint compared with the state at its height, every write set that was kept with that of its
// block, and every invariant checked on what comes of it. Nothing on the disk is changed.
import { createState, imageTables, protocolOf, violations } from '@turnpike/chain'
import type { App, WriteSet } from '@turnpike/chain'
import type { Signature } from '@turnpike/chain/wire'
import { Failure } from '../machine/Failure.ts'
import { acquireLock } from '../machine/lock.ts'
import type { Machine } from '../machine/Machine.ts'
import { readBlockLog } from './embedded/blockLogReader.ts'
import { checkpointName } from './embedded/checkpointFile.ts'
import { compareCheckpoint } from './embedded/compareCheckpoint.ts'
import { compareRedo } from './embedded/compareRedo.ts'
import { listCheckpoints } from './embedded/checkpoints.ts'
import type { CommittedBlock, Signers } from './Engine.ts'
import { findGenesis } from './genesisFile.ts'
import { decodeAgain, replayBlock } from './replay.ts'

/** So many signatures are on their way to the verifier at most. */
const chunkSignatures = 4_096
/** Failures that are findings about the data directory, as opposed to those that keep it from being examined. */
const findings = new Set(['engine/log_damaged', 'engine/replay_diverged', 'engine/wrong_genesis'])

/** Says who made each signature, in order; nobody where one does not hold. */
type VerifySignatures = (signatures: readonly Signature[]) => Promise<Signers>

export type ExamineOptions = {
  /** The data directory of a node that does not run. */
  readonly home: string
  readonly app: App
  readonly machine: Pick<Machine, 'disk' | 'hashes'>
  readonly verify: VerifySignatures
  /** Told how much of the log was read, from 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined
}

export type Violation = { readonly name: string; readonly finding: string }

export type Examination = {
  /** Whether everything holds. */
  readonly ok: boolean
  /** The last block that could be examined. */
  readonly height: number
  readonly operations: number
  readonly violations: readonly Violation[]
}

/**
 * Examines a data directory.
 *
 * @throws Failure `node/locked` when a node runs on it, `engine/no_genesis` when there is no chain in it.
 */
export async function examine(options: ExamineOptions): Promise<Examination> {
  const genesis = await findGenesis({ disk: options.machine.disk, home: options.home })
  if (genesis === undefined) throw noChain(options.home)
  const lock = acquireLock(`${options.home}/lock.db`)
  try {
    return await examineLog(options, genesis)
  } finally {
    lock.release()
  }
}

async function examineLog(
  { home, app, machine, verify, onProgress }: ExamineOptions,
  genesis: unknown,
): Promise<Examination> {
  const state = createState(app, genesis, [0, 0])
  const protocol = protocolOf(app, state)
  const files = {
    machine,
    directory: `${home}/log`,
    genesisHash: state.genesis,
    genesisBlock: state.head.blockHash,
    onProgress,
  }
  const signatures = new SignatureCheck(verify)
  const found: Violation[] = []
  const checkpoints = new Set(await listCheckpoints(machine.disk, home))
  const redo = await compareRedo({ machine, home, tables: imageTables(app) })
  let operations = 0
  const followRedo = async (writes?: WriteSet): Promise<void> => {
    for (const finding of await redo.follow(state, writes)) found.push({ name: 'engine/redo', finding })
  }
  try {
    await followRedo()
    const reader = await readBlockLog(files)
    for await (const record of reader.records()) {
      const { block, writeSet } = replayBlock({ app, state, protocol, readOp: decodeAgain }, record)
      operations += block.ops.length
      await followRedo(writeSet)
      await signatures.add(block)
      if (!checkpoints.delete(block.height)) continue
      const finding = await compareCheckpoint({ machine, home, state })
      if (finding !== undefined) found.push({ name: 'engine/checkpoint', finding })
    }
  } catch (error) {
    if (!(error instanceof Failure) || !findings.has(error.code)) throw error
    found.push({ name: error.code, finding: error.message })
  }
  for (const height of checkpoints) {
    const finding = `${checkpointName(height)} is of a height that was not reached`
    found.push({ name: 'engine/checkpoint', finding })
  }
  const view = { chainId: state.chainId, height: state.head.height, time: state.head.time, store: state.store }
  found.push(...(await signatures.finish()), ...violations(app, view))
  return { ok: found.length === 0, height: state.head.height, operations, violations: found }
}

type Claim = {
  readonly signature: Signature
  readonly signer: Signers[number]
  readonly height: number
  readonly index: number
}

/** Holds recorded signers against the signatures, many at a time. */
class SignatureCheck {
  readonly #verifySignatures: VerifySignatures
  readonly #found: Violation[] = []
  #claims: Claim[] = []

  constructor(verify: VerifySignatures) {
    this.#verifySignatures = verify
  }

  async add({ height, ops }: CommittedBlock): Promise<void> {
    for (const [index, { op, signers }] of ops.entries()) {
      for (const [i, signature] of op.signatures.entries())
        this.#claims.push({ signature, signer: signers[i], height, index })
    }
    if (this.#claims.length >= chunkSignatures) await this.#verify()
  }

  async finish(): Promise<readonly Violation[]> {
    await this.#verify()
    return this.#found
  }

  async #verify(): Promise<void> {
    const claims = this.#claims
    this.#claims = []
    for (let at = 0; at < claims.length; at += chunkSignatures) {
      const chunk = claims.slice(at, at + chunkSignatures)
      const signers = await this.#verifySignatures(chunk.map(({ signature }) => signature))
      for (const [i, { signer, height, index }] of chunk.entries()) {
        if (signers[i] === signer) continue
        const finding = `operation ${index} of block ${height} says ${signer ?? 'nobody'} signed, and it was ${signers[i] ?? 'nobody'}`
        this.#found.push({ name: 'engine/signatures', finding })
      }
    }
  }
}

function noChain(home: string): Failure {
  return new Failure({
    code: 'engine/no_genesis',
    message: `There is no chain in ${home}.`,
    values: { home },
    hint: 'Name the data directory of a node with --home.',
  })
}
